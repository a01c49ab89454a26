/** @file A misspelt option, a wrong type, a value out of range: refused by every verb, with the path and the nearest name. */
import { expect, test } from 'vitest';
import {
  adam,
  adamW,
  binary,
  cosine,
  HeadgateError,
  image,
  Project,
  readCsv,
  sgd,
  stepwise,
  Table,
  vector,
} from '../../src/index.js';

const rows = [{ x: 1, open: true }];
const project = new Project({
  name: 'options',
  inputs: { x: vector({ size: 1 }) },
  tasks: { open: binary() },
  onNote: () => {},
}).flow('full', (task, x) => [task.open(x.features)]);
const declared = { name: 'options', inputs: { x: vector({ size: 1 }) }, tasks: { open: binary() } };

/** As from JavaScript: what the compiler would have refused. */
const untyped = (value: unknown) => value as never;

async function refusal(run: () => unknown): Promise<HeadgateError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const verbs = ['fit', 'evaluate', 'tune', 'predict', 'explain', 'interpret', 'save', 'load', 'explainGraph'] as const;

function call(verb: (typeof verbs)[number], options: unknown): Promise<unknown> {
  if (verb === 'save' || verb === 'load') return project[verb]('/nowhere/at/all', untyped(options));
  if (verb === 'explainGraph') return project.explainGraph(untyped(options));
  return project[verb](rows, untyped(options));
}

test.each(verbs)('%s: an option that does not exist, and options that are none', async (verb) => {
  expect(await refusal(() => call(verb, { nonsense: 1 }))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: `${verb}.nonsense`,
    received: '"nonsense"',
  });
  for (const none of [null, 3, 'fast', []]) {
    expect(await refusal(() => call(verb, none))).toMatchObject({ code: 'INVALID_OPTIONS', path: verb });
  }
});

test.each<[(typeof verbs)[number], object, string, string]>([
  ['fit', { epoch: 1 }, 'fit.epoch', 'epochs'],
  ['fit', { batch_size: 1 }, 'fit.batch_size', 'batchSize'],
  ['fit', { progress: { task: true } }, 'fit.progress.task', 'tasks'],
  ['predict', { probabilites: true }, 'predict.probabilites', 'probabilities'],
  ['evaluate', { engin: 'wasm' }, 'evaluate.engin', 'engine'],
  ['tune', { metrics: 'f1_score' }, 'tune.metrics', 'metric'],
  ['explain', { wy: true }, 'explain.wy', 'why'],
  ['interpret', { tops: 1 }, 'interpret.tops', 'top'],
  ['save', { onnote: () => {} }, 'save.onnote', 'onNote'],
  ['explainGraph', { optimiser: adam() }, 'explainGraph.optimiser', 'optimizer'],
])('%s(%j)', async (verb, options, path, suggestion) => {
  expect(await refusal(() => call(verb, options))).toMatchObject({ code: 'INVALID_OPTIONS', path, suggestion });
});

test.each<[(typeof verbs)[number], object, string, string]>([
  ['fit', { signal: true }, 'fit.signal', 'an AbortSignal'],
  ['fit', { optimizer: 'adam' }, 'fit.optimizer', 'adam()'],
  ['fit', { optimizer: { minimize: () => {} } }, 'fit.optimizer', 'adam()'],
  ['fit', { clipNorm: '1' }, 'fit.clipNorm', 'a number above 0'],
  ['fit', { onEpochEnd: 'stop' }, 'fit.onEpochEnd', 'a function'],
  ['fit', { progress: 1 }, 'fit.progress', 'true or false, or a record of: tasks, summary, metrics'],
  ['fit', { progress: null }, 'fit.progress', 'true or false, or a record of: tasks, summary, metrics'],
  ['fit', { progress: { tasks: 'all' } }, 'fit.progress.tasks', 'true or false'],
  ['fit', { progress: { metrics: ['a', 'b', 'c'] } }, 'fit.progress.metrics', 'at most 2'],
  ['fit', { progress: { metrics: ['f1_score'] } }, 'fit.progress.metrics', 'a fit with `validation`'],
  ['fit', { onNote: 1 }, 'fit.onNote', 'a function'],
  ['predict', { probabilities: 'yes' }, 'predict.probabilities', 'true or false'],
  ['explain', { why: 1 }, 'explain.why', 'true or false'],
  ['interpret', { top: 1.5 }, 'interpret.top', 'a whole number from 1 on'],
])('%s(%j): a value that does not fit', async (verb, options, path, expected) => {
  expect(await refusal(() => call(verb, options))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path,
    expected: expect.stringContaining(expected),
  });
});

test('metrics for the table after a fit: one that no task has, and a fit that measures none', async () => {
  const asked = { progress: { metrics: ['accuracy', 'f1_scor'] }, validation: rows };
  expect(await refusal(() => call('fit', asked))).toMatchObject({
    code: 'UNKNOWN_METRIC',
    path: 'fit.progress.metrics[1]',
    suggestion: 'f1_score',
  });
  const unmeasured = { progress: { metrics: ['accuracy'] }, validation: rows, validationMetrics: false };
  expect(await refusal(() => call('fit', unmeasured))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'fit.progress.metrics',
  });
});

