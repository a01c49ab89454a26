/** @file Steps whose loss or gradient is not finite: left out to the bit, counted, and bounded. */
import { expect, test } from 'vitest';
import {
  adam,
  binary,
  type FitOptions,
  type HeadgateError,
  Project,
  regression,
  sgd,
  tf,
  vector,
  type Watcher,
} from '../../src/index.js';
import { normals } from '../../src/random.js';
import type { FitState } from '../../src/train/state.js';
import { bytes } from '../support/training.js';
import { timeless } from './run-in-parts.js';

/** The loss of row 7 is infinite: 1e30 squared. */
const rows = Array.from({ length: 20 }, (_, row) => {
  const [x = 0, y = 0] = normals({ seed: 6, stream: 'rows', counter: row }, 2);
  return { x: [x, y], open: y > 0, size: row === 7 ? 1e30 : x * y };
});
const zeros = (units: number) => tf.layers.dense({ units, kernelInitializer: 'zeros' });
const tanh = (units: number) => tf.layers.dense({ units, activation: 'tanh' });

function declared(layer: (units: number) => tf.layers.Layer = tanh) {
  return new Project({
    name: 'hostile',
    seed: 5,
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks: { open: binary(), size: regression({ standardise: false }) },
    backbone: ({ x }) => ({ features: layer(6).apply(x) as tf.SymbolicTensor }),
    onNote: () => {},
  }).flow('all', (task, x) => [task.open(x.features), task.size(x.features)]);
}

const usual = { epochs: 3, batchSize: 4, progress: false, heads: 'drawn', lossUnits: 'plain' } as const;
const weightsOf = ({ model }: ReturnType<typeof declared>): number[] =>
  model.getWeights().flatMap((weight) => [...weight.dataSync()]);
const failed = (fit: Promise<unknown>): Promise<HeadgateError> =>
  fit.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: HeadgateError) => error,
  );

/** The seed by which row 7 comes in the last of the five steps of the first epoch. */
async function seedOfLast(): Promise<number> {
  for (let seed = 0; seed < 50; seed++) {
    const { problem } = await failed(declared().fit(rows, { ...usual, engine: 'cpu', epochs: 1, seed }));
    if (problem.includes('step 5 ')) return seed;
  }
  throw new Error('no such seed');
}

for (const engine of ['cpu', 'onnx', 'wasm'] as const) {
  for (const accumulate of [1, 2]) {
    test(`${engine}, ${accumulate} batches a step: a skipped step leaves everything to the bit, and is counted`, async () => {
      const seed = await seedOfLast();
      const states = new Map<string, FitState>();
      const on: Watcher['on'] = async (event, fit) => {
        if (event.kind === 'step' || event.kind === 'epoch') states.set(`${event.kind}`, await fit.snapshot());
      };
      const options: FitOptions = { ...usual, engine, seed, accumulate, epochs: 1, average: { decay: 0.9 } };
      const history = await declared().fit(rows, {
        ...options,
        ...{ onNonFinite: 'skip', optimizer: adam({ learningRate: 0.05 }) },
        watchers: [{ name: 'states', on }],
      });
      const [before, after] = [states.get('step')?.tensors ?? {}, states.get('epoch')?.tensors ?? {}];
      expect(Object.keys(before).length).toBeGreaterThan(12);
      for (const name of Object.keys(before)) expect(bytes(after, name), name).toBe(bytes(before, name));
      const taken = accumulate === 1 ? 4 : 2;
      expect(history.steps).toBe(taken);
      const [record] = history.epochs;
      expect(record?.skipped).toMatchObject({ steps: 1, path: 'size' });
      expect(record?.skipped?.problem).toMatch(/the loss became Infinity in epoch 1, step \d \(rows (.*\b)?7\b/);
      expect(Number.isFinite(record?.loss)).toBe(true);
      expect(history.notes.filter(({ code }) => code === 'STEPS_SKIPPED')).toMatchObject([
        { path: 'size', text: expect.stringContaining('1 step was skipped, as the loss became Infinity') },
      ]);
    });
  }

  test(`${engine}: backing off halves all rates after each skipped step; stopped and continued, to the bit`, async () => {
    const options: FitOptions = { ...usual, engine, onNonFinite: 'backOff', optimizer: sgd({ learningRate: 0.1 }) };
    const steps: { epoch: number; step: number; learningRate: number; total: number }[] = [];
    const on: Watcher['on'] = (event) => {
      if (event.kind === 'step') steps.push(event);
    };
    const whole = declared();
    const expected = await whole.fit(rows, { ...options, watchers: [{ name: 'rates', on }] });
    expect(steps.map(({ total }) => total)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    for (const { epoch, step, learningRate } of steps) {
      const seen = steps.filter((other) => other.epoch === epoch && other.step <= step).length;
      expect(learningRate).toBe(0.1 / 2 ** (epoch - 1 + (step - seen))); // one is skipped in each epoch
    }
    expect(expected.epochs.map(({ skipped }) => skipped?.steps)).toEqual([1, 1, 1]);
    expect(expected.notes.find(({ code }) => code === 'STEPS_SKIPPED')?.text).toContain('3 steps were skipped');
    for (const stop of [3, 4, 6]) {
      const parts = declared();
      const stopper: Watcher = {
        name: 'stopper',
        on: (event, fit) => (event.kind === 'step' && event.total === stop ? fit.stop('stopped') : undefined),
      };
      const first = await parts.fit(rows, { ...options, watchers: [stopper] });
      expect(first.partial === null || first.partial.steps < 5).toBe(true);
      const history = await parts.fit(rows, { ...options, epochs: 3 - first.epochs.length, continue: true });
      expect(weightsOf(parts)).toEqual(weightsOf(whole));
      expect(timeless(history)).toEqual(timeless(expected));
    }
  });

  test(`${engine}: a gradient that is not finite beside a finite loss is skipped too`, async () => {
    // 0 × 3e38 is 0, and so are the logits; the slope of the zeros is above 3e38.
    const project = declared(zeros);
    const before = weightsOf(project);
    const steep = rows.slice(0, 4).map((row) => ({ ...row, x: [3e38, 0], size: 1e6 }));
    const error = await failed(project.fit(steep, { ...usual, engine, epochs: 1, onNonFinite: 'skip' }));
    expect(error).toMatchObject({ code: 'NON_FINITE_LOSS', path: 'weights' });
    expect(error.problem).toMatch(/^a gradient became NaN or infinite.*all steps of the epoch were skipped$/);
    expect(weightsOf(project)).toEqual(before);
  });
}

test('ten in a row are an error, which names task and rows, and the weights are as they were', async () => {
  const ruined = Array.from({ length: 60 }, (_, i) => ({ ...rows[i % 20], size: 1e30 }));
  for (const onNonFinite of ['skip', 'backOff'] as const) {
    const project = declared();
    const before = weightsOf(project);
    const error = await failed(project.fit(ruined, { ...usual, engine: 'cpu', onNonFinite }));
    expect(error).toMatchObject({ code: 'NON_FINITE_LOSS', path: 'size' });
    expect(error.problem).toMatch(/epoch 1, step 10 \(rows .*and the 9 steps before it were skipped$/);
    expect(weightsOf(project)).toEqual(before);
  }
});

test('without the option the first ends the fit', async () => {
  const error = await failed(declared().fit(rows, { ...usual, engine: 'cpu' }));
  expect(error).toMatchObject({ code: 'NON_FINITE_LOSS', path: 'size' });
});
