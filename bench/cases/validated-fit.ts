/** @file Whole fits with a validation after each epoch: processor time, ours beside PyTorch's for the same by hand. */
import { epochOrder } from '../../src/data/batches.js';
import { adamW, classification, type FitOptions, image, Project, Table, tf, uniforms } from '../../src/index.js';
import { type BenchCase, THREADS } from '../case.js';
import { findLibrary, openPeer } from '../peers.js';
import { atMost, type CaseResult, compare } from '../report.js';
import { timingOf } from '../timing.js';
import { createWorkload, type Workload } from '../workload.js';

const SIDE = 28;
const FILTERS = [16, 32];
const CLASSES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;
const ROWS = { train: 8000, validation: 2000 } as const;
const EPOCHS = 5;
const BATCH = 32;
const SEED = 1;
const PIXELS = SIDE * SIDE;

const newProject = () =>
  new Project({
    name: 'validated',
    inputs: { frame: image({ height: SIDE, width: SIDE, channels: 1, scale: 1 / 255 }) },
    tasks: { kind: classification({ classes: CLASSES }) },
    seed: SEED,
    backbone: ({ frame }) => {
      let h: ReturnType<tf.layers.Layer['apply']> = frame;
      for (const filters of FILTERS) {
        // `apply` of a symbolic tensor gives a symbolic tensor.
        h = tf.layers
          .conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' })
          .apply(h as tf.SymbolicTensor);
        h = tf.layers.maxPooling2d({ poolSize: 2 }).apply(h as tf.SymbolicTensor);
      }
      return { features: tf.layers.flatten().apply(h as tf.SymbolicTensor) };
    },
  }).flow('root', (task, x) => [task.kind(x.features)]);

/** Each class has a picture of its own; a row is its class's, under noise. */
function rows(): Table {
  const count = ROWS.train + ROWS.validation;
  const key = { seed: SEED, stream: 'bench/validated-fit' };
  const pictures = uniforms({ ...key, counter: 0 }, CLASSES.length * PIXELS);
  const noise = uniforms({ ...key, counter: 1 }, count * PIXELS);
  const data = Uint8Array.from(noise, (value, i) => {
    const picture = pictures[(Math.floor(i / PIXELS) % CLASSES.length) * PIXELS + (i % PIXELS)] ?? 0; // there is one a class
    return 255 * (0.85 * value + 0.15 * picture);
  });
  const kind = Array.from({ length: count }, (_, row) => CLASSES[row % CLASSES.length]);
  return Table.fromColumns({ frame: { data, shape: [SIDE, SIDE, 1] }, kind });
}

type Options = Pick<FitOptions, 'threads' | 'spinning' | 'validation' | 'validationMetrics'>;

/** A "step" is a whole fit: its loss the last epoch's of the validation, its time that of the processors. */
interface Whole {
  readonly loss: number;
  readonly milliseconds: number;
}

type Runner = { readonly name: string; readonly run: () => Promise<Whole> };

function ours(name: string, train: Table, options: Options): Runner {
  const run = async (): Promise<Whole> => {
    const project = newProject();
    const before = process.cpuUsage();
    const history = await project.fit(train, {
      ...options,
      ...{ epochs: EPOCHS, batchSize: BATCH, seed: SEED, optimizer: adamW(), heads: 'drawn', lossUnits: 'plain' },
      progress: false,
    });
    const { user, system } = process.cpuUsage(before);
    project.dispose();
    return { loss: history.epochs.at(-1)?.validation?.loss ?? Number.NaN, milliseconds: (user + system) / 1000 };
  };
  return { name, run };
}

async function peer(name: string, python: string, job: Workload, threads: number): Promise<Runner & Closing> {
  const options = { lastSide: SIDE / 2 ** FILTERS.length, trainRows: ROWS.train, epochs: EPOCHS, threads };
  const opened = await openPeer({ python, name, program: 'validated-fit.py', workload: job, options });
  const run = async (): Promise<Whole> => {
    const [loss = Number.NaN, milliseconds = Number.NaN] = await opened.time(1); // the program's answer to one request
    return { loss, milliseconds };
  };
  return { name, run, close: opened.close };
}

interface Closing {
  readonly close: () => Promise<void>;
}

function workload(table: Table): Workload {
  const job = createWorkload({ project: newProject(), table, optimizer: adamW(), batchSize: BATCH });
  const order = new Uint32Array(EPOCHS * ROWS.train);
  for (let epoch = 0; epoch < EPOCHS; epoch++) order.set(epochOrder(ROWS.train, SEED, epoch), epoch * ROWS.train);
  return { ...job, order };
}

export const validatedFit: BenchCase = {
  name: 'validated-fit',
  usual: false,
  run: async ({ quick, python }) => {
    const table = rows();
    const train = table.slice(0, ROWS.train);
    const validation = table.slice(ROWS.train);
    const torch = await findLibrary(python, 'torch');
    const runners: Runner[] = [];
    const peers: Closing[] = [];
    for (const threads of [1, THREADS]) {
      const suffix = threads === 1 ? '1 thread' : `${threads} threads`;
      runners.push(
        ours(`ours, ${suffix}`, train, { threads, validation }),
        ours(`ours, ${suffix}, losses alone`, train, { threads, validation, validationMetrics: false }),
        ours(`ours, ${suffix}, no validation`, train, { threads }),
      );
      if ('missing' in torch || python === null) continue;
      const opened = await peer(`pytorch, ${suffix}`, python, workload(table), threads);
      runners.push(opened);
      peers.push(opened);
    }
    try {
      return await compared(runners, quick ? 1 : 3);
    } finally {
      for (const { close } of peers) await close();
    }
  },
};

async function compared(runners: readonly Runner[], rounds: number): Promise<CaseResult> {
  const taken = runners.map(({ name }) => ({ name, milliseconds: [] as number[], loss: Number.NaN }));
  for (let round = 0; round < rounds; round++) {
    for (const [i, { run }] of runners.entries()) {
      const { loss, milliseconds } = await run();
      const own = taken[i];
      own?.milliseconds.push(milliseconds);
      if (own !== undefined) own.loss = loss;
    }
  }
  const timings = taken.map(({ name, milliseconds }) =>
    timingOf(
      name,
      milliseconds.map((value) => [value]),
    ),
  );
  const threads = ['1 thread', `${THREADS} threads`];
  return {
    name: 'validated-fit',
    title: `processor time of ${EPOCHS} epochs of ${ROWS.train} rows, each with ${ROWS.validation} of validation`,
    timings,
    findings: compare(timings, [
      ...threads.map((own) => ({ of: `ours, ${own}`, over: `pytorch, ${own}`, target: atMost(1.1) })),
      ...threads.map((own) => ({ of: `ours, ${own}`, over: `ours, ${own}, no validation` })),
    ]),
    notes: taken
      .filter(({ loss }) => !Number.isNaN(loss))
      .map(({ name, loss }) => `Validation loss of ${name}: ${loss}.`),
  };
}