test.each<[(typeof verbs)[number], object, string]>([
  ['evaluate', { engine: 'wasn' }, 'evaluate.engine'],
  ['predict', { engine: 'cpu', fallback: 'wasn' }, 'predict.fallback'],
])('%s(%j): an engine that does not exist, also as a fallback that is not needed', async (verb, options, path) => {
  expect(await refusal(() => call(verb, options))).toMatchObject({ code: 'UNKNOWN_ENGINE', path, suggestion: 'wasm' });
});

test.each(['save', 'load'] as const)('%s without a folder', async (verb) => {
  for (const none of [undefined, null, '', 3]) {
    expect(await refusal(() => project[verb](untyped(none)))).toMatchObject({
      code: 'INVALID_OPTIONS',
      path: `${verb}.folder`,
    });
  }
});

test.each<[unknown, string, string, string | undefined]>([
  [undefined, 'INVALID_OPTIONS', 'Project', undefined],
  [{ ...declared, backBone: () => ({}) }, 'INVALID_OPTIONS', 'Project.backBone', 'backbone'],
  [{ ...declared, backbone: {} }, 'INVALID_OPTIONS', 'Project.backbone', undefined],
  [{ ...declared, seed: 'a' }, 'INVALID_OPTIONS', 'Project.seed', undefined],
  [{ ...declared, name: '' }, 'INVALID_OPTIONS', 'Project.name', undefined],
  [{ ...declared, tasks: null }, 'INVALID_OPTIONS', 'Project.tasks', undefined],
  [{ ...declared, tasks: [binary()] }, 'INVALID_OPTIONS', 'Project.tasks', undefined],
  [{ ...declared, inputs: undefined }, 'INVALID_OPTIONS', 'Project.inputs', undefined],
  [{ ...declared, tasks: {} }, 'NO_TASKS', 'tasks', undefined],
])('new Project(%j)', async (options, code, path, suggestion) => {
  expect(await refusal(() => new Project(untyped(options)))).toMatchObject({ code, path, suggestion });
});

test.each(['save', 'load'] as const)('%s: a URL is no path, though it could be the name of a folder', async (verb) => {
  for (const url of ['file:///tmp/model', 'indexeddb://model', 'https://example.org/model']) {
    expect(await refusal(() => project[verb](url))).toMatchObject({ code: 'INVALID_OPTIONS', path: `${verb}.folder` });
  }
});

test('Project.from reads its options, too', async () => {
  class Nothing {}
  const { tasks: _, ...network } = declared;
  expect(await refusal(() => Project.from(Nothing, untyped({ ...network, sed: 1 })))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'Project.from.sed',
    suggestion: 'seed',
  });
});

test('the constructor takes no internals', () => {
  expect(Project).toHaveLength(1);
});

test('print of a tuning', async () => {
  const tuning = await project.tune(rows, { engine: 'cpu' });
  const wrong = await refusal(() => tuning.print(untyped({ class: 'all' })));
  expect(wrong).toMatchObject({ code: 'INVALID_OPTIONS', path: 'tuning.print.class', suggestion: 'classes' });
});

test('print', async () => {
  const evaluation = await project.evaluate(rows, { engine: 'cpu' });
  expect(await refusal(() => evaluation.print(untyped({ veiw: 'end_to_end' })))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'print.veiw',
    suggestion: 'view',
  });
  expect(await refusal(() => evaluation.value('open', 'accuracy', untyped('truth')))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'value.view',
  });
  expect(await refusal(() => evaluation.confusion('open', untyped('given-truth')))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'confusion.view',
    suggestion: 'given_truth',
  });
  const tuning = await project.tune(rows, { engine: 'cpu' });
  expect(await refusal(() => tuning.toString(untyped({ clases: 'all' })))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'tuning.print.clases',
    suggestion: 'classes',
  });
  expect(await refusal(() => tuning.print(untyped({ classes: 'none' })))).toMatchObject({
    path: 'tuning.print.classes',
  });
});

test.each<[string, () => unknown, string, string | undefined]>([
  ['adamW({ lr })', () => adamW(untyped({ lr: 1 })), 'adamW.lr', 'learningRate'],
  ['adam({ eps })', () => adam(untyped({ eps: 1 })), 'adam.eps', 'epsilon'],
  [
    'sgd({ groups: [{ rat }] })',
    () => sgd(untyped({ groups: [{ parameters: 'head', rat: 0 }] })),
    'sgd.groups[0].rat',
    'rate',
  ],
  ['cosine({ peek })', () => cosine(untyped({ peak: 1, warmUp: 0 })), 'cosine.warmUp', 'warmup'],
  ['stepwise({ evry })', () => stepwise(untyped({ initial: 1, factor: 1, evry: 2 })), 'stepwise.evry', 'every'],
  ['binary({ wieght })', () => binary(untyped({ wieght: 2 })), 'binary.wieght', 'weight'],
  ['image({ channel })', () => image(untyped({ height: 1, width: 1, channel: 1 })), 'image.channel', 'channels'],
  [
    'split({ stratfy })',
    () => Table.fromRecords(rows).split({ a: 1 }, untyped({ stratfy: 'a' })),
    'split.stratfy',
    'stratify',
  ],
  [
    'readCsv({ separator })',
    () => readCsv(new Uint8Array(1), untyped({ separator: ';' })),
    'readCsv.separator',
    'delimiter',
  ],
])('%s', async (_, run, path, suggestion) => {
  expect(await refusal(run)).toMatchObject({ code: 'INVALID_OPTIONS', path, suggestion });
});
