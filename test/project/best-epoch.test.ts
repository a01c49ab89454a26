/** @file The weights that a fit with validation rows leaves: those of its best epoch, to the bit. */
import { expect, test } from 'vitest';
import {
  adamW,
  binary,
  type FitOptions,
  type HeadgateError,
  type History,
  Project,
  regression,
  sgd,
  tf,
  vector,
} from '../../src/index.js';
import { timeless } from '../train/run-in-parts.js';

const project = () =>
  new Project({
    name: 'best',
    inputs: { x: vector({ size: 2 }) },
    tasks: { open: binary(), age: regression({ weight: 2 }) },
    backbone: ({ x }) => {
      const hidden = tf.layers.dense({ units: 8, activation: 'tanh' }).apply(x);
      const normal = tf.layers.batchNormalization().apply(hidden);
      return { features: tf.layers.dropout({ rate: 0.2 }).apply(normal) as tf.SymbolicTensor };
    },
  }).flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.age(x.features).given(open)];
  });
/** Labels that follow no rule: what is learnt of the one half is soon wrong on the other. */
const row = (i: number) => ({ x: [Math.sin(i * 7), Math.cos(i * 3)], open: (i * i) % 5 < 3, age: (i * 13) % 7 });
const rows = Array.from({ length: 24 }, (_, i) => row(i));
const validation = Array.from({ length: 16 }, (_, i) => row(i + 24));

const common = { engine: 'cpu', progress: false, batchSize: 8, seed: 2, onNote: () => {} } as const;
const optimizer = adamW({ learningRate: 0.1 });
const options = { ...common, validation, optimizer } as const satisfies FitOptions;

type Own = ReturnType<typeof project>;
const weights = ({ model }: Own): string[] =>
  model.getWeights().map((weight) => Buffer.from(new Float32Array(weight.dataSync()).buffer).toString('hex'));

/** A fresh project's weights after so many epochs, its last ones. */
async function lastOf(epochs: number, given: object = {}): Promise<string[]> {
  const own = project();
  const history = await own.fit(rows, { ...options, ...given, epochs, keep: 'last' });
  expect(history.kept).toBeNull();
  expect(String(history)).not.toContain('kept');
  return weights(own);
}

/** By hand: the first epoch with the least, or the greatest, of what is read from each record. */
function bestBy(history: History, read: (record: History['epochs'][number]) => number | null, sign = 1): number {
  const values = history.epochs.map((record) => read(record) ?? Number.NaN).map((value) => sign * value);
  return values.indexOf(Math.min(...values.filter((value) => !Number.isNaN(value)))) + 1;
}

async function failure(promise: Promise<unknown>): Promise<HeadgateError> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: HeadgateError) => error,
  );
}

for (const engine of ['cpu', 'onnx'] as const) {
  test(`${engine}: the weights are those of the epoch of the least validation loss`, async () => {
    const own = project();
    const seen: string[][] = [];
    const onEpochEnd = (): void => void seen.push(weights(own));
    const history = await own.fit(rows, { ...options, engine, epochs: 12, onEpochEnd });
    const best = bestBy(history, (record) => record.validation?.loss ?? null);
    expect(best).toBeGreaterThan(1);
    expect(best).toBeLessThan(12);
    const value = history.epochs[best - 1]?.validation?.loss;
    expect(history.kept).toEqual({ epoch: best, monitor: 'validation loss', value });
    expect(String(history)).toMatch(new RegExp(`\nkept epoch ${best} \\(validation loss [0-9.]+\\)$`));
    expect(weights(own)).toEqual(await lastOf(best, { engine }));
    // While it ran, verbs saw the running epoch's weights.
    expect(weights(own)).toEqual(seen[best - 1]);
    expect(new Set(seen.map((one) => one.join())).size).toBe(12);
  });
}

