/** @file What a user gives to an optimizer, a schedule or a fit, and gets told when it does not fit. */
import { expect, test } from 'vitest';
import {
  adam,
  adamW,
  binary,
  cosine,
  type FitOptions,
  fixedWeights,
  type HeadgateError,
  oneCycle,
  Project,
  plateau,
  sgd,
  stepwise,
  tf,
  vector,
  warmUp,
} from '../../src/index.js';
import { rateAt } from '../../src/train/schedules/schedule.js';

function refusal(f: () => unknown): HeadgateError {
  try {
    f();
  } catch (error) {
    return error as HeadgateError;
  }
  throw new Error('nothing was thrown');
}

/** As from JavaScript: the types refuse all of these. */
const untyped = (options: object): never => options as never;

test.each([
  [() => adamW(untyped({ lr: 1 })), 'adamW.lr', 'learningRate'],
  [() => adam(untyped({ learningrate: 1 })), 'adam.learningrate', 'learningRate'],
  [() => adam(untyped({ eps: 1 })), 'adam.eps', 'epsilon'],
  [() => adam(untyped({ wd: 1 })), 'adam.wd', 'weightDecay'],
  [() => adam(untyped({ l1decay: 1 })), 'adam.l1decay', 'l1Decay'],
  [() => adam(untyped({ momentum: 0.9 })), 'adam.momentum', undefined],
  [() => sgd(untyped({ momentun: 0.9 })), 'sgd.momentun', 'momentum'],
  [() => cosine(untyped({ peek: 1 })), 'cosine.peek', 'peak'],
  [() => stepwise(untyped({ initial: 1, faktor: 0.5, every: 1 })), 'stepwise.faktor', 'factor'],
  [() => oneCycle(untyped({ peak: 1, rises: 0.3 })), 'oneCycle.rises', 'rise'],
  [() => warmUp(1, untyped({ step: 3 })), 'warmUp.step', 'steps'],
  [() => plateau(untyped({ initial: 1, patiens: 3 })), 'plateau.patiens', 'patience'],
  [() => adam({ groups: [untyped({ parameters: 'head', rat: 0 })] }), 'adam.groups[0].rat', 'rate'],
])('a misspelt option is refused, with the one that was meant: %#', (f, path, suggestion) => {
  expect(refusal(f)).toMatchObject({ code: 'INVALID_OPTIONS', path, suggestion });
});

test.each([
  [() => adamW(untyped({ learningRate: '1e-3' })), 'adamW.learningRate'],
  [() => sgd({ learningRate: Number.NaN }), 'sgd.learningRate'],
  [() => adam(untyped({ beta1: () => 0.9 })), 'adam.beta1'],
  [() => adam(untyped('fast' as never)), 'adam'],
  [() => adam(untyped([])), 'adam'],
  [() => cosine(untyped({})), 'cosine.peak'],
  [() => cosine(untyped({ peak: 1, warmup: 1 })), 'cosine.warmup'],
  [() => stepwise(untyped({ initial: 1, factor: 0.5 })), 'stepwise.every'],
  [() => stepwise({ initial: 1, factor: 0.5, every: 0 }), 'stepwise.every'],
  [() => oneCycle(untyped({})), 'oneCycle.peak'],
  [() => oneCycle({ peak: 1, rise: 1.1 }), 'oneCycle.rise'],
  [() => warmUp(1, {}), 'warmUp'],
  [() => warmUp(1, { steps: 3, share: 0.1 }), 'warmUp'],
  [() => warmUp(1, { steps: 0 }), 'warmUp.steps'],
  [() => warmUp(1, { share: 1 }), 'warmUp.share'],
  [() => warmUp(-1, { steps: 3 }), 'warmUp.schedule'],
  [() => plateau(untyped({})), 'plateau.initial'],
  [() => plateau({ initial: 1, factor: 1 }), 'plateau.factor'],
  [() => plateau({ initial: 1, patience: 0 }), 'plateau.patience'],
  [() => plateau({ initial: 1, least: 2 }), 'plateau.least'],
  [() => plateau(untyped({ initial: 1, monitor: 'f1' })), 'plateau.monitor'],
  [() => adam({ groups: [{ parameters: 'head', rate: -1 }] }), 'adam.groups[0].rate'],
  [() => adam({ groups: [{ parameters: 'head', l1Decay: -1 }] }), 'adam.groups[0].l1Decay'],
  [() => sgd({ l1: -1 }), 'sgd.l1'],
  [() => adamW({ l2: Number.POSITIVE_INFINITY }), 'adamW.l2'],
  [() => adam({ groups: untyped({ parameters: 'head' }) }), 'adam.groups'],
])('a value that does not fit is refused where it stands: %#', (f, path) => {
  expect(refusal(f)).toMatchObject({ code: 'INVALID_OPTIONS', path });
});

const project = () =>
  new Project({ name: 'options', inputs: { x: vector({ size: 1 }) }, tasks: { a: binary(), b: binary() } }).flow(
    'full',
    (task, x) => [task.a(x.features), task.b(x.features)],
  );
const rows = [
  { x: [1], a: true, b: false },
  { x: [-1], a: false, b: true },
];
const refused = (options: object): Promise<HeadgateError> =>
  project()
    .fit(rows, { engine: 'cpu', progress: false, epochs: 2, ...options } as FitOptions<'a' | 'b'>)
    .then(
      () => {
        throw new Error('nothing was thrown');
      },
      (error: HeadgateError) => error,
    );

