/**
 * @file A run that is stopped and gone on with in another process: `tsx run-in-parts.ts ENGINE FOLDER STOP` takes the run
 * up to step STOP, from the folder's state where there is one, and writes the state and what the run has become there.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bindTable } from '../../src/data/bind.js';
import { wholeRows } from '../../src/data/bound-rows.js';
import { tableFeed } from '../../src/data/feed.js';
import type { HostTensors } from '../../src/engine/engine.js';
import { createEngine, type EngineName } from '../../src/engine/select.js';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../../src/files/safetensors.js';
import { adamW, binary, cosine, fixedWeights, Project, regression, tf, vector, type Watcher } from '../../src/index.js';
import { buildNetwork } from '../../src/model/network.js';
import { initialThresholds } from '../../src/score/scores.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { train } from '../../src/train/fit.js';
import type { History } from '../../src/train/history.js';
import type { FitState } from '../../src/train/state.js';
import { validation } from '../../src/train/watchers/validation.js';

const EPOCHS = 3;

const { resolved, backbone } = new Project({
  name: 'parts',
  inputs: { x: vector({ size: 2 }) },
  tasks: { open: binary(), age: regression({ weight: 2 }) },
  backbone: ({ x }) => {
    const hidden = tf.layers.dense({ units: 5, activation: 'tanh', kernelRegularizer: 'l1l2' }).apply(x);
    return { features: tf.layers.dropout({ rate: 0.4 }).apply(hidden) as tf.SymbolicTensor };
  },
}).flow('full', (task, x) => {
  const open = task.open(x.features);
  return [open, task.age(x.features).given(open)];
});

const rows = Array.from({ length: 11 }, (_, i) => ({
  x: [Math.sin(i * 3), Math.cos(i * 5)],
  open: i % 4 === 0 ? null : i % 3 !== 0,
  age: i % 2 === 0 ? i / 3 : null,
}));

/** Everything of a history but the time it took. */
export function timeless(history: History): unknown {
  const { epochs, partial, ended, steps, startedAnew } = history;
  const bare = (record: object | null) => (record === null ? null : { ...record, seconds: 0, dataWait: 0 });
  return { epochs: epochs.map(bare), partial: bare(partial), ended, steps, startedAnew };
}

export interface Part {
  readonly state: FitState;
  readonly history: History;
  /** What a watcher with a memory of its own has counted. */
  readonly seen: number;
}

/**
 * @param stop steps of the run after which it is left; null for its end
 * @param look at every event
 */
export async function runPart(
  engine: EngineName,
  from: FitState | null,
  stop: number | null,
  look: Watcher['on'] = () => {},
): Promise<Part> {
  const layout = layoutOf(resolved);
  const network = buildNetwork({ flow: resolved, layout, backbone, seed: 3 });
  const dataset = bindTable(rows, layout);
  let seen = 0;
  const counter: Watcher = {
    name: 'counter',
    on: async (event, fit) => {
      await look(event, fit);
      if (event.kind !== 'step') return;
      seen += event.step;
      if (event.total === stop) fit.stop('aborted');
    },
    save: () => ({ seen }),
    restore: (saved) => {
      seen = Number(Reflect.get(Object(saved), 'seen'));
    },
  };
  const thresholds = initialThresholds(resolved.tasks);
  let state: FitState | null = null;
  const history = await train(
    {
      network,
      layout,
      engine: await createEngine(engine),
      feed: tableFeed(dataset, { batchSize: 4, seed: 5, mixesRows: false }),
      epochs: EPOCHS,
      optimizer: adamW({ learningRate: cosine({ peak: 0.05, warmup: 0.2 }) }),
      clipNorm: 1,
      seed: 5,
      signal: null,
      balancer: fixedWeights((epoch) => (epoch === 1 ? { age: 0.5 } : {})),
      watchers: [validation({ layout, rows: wholeRows(dataset), thresholds }), counter],
      keep: (ended) => {
        state = ended.state;
      },
    },
    from,
  );
  network.dispose();
  if (state === null) throw new Error('the fit kept no state');
  return { state, history, seen };
}

/** Tensors in one file, all else in another as JSON. */
export function writeState(folder: string, { state: { tensors, ...rest }, history, seen }: Part): void {
  const floats = Object.entries(tensors).map(([name, { shape, data }]): [string, SafeTensor] => {
    if (!(data instanceof Float32Array)) throw new TypeError(name);
    return [name, { dtype: 'F32', shape, data }];
  });
  const file = writeSafetensors({ tensors: new Map(floats), metadata: new Map() });
  writeFileSync(path.join(folder, 'state.safetensors'), file);
  writeFileSync(path.join(folder, 'state.json'), JSON.stringify({ ...rest, history: timeless(history), seen }));
}

export function readState(folder: string): FitState & { readonly history: unknown; readonly seen: number } {
  const file = path.join(folder, 'state.safetensors');
  const rest = JSON.parse(readFileSync(path.join(folder, 'state.json'), 'utf8'));
  const tensors: HostTensors = Object.fromEntries(
    [...readSafetensors(readFileSync(file), file).tensors].map(([name, { shape, data }]) => [
      name,
      { shape, data, dtype: 'float32' },
    ]),
  );
  return { ...rest, tensors };
}

const [engine, folder, stop] = process.argv.slice(2);
if (process.argv[1]?.endsWith('run-in-parts.ts') && engine !== undefined && folder !== undefined) {
  const from = existsSync(path.join(folder, 'state.json')) ? readState(folder) : null;
  writeState(folder, await runPart(engine as EngineName, from, stop === 'end' ? null : Number(stop)));
}