test.each([
  [{ task: 'open', metric: 'roc_auc' }, 'metrics', -1],
  [{ task: 'age', metric: 'mean_absolute_error' }, 'metrics', 1],
  [{ task: 'age', metric: 'mean_absolute_error', view: 'end_to_end' }, 'endToEnd', 1],
  [{ task: 'age', metric: 'gate_recall', view: 'end_to_end' }, 'endToEnd', -1],
] as const)('%j is what is best, with the metrics and without', async (monitor, of, sign) => {
  for (const validationMetrics of [true, false]) {
    const own = project();
    const history = await own.fit(rows, { ...options, epochs: 8, monitor, validationMetrics });
    const read: Parameters<typeof bestBy>[1] = ({ validation: one }) =>
      one?.[of]?.[monitor.task]?.[monitor.metric] ?? null;
    const best = bestBy(history, read, sign);
    expect(history.kept?.epoch).toBe(best);
    expect(history.kept?.value).toBe(read(history.epochs[best - 1] ?? expect.fail()));
    expect(weights(own)).toEqual(await lastOf(best));
    const others = history.epochs.map((record) => Object.keys(record.validation?.metrics.open ?? {}).length > 0);
    expect(new Set(others)).toEqual(new Set([validationMetrics || (monitor.task as string) === 'open']));
    const { rows: table } = await own.evaluate(validation, { engine: 'cpu' });
    const view = of === 'metrics' ? 'given_truth' : 'end_to_end';
    const found = table.find(
      (one) => one.task_path === monitor.task && one.metric_name === monitor.metric && one.view === view,
    );
    expect(found?.metric_res).toBeCloseTo(history.kept?.value ?? Number.NaN, 10);
  }
});

test('without the metrics the losses are the same, and so is what is kept', async () => {
  const [all, none] = [project(), project()];
  const whole = await all.fit(rows, { ...options, epochs: 5 });
  const bare = await none.fit(rows, { ...options, epochs: 5, validationMetrics: false });
  expect(bare.kept).toEqual(whole.kept);
  expect(weights(none)).toEqual(weights(all));
  for (const [i, record] of whole.epochs.entries()) {
    expect(bare.epochs[i]?.validation).toEqual({ ...record.validation, metrics: { open: {}, age: {} } });
  }
});

test.each([
  [1, 11],
  [6, 6],
  [11, 1],
])('a fit of %d epochs and one of %d that continues it are one', async (first, second) => {
  const [parts, whole] = [project(), project()];
  await parts.fit(rows, { ...options, epochs: first });
  const history = await parts.fit(rows, { ...options, epochs: second, continue: true });
  const longer = await whole.fit(rows, { ...options, epochs: 12 });
  expect(timeless(history)).toEqual(timeless(longer));
  expect(history.kept).toEqual(longer.kept);
  expect(weights(parts)).toEqual(weights(whole));
  // Behind the best weights stand the last ones, from which both go on.
  await parts.fit(rows, { ...options, epochs: 1, keep: 'last', continue: true });
  expect(weights(parts)).toEqual(await lastOf(13));
});

test('the best of both parts is kept, also where the second is all worse; another monitor begins anew', async () => {
  const own = project();
  await own.fit(rows, { ...options, epochs: 8 });
  const worse = { ...options, epochs: 2, optimizer: adamW({ learningRate: 3 }), continue: true };
  const { kept } = await own.fit(rows, worse);
  expect(kept?.epoch).toBeLessThan(9);
  expect(weights(own)).toEqual(await lastOf(kept?.epoch ?? 0));
  const monitor = { task: 'age', metric: 'mean_absolute_error' };
  expect((await own.fit(rows, { ...worse, monitor })).kept?.epoch).toBeGreaterThan(10);
});

test.each([
  ['trivial', 'plain'],
  ['plain', 'trivial'],
] as const)('a best loss in %s units is not compared with one in %s units', async (first, second) => {
  const own = project();
  await own.fit(rows, { ...options, epochs: 4, lossUnits: first });
  const history = await own.fit(rows, { ...options, epochs: 3, lossUnits: second, continue: true });
  const losses = history.epochs.slice(4).map((record) => record.validation?.loss ?? Number.NaN);
  const monitor = second === 'plain' ? 'plain validation loss' : 'validation loss';
  expect(history.kept).toEqual({ epoch: 5 + losses.indexOf(Math.min(...losses)), monitor, value: Math.min(...losses) });
});

test('weights that were written since the fit are refused, the last ones of that fit as well', async () => {
  const own = project();
  const after: tf.Tensor[][] = [];
  const copy = (): void => void after.push(own.model.getWeights().map((weight) => weight.clone()));
  const history = await own.fit(rows, { ...options, epochs: 12, onEpochEnd: copy });
  expect(history.kept?.epoch).toBeLessThan(12);
  own.model.setWeights(after.at(-1) ?? []);
  const error = await failure(own.fit(rows, { ...options, epochs: 1, continue: true }));
  expect(error.code).toBe('CANNOT_CONTINUE');
});