test.each([
  [{ clipNorm: '1' }, 'fit.clipNorm', '"1"'],
  [{ clipNorm: Number.NaN }, 'fit.clipNorm', 'NaN'],
  [{ optimizer: 'adam' }, 'fit.optimizer', '"adam"'],
  [{ optimizer: tf.train.adam(0.1) }, 'fit.optimizer', 'an optimizer of tfjs'],
  [{ optimizer: adam }, 'fit.optimizer', 'a function'],
  [{ optimizer: { prepare: () => null } }, 'fit.optimizer', '{}'],
  [{ optimizer: { update: () => null } }, 'fit.optimizer', '{}'],
  [{ signal: true }, 'fit.signal', 'true'],
  [{ progress: 'no' }, 'fit.progress', '"no"'],
  [{ continue: 1 }, 'fit.continue', '1'],
  [{ balance: { a: 1 } }, 'fit.balance', '{"a":1}'],
  [{ handleSignals: 'SIGINT' }, 'fit.handleSignals', '"SIGINT"'],
  [{ watchers: [{ name: 'progress', on: () => {} }] }, 'fit.watchers', '[{"name":"progress"}]'],
])('fit refuses %o', async (options, path, received) => {
  expect(await refused(options)).toMatchObject({ code: 'INVALID_OPTIONS', path, received });
});

test('a schedule that gives no rate is blamed itself, at its step, and no row is', async () => {
  const bad = (rate: unknown) => adam({ learningRate: ({ step }) => (step === 1 ? rate : 0.1) as number });
  for (const [rate, received] of [
    [Number.NaN, 'NaN'],
    [-0.1, '-0.1'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    ['0.1', '"0.1"'],
    [undefined, 'undefined'],
  ]) {
    const error = await refused({ optimizer: bad(rate), batchSize: 1 });
    expect(error).toMatchObject({ code: 'INVALID_LEARNING_RATE', path: 'optimizer.learningRate', received });
    expect(error.problem).toBe('the schedule gave no learning rate for step 2 (epoch 1)');
  }
});

test('a schedule of the whole length is refused where nobody knows it, one of epochs is not', () => {
  const progress = { step: 3, totalSteps: null, epoch: 2, epochs: 10, records: [] };
  expect(refusal(() => rateAt(cosine({ peak: 1 }), progress))).toMatchObject({ code: 'INVALID_LEARNING_RATE' });
  for (const schedule of [
    oneCycle({ peak: 1 }),
    warmUp(1, { share: 0.1 }),
    warmUp(cosine({ peak: 1 }), { steps: 9 }),
  ]) {
    expect(refusal(() => rateAt(schedule, progress))).toMatchObject({ code: 'INVALID_LEARNING_RATE' });
  }
  expect(rateAt(warmUp(1, { steps: 8 }), progress)).toBe(0.5);
  expect(rateAt(stepwise({ initial: 1, factor: 0.5, every: 1 }), progress)).toBe(0.25);
});

test('task weights: by the epoch, in the loss and in the history; what is left out keeps its own', async () => {
  const balance = fixedWeights((epoch) => (epoch === 0 ? {} : { b: 3 }));
  const own = project();
  const { epochs } = await own.fit(rows, {
    engine: 'cpu',
    progress: false,
    epochs: 2,
    balance,
    optimizer: sgd({ learningRate: 0 }),
    validation: rows,
  });
  expect(epochs.map(({ weights }) => weights)).toEqual([
    { a: 1, b: 1 },
    { a: 1, b: 3 },
  ]);
  for (const { loss, tasks, weights, validation } of epochs) {
    expect(loss).toBeCloseTo((tasks.a ?? 0) * weights.a + (tasks.b ?? 0) * weights.b, 6);
    expect(validation?.loss).toBeCloseTo(loss, 5);
  }
  expect((epochs[1]?.loss ?? 0) - (epochs[0]?.loss ?? 0)).toBeCloseTo(2 * (epochs[0]?.tasks.b ?? 0), 6);
});

test.each([
  [{ b: -1 }, 'INVALID_TASK_WEIGHT', 'b'],
  [{ b: Number.NaN }, 'INVALID_TASK_WEIGHT', 'b'],
  [{ b: '1' }, 'INVALID_TASK_WEIGHT', 'b'],
  [null, 'INVALID_TASK_WEIGHT', 'weights'],
  [{ bb: 1 }, 'UNKNOWN_TASK', 'bb'],
  [Promise.resolve({ b: 2 }), 'INVALID_TASK_WEIGHT', 'weights'],
  [new Map([['b', 2]]), 'INVALID_TASK_WEIGHT', 'weights'],
])('a balancer that gives %o is refused by name', async (weights, code, path) => {
  const error = await refused({ balance: fixedWeights(() => untyped(weights as never)) });
  expect(error).toMatchObject({ code, path });
});

test.each([{ weights: () => ({}) }, { name: 'mine' }, () => ({}), { b: 2 }])('no balancer: %#', async (balance) => {
  expect(await refused({ balance: untyped(balance) })).toMatchObject({ code: 'INVALID_OPTIONS', path: 'fit.balance' });
});