test('a fit that is aborted leaves the best weights, and is gone on with from its last ones', async () => {
  const [own, whole] = [project(), project()];
  const controller = new AbortController();
  const abort = {
    name: 'abort',
    on: (event: { kind: string; total?: number }) => event.total === 32 && controller.abort(),
  };
  const history = await own.fit(rows, { ...options, epochs: 12, signal: controller.signal, watchers: [abort] });
  expect([history.ended, history.partial?.epoch, history.partial?.steps]).toEqual(['aborted', 11, 2]);
  expect(history.kept?.epoch).toBe(bestBy(history, (record) => record.validation?.loss ?? null));
  expect(weights(own)).toEqual(await lastOf(history.kept?.epoch ?? 0));
  const second = await own.fit(rows, { ...options, epochs: 2, continue: true });
  expect(timeless(second)).toEqual(timeless(await whole.fit(rows, { ...options, epochs: 12 })));
  expect(weights(own)).toEqual(weights(whole));
});

test('aborted before the first validation: the weights are those of that moment', async () => {
  const own = project();
  const onlyOne = {
    name: 'stop',
    on: (event: { kind: string }, fit: { stop: (why: 'stopped') => void }) =>
      event.kind === 'step' && fit.stop('stopped'),
  };
  const history = await own.fit(rows, { ...options, epochs: 12, watchers: [onlyOne] });
  expect([history.kept, history.steps, history.notes]).toEqual([null, 1, []]);
});

test.each([2, 3, 5])(
  'validating every %d epochs measures the same there, and the best is one of these',
  async (every) => {
    const [own, parts, full] = [project(), project(), project()];
    const given = { ...options, validationEvery: every };
    const history = await own.fit(rows, { ...given, epochs: 11 });
    const all = (await full.fit(rows, { ...options, epochs: 11 })).epochs;
    const measured = all.map((record) => (record.epoch % every === 0 ? record.validation : null));
    expect(history.epochs.map(({ validation: one }) => one)).toEqual(measured);
    const losses = measured.map((one) => one?.loss ?? Number.POSITIVE_INFINITY);
    expect(history.kept?.epoch).toBe(losses.indexOf(Math.min(...losses)) + 1);
    expect(weights(own)).toEqual(await lastOf(history.kept?.epoch ?? 0));
    // Its epochs are those of the run: a fit in parts validates where the long one does.
    await parts.fit(rows, { ...given, epochs: 4 });
    expect(timeless(await parts.fit(rows, { ...given, epochs: 7, continue: true }))).toEqual(timeless(history));
    expect(weights(parts)).toEqual(weights(own));
  },
);

test('patience counts validations, not epochs', async () => {
  const monitor = { task: 'open', metric: 'roc_auc' };
  const oneSided = validation.map((one) => ({ ...one, open: true })); // never a value
  const given = { ...options, epochs: 20, validation: oneSided, monitor, validationEvery: 3, patience: 2 };
  const history = await project().fit(rows, given);
  expect([history.ended, history.epochs.length]).toEqual(['stopped', 6]);
});

test('the loss is what is monitored when nothing is said', async () => {
  const [said, left] = [project(), project()];
  const { kept } = await said.fit(rows, { ...options, epochs: 6, monitor: 'loss' });
  expect(kept).toEqual((await left.fit(rows, { ...options, epochs: 6 })).kept);
  expect(weights(said)).toEqual(weights(left));
});

test('patience ends the fit after so many epochs without a better one', async () => {
  const full = await project().fit(rows, { ...options, epochs: 20 });
  const losses = full.epochs.map((record) => record.validation?.loss ?? Number.NaN);
  for (const patience of [1, 3]) {
    const ended = losses.findIndex(
      (_, i) =>
        i >= patience &&
        Math.min(...losses.slice(0, i - patience + 1)) <= Math.min(...losses.slice(i - patience + 1, i + 1)),
    );
    const own = project();
    const history = await own.fit(rows, { ...options, epochs: 20, patience });
    expect([history.ended, history.epochs.length]).toEqual(['stopped', ended + 1]);
    expect(history.kept?.epoch).toBe(ended + 1 - patience);
    expect(weights(own)).toEqual(await lastOf(ended + 1 - patience));
    const last = project();
    expect((await last.fit(rows, { ...options, epochs: 20, patience, keep: 'last' })).epochs.length).toBe(ended + 1);
    expect(weights(last)).toEqual(await lastOf(ended + 1));
  }
});

test('without any value the last weights are kept, and a note says so', async () => {
  const own = project();
  const oneSided = validation.map((one) => ({ ...one, open: true }));
  const monitor = { task: 'open', metric: 'roc_auc' };
  const history = await own.fit(rows, { ...options, epochs: 3, validation: oneSided, monitor });
  expect(history.kept).toBeNull();
  expect(history.notes.filter(({ code }) => code === 'NOTHING_KEPT')).toMatchObject([{ path: 'validation' }]);
  expect(weights(own)).toEqual(await lastOf(3));
});

test('a fit that fails leaves the weights of its last good step, as without validation', async () => {
  const exploding = sgd({ learningRate: ({ step }) => (step < 4 ? 0.01 : 1e30) });
  const [own, without] = [project(), project()];
  const codes = await Promise.all([
    failure(own.fit(rows, { ...options, optimizer: exploding, epochs: 12 })),
    failure(without.fit(rows, { ...common, optimizer: exploding, epochs: 12 })),
  ]);
  expect(codes[0].code).toBe(codes[1].code);
  expect(codes[0].code).toMatch(/^NON_FINITE/);
  expect(weights(own)).toEqual(weights(without));
});

test('what needs validation rows is refused without them, and a monitor that is unknown before anything is trained', async () => {
  const own = project();
  const before = weights(own);
  const refused = async (given: object): Promise<unknown[]> => {
    const { code, path, suggestion } = await failure(own.fit(rows, { ...common, epochs: 1, ...given }));
    return [code, path, suggestion];
  };
  const metric = { task: 'open', metric: 'accuracy' };
  expect(await refused({ keep: 'best' })).toEqual(['INVALID_OPTIONS', 'fit.keep', undefined]);
  expect(await refused({ patience: 2 })).toEqual(['INVALID_OPTIONS', 'fit.patience', undefined]);
  expect(await refused({ monitor: metric })).toEqual(['INVALID_OPTIONS', 'fit.monitor', undefined]);
  expect(await refused({ monitor: 'loss' })).toEqual(['INVALID_OPTIONS', 'fit.monitor', undefined]);
  expect(await refused({ validationEvery: 2 })).toEqual(['INVALID_OPTIONS', 'fit.validationEvery', undefined]);
  expect(await refused({ validationMetrics: false })).toEqual(['INVALID_OPTIONS', 'fit.validationMetrics', undefined]);
  expect((await failure(own.fit(rows, { ...common, keep: 'best' }))).message).toContain('Give `validation` rows');
  const with_ = (given: object) => refused({ validation, ...given });
  expect(await with_({ keep: 'bst' })).toEqual(['INVALID_OPTIONS', 'fit.keep', 'best']);
  expect(await with_({ patience: 0 })).toEqual(['INVALID_OPTIONS', 'fit.patience', undefined]);
  expect(await with_({ patience: 1.5 })).toEqual(['INVALID_OPTIONS', 'fit.patience', undefined]);
  expect(await with_({ validationEvery: 0 })).toEqual(['INVALID_OPTIONS', 'fit.validationEvery', undefined]);
  expect(await with_({ validationEvery: 1.5 })).toEqual(['INVALID_OPTIONS', 'fit.validationEvery', undefined]);
  expect(await with_({ monitor: 'los' })).toEqual(['INVALID_OPTIONS', 'fit.monitor', 'loss']);
  expect(await with_({ monitor: 7 })).toEqual(['INVALID_OPTIONS', 'fit.monitor', undefined]);
  expect(await with_({ monitor: null })).toEqual(['INVALID_OPTIONS', 'fit.monitor', undefined]);
  expect(await with_({ monitor: 'accuracy' })).toEqual(['INVALID_OPTIONS', 'fit.monitor', undefined]);
  expect(await with_({ monitor: { ...metric, task: 'opn' } })).toEqual(['UNKNOWN_TASK', 'fit.monitor.task', 'open']);
  expect(await with_({ monitor: { ...metric, metric: 'acuracy' } })).toEqual([
    'UNKNOWN_METRIC',
    'fit.monitor.metric',
    'accuracy',
  ]);
  expect(await with_({ monitor: { ...metric, view: 'end_to_ent' } })).toEqual([
    'INVALID_OPTIONS',
    'fit.monitor.view',
    'end_to_end',
  ]);
  expect(weights(own)).toEqual(before);
  await own.fit(rows, { ...common, epochs: 1, keep: 'last' });
});

test('a fit that is not told has as many epochs as make 2,000 steps, within 10 and 256', async () => {
  const begun: number[] = [];
  const see = {
    name: 'see',
    on: (event: { kind: string; epochs?: number }, fit: { stop: (why: 'stopped') => void }) => {
      if (event.kind === 'begin') begun.push(event.epochs ?? Number.NaN);
      if (event.kind === 'epoch') fit.stop('stopped');
    },
  };
  const own = project();
  await own.fit(rows, { ...common, batchSize: 2, optimizer, watchers: [see] }); // 12 steps
  await own.fit(rows, { ...common, batchSize: 2, optimizer, watchers: [see], continue: true });
  await own.fit(() => rows, { ...common, watchers: [see] });
  expect(begun).toEqual([167, 168, 10]);
});
