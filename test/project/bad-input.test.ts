/** @file A user's mistakes, each with its code and what the message says, through the public face. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  adam,
  binary,
  boundedRegression,
  classification,
  HeadgateError,
  multilabel,
  Project,
  Table,
  tf,
  vector,
} from '../../src/index.js';
import { asDeclared } from '../support/as-declared.js';

const engine = 'cpu';
const fit = { engine, epochs: 1, progress: false } as const;

const tasks = {
  doorOpen: binary(),
  person: binary(),
  faceX: boundedRegression({ min: 0, max: 64 }),
  shirt: classification({ classes: ['red', 'green', 'blue'] }),
  traits: multilabel({ classes: ['hat', 'beard'] }),
};
const inputs = { x: vector({ size: 2, standardise: false }) };
const declared = () => new Project({ name: 'mistakes', inputs, tasks });

const camera = declared().flow('full', (task, x) => {
  const open = task.doorOpen(x.features);
  const person = task.person(x.features).given(open);
  return [
    open,
    person,
    task.faceX(x.features).given(person),
    task.shirt(x.features).given(person),
    task.traits(x.features).given(person),
  ];
});
afterAll(() => camera.dispose());

const good = { x: [1, 2], doorOpen: true, person: true, faceX: 10, shirt: 'red', traits: ['hat'] };

interface Mistake {
  readonly code: string;
  readonly path: string;
  /** Parts of the message. */
  readonly says: readonly string[];
  readonly suggestion?: string;
}

async function expectMistake(run: () => unknown, { code, path, says, suggestion }: Mistake): Promise<void> {
  const tensors = tf.memory().numTensors;
  const error = await (async () => run())().then(
    () => {
      throw new Error(`${code} was not thrown`);
    },
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HeadgateError);
  const facts = error as HeadgateError;
  expect([facts.code, facts.path]).toEqual([code, path]);
  expect(facts.message.startsWith(`${code} at ${path}: `)).toBe(true);
  for (const text of says) expect(facts.message).toContain(text);
  expect(facts.suggestion).toBe(suggestion);
  if (suggestion !== undefined) expect(facts.message).toContain(`did you mean "${suggestion}"?`);
  expect(tf.memory().numTensors).toBe(tensors);
}

type Declaring = readonly [name: string, run: () => unknown, mistake: Mistake];

const declaring: readonly Declaring[] = [
  [
    'an unknown task',
    // @ts-expect-error: it does not compile either
    () => declared().flow('full', (task, x) => [task.dorOpen(x.features)]),
    { code: 'UNKNOWN_TASK', path: 'full.dorOpen', says: ['neither a task nor a flow'], suggestion: 'doorOpen' },
  ],
  [
    'an unknown feature',
    () =>
      new Project({
        name: 'features',
        inputs,
        tasks,
        backbone: ({ x }) => ({ features: x, face: x }),
        // @ts-expect-error: it does not compile either
      }).flow('full', (task, x) => [task.doorOpen(x.featurs)]).model,
    { code: 'UNKNOWN_FEATURE', path: 'doorOpen', says: ['"featurs"', '"features", "face"'], suggestion: 'features' },
  ],
  [
    'a feature that is not a vector',
    () =>
      new Project({
        name: 'features',
        inputs,
        tasks,
        backbone: ({ x }) => ({ features: tf.layers.reshape({ targetShape: [2, 1] }).apply(x) }),
      }).flow('full', (task, x) => [task.doorOpen(x.features)]).model,
    { code: 'FEATURE_SHAPE', path: 'features.features', says: ['[batch, size]', '[batch, 2, 1]', 'flatten'] },
  ],
  [
    'an unknown class in a condition',
    () =>
      declared().flow('full', (task, x) => {
        const shirt = task.shirt(x.features);
        // @ts-expect-error: it does not compile either
        return [shirt, task.person(x.features).given(shirt.is('gren'))];
      }),
    { code: 'UNKNOWN_CLASS', path: 'full.shirt.is', says: ['gren'], suggestion: 'green' },
  ],
  [
    'a condition on a task that is not in the flow',
    () => {
      const { person, ...others } = tasks;
      return new Project({ name: 'absent', inputs, tasks: { ...others, person } }).flow('full', (task, x) => {
        const open = task.doorOpen(x.features);
        return [task.person(x.features).given(open)];
      });
    },
    { code: 'NOT_RETURNED', path: 'full.doorOpen', says: ['calls "doorOpen" and does not return it'] },
  ],
  [
    'the same task twice',
    () => declared().flow('full', (task, x) => [task.doorOpen(x.features), task.doorOpen(x.features)]),
    { code: 'DUPLICATE_PATH', path: 'full.doorOpen', says: ['twice'] },
  ],
  [
    'a task called __proto__',
    () => new Project({ name: 'proto', inputs, tasks: { ['__proto__']: binary() } }),
    { code: 'INVALID_NAME', path: 'tasks.__proto__', says: ['reserved', 'Choose another name.'] },
  ],
  [
    'an input called constructor',
    () => new Project({ name: 'proto', inputs: { constructor: vector({ size: 1 }) }, tasks }),
    { code: 'INVALID_NAME', path: 'inputs.constructor', says: ['reserved'] },
  ],
  [
    'no tasks',
    () => new Project({ name: 'none', inputs, tasks: {} }),
    { code: 'NO_TASKS', path: 'tasks', says: ['at least one of tasks'] },
  ],
  ['no flow', () => declared().fit([good], fit), { code: 'NO_FLOW', path: 'mistakes', says: ['no flow yet'] }],
  [
    'a flow of no tasks',
    () => declared().flow('full', () => []),
    { code: 'EMPTY_FLOW', path: 'full', says: ['at least one task'] },
  ],
];

test.each(declaring)('declaring: %s', async (_, run, mistake) => expectMistake(run, mistake));

test('declaring: a cycle cannot be written, since a handle exists only after its own condition; nor can itself', () => {
  const project = declared().flow('full', (task, x) => {
    const open = task.doorOpen(x.features);
    const person = task.person(x.features).given(open);
    return [open, person];
  });
  expect(project.resolved.evaluationOrder.map(({ path }) => path)).toEqual(['doorOpen', 'person']);
});

test('declaring: two handles of one name that ask each other are a cycle', () =>
  expectMistake(
    () =>
      declared().flow('full', (task, x) => [
        task.doorOpen(x.features).given(task.person(x.features)),
        task.person(x.features).given(task.doorOpen(x.features)),
      ]), // at the declaration, not at the first use
    { code: 'CONDITION_CYCLE', path: 'doorOpen', says: ['doorOpen given person given doorOpen'] },
  ));

type Reading = readonly [name: string, rows: readonly Record<string, unknown>[], mistake: Mistake];

const reading: readonly Reading[] = [
  ['no rows', [], { code: 'EMPTY_DATASET', path: 'data', says: ['The data has no rows.'] }],
  [
    'no label column',
    [{ x: [1, 2], dorOpen: true }],
    { code: 'NO_LABELS', path: 'data', says: ['doorOpen', 'table.rename'], suggestion: 'dorOpen' },
  ],
  [
    'an input column that is not there',
    [{ ...good, x: undefined, y: [1, 2] }],
    { code: 'INVALID_INPUT', path: 'rows[0].x', says: ['missing'] },
  ],
  [
    'an unknown class',
    [good, { ...good, shirt: 'grean' }],
    { code: 'UNKNOWN_CLASS', path: 'rows[1].shirt', says: ['grean', 'red'], suggestion: 'green' },
  ],
  [
    'an unknown class of a multilabel',
    [{ ...good, traits: ['hatt'] }],
    { code: 'UNKNOWN_CLASS', path: 'rows[0].traits', says: ['hatt'], suggestion: 'hat' },
  ],
  [
    'a label out of range',
    [good, good, { ...good, faceX: 64.5 }],
    { code: 'LABEL_OUT_OF_RANGE', path: 'rows[2].faceX', says: ['64.5', '64'] },
  ],
  [
    'an infinite label',
    [{ ...good, faceX: Number.POSITIVE_INFINITY }],
    { code: 'INVALID_LABEL', path: 'rows[0].faceX', says: ['Infinity'] },
  ],
  [
    'a label of the wrong type',
    [{ ...good, doorOpen: 'yes' }],
    { code: 'INVALID_LABEL', path: 'rows[0].doorOpen', says: ['"yes"'] },
  ],
  [
    'an input of the wrong shape',
    [good, { ...good, x: [1, 2, 3] }],
    { code: 'WRONG_SHAPE', path: 'rows[1].x', says: ['[2]', '[3]'] },
  ],
  ['NaN in an input', [{ ...good, x: [1, Number.NaN] }], { code: 'INVALID_INPUT', path: 'rows[0].x', says: ['NaN'] }],
  [
    'an infinite input',
    [good, { ...good, x: [Number.NEGATIVE_INFINITY, 0] }],
    { code: 'INVALID_INPUT', path: 'rows[1].x', says: ['-Infinity', 'finite'] },
  ],
];

for (const verb of ['fit', 'evaluate', 'tune', 'interpret'] as const) {
  test.each(reading)(`${verb}: %s`, async (_, rows, mistake) => {
    const run = verb === 'fit' ? () => camera.fit(rows, fit) : () => camera[verb](rows, { engine });
    await expectMistake(run, mistake);
  });
}

test.each(reading.filter(([, , { code }]) => /EMPTY|INPUT|SHAPE/.test(code)))(
  'predict and explain: %s',
  async (_, rows, mistake) => {
    await expectMistake(() => camera.predict(rows, { engine }), mistake);
    await expectMistake(() => camera.explain(rows, { engine }), mistake);
  },
);

test('validation rows are checked before the first step', async () => {
  const before = camera.model.getWeights().map((weight) => [...weight.dataSync()]);
  await expectMistake(() => camera.fit([good], { ...fit, validation: [{ ...good, faceX: -1 }] }), {
    code: 'LABEL_OUT_OF_RANGE',
    path: 'rows[0].faceX',
    says: ['-1'],
  });
  expect(camera.model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
});

test('columns of unequal length; an absent input column; data that is none', async () => {
  await expectMistake(() => Table.fromColumns({ x: [1, 2], doorOpen: [true] }), {
    code: 'UNEQUAL_COLUMNS',
    path: 'columns.doorOpen',
    says: ['2 rows', '1 rows'],
  });
  await expectMistake(() => camera.fit(Table.fromColumns({ X: [1], doorOpen: [true] }), fit), {
    code: 'UNKNOWN_COLUMN',
    path: 'inputs.x',
    says: ['"X"'],
    suggestion: 'X',
  });
  await expectMistake(
    // @ts-expect-error: it does not compile either
    () => camera.fit({ x: [1] }, fit),
    { code: 'INVALID_DATA', path: 'data', says: ['Table.fromColumns'] },
  );
});

test.each([
  ['epochs', { epochs: 0 }, '0'],
  ['epochs', { epochs: 1.5 }, '1.5'],
  ['batchSize', { batchSize: -1 }, '-1'],
  ['seed', { seed: 0.5 }, '0.5'],
  ['clipNorm', { clipNorm: 0 }, '0'],
  ['clipNorm', { clipNorm: Number.NaN }, 'NaN'],
])('fit: a bad %s', (name, options, received) =>
  expectMistake(() => camera.fit([good], { ...fit, ...options }), {
    code: 'INVALID_OPTIONS',
    path: `fit.${name}`,
    says: [`received: ${received}`],
  }),
);

test('bad options of optimizers, metrics, engines and interpret', async () => {
  await camera.evaluate([good], { engine }); // what it keeps on the engine is there before
  await expectMistake(() => adam({ learningRate: -1 }), {
    code: 'INVALID_OPTIONS',
    path: 'adam.learningRate',
    says: ['-1'],
  });
  // @ts-expect-error: it does not compile either
  const misspelled = camera.evaluate.bind(camera, [good], { engine: 'wasn' });
  await expectMistake(misspelled, {
    code: 'UNKNOWN_ENGINE',
    path: 'evaluate.engine',
    says: ['HEADGATE_ENGINE'],
    suggestion: 'wasm',
  });
  // @ts-expect-error: nor this
  await expectMistake(() => camera.tune([good], { engine, metric: { doorOpn: 'accuracy' } }), {
    code: 'UNKNOWN_TASK',
    path: 'metric.doorOpn',
    says: [],
    suggestion: 'doorOpen',
  });
  await expectMistake(() => camera.interpret([good], { engine, top: 0 }), {
    code: 'INVALID_OPTIONS',
    path: 'interpret.top',
    says: ['0'],
  });
});

test('rows in which no label counts: refused in fit, allowed as one batch of several', async () => {
  const unlabelled = { x: [3, 4] };
  await expectMistake(() => camera.fit([unlabelled, { ...unlabelled, doorOpen: null }], fit), {
    code: 'NO_COUNTED_LABELS',
    path: 'train',
    says: ['2 rows without one'],
  });
  const [a, b] = [camera, camera].map(() =>
    new Project({ name: 'batches', inputs, tasks: { doorOpen: binary() } }).flow('full', (task, x) => [
      task.doorOpen(x.features),
    ]),
  );
  const options = { ...asDeclared, ...fit, epochs: 1, batchSize: 1, seed: 2 };
  const alone = await a?.fit([good], options);
  const among = await b?.fit([good, unlabelled, unlabelled], options);
  expect(among?.epochs[0]?.tasks.doorOpen).toBeCloseTo(alone?.epochs[0]?.tasks.doorOpen ?? Number.NaN, 12);
  expect(b?.model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(
    a?.model.getWeights().map((weight) => [...weight.dataSync()]),
  );
});

test('one row trains and evaluates', async () => {
  const project = declared().flow('full', (task, x) => [task.doorOpen(x.features), task.faceX(x.features)]);
  const { epochs, steps } = await project.fit([good], { ...fit, epochs: 3 });
  expect(steps).toBe(3);
  expect(epochs[2]?.loss).toBeLessThan(epochs[0]?.loss ?? 0);
  const evaluation = await project.evaluate([good], { engine });
  expect(evaluation.rows.find((row) => row.metric_name === 'accuracy')?.num_samples).toBe(1);
});

test('a task that nobody labelled: metrics null on 0 samples, its weights rest', async () => {
  const project = declared().flow('full', (task, x) => [task.doorOpen(x.features), task.shirt(x.features)]);
  const head = () => {
    const kernel = project.model.layers.find((layer) => layer.name === 'head_features')?.getWeights()[0];
    // one column for doorOpen, then three for shirt
    return tf.tidy(() =>
      kernel ? [...kernel.slice([0, 1]).dataSync(), kernel.slice([0, 0], [-1, 1]).sum().dataSync()[0]] : [],
    );
  };
  const before = head();
  const unlabelled = { x: [1, 2], doorOpen: true };
  const { epochs } = await project.fit([unlabelled, { ...unlabelled, doorOpen: false }], { ...fit, epochs: 3 });
  const after = head();
  expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
  expect(after.at(-1)).not.toBe(before.at(-1));
  expect(epochs[0]?.tasks.shirt).toBeNull();
  const evaluation = await project.evaluate([unlabelled], { engine });
  const rows = evaluation.rows.filter((row) => row.task_path === 'shirt');
  expect(rows.length).toBeGreaterThan(3);
  for (const row of rows)
    expect([row.metric_name, row.metric_res, row.num_samples]).toEqual([row.metric_name, null, 0]);
});

test('a column called __proto__ is a column like others', async () => {
  const rows = [JSON.parse('{"x": [1, 2], "doorOpen": true, "__proto__": {"polluted": true}}')];
  await declared()
    .flow('full', (task, x) => [task.doorOpen(x.features)])
    .fit(rows, fit);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

test('another project’s folder, and no folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
  try {
    await camera.save(join(folder, 'camera'));
    const other = declared().flow('full', (task, x) => [task.doorOpen(x.features), task.shirt(x.features)]);
    const before = other.model.getWeights().map((weight) => [...weight.dataSync()]);
    await expectMistake(() => other.load(join(folder, 'camera')), {
      code: 'FLOW_MISMATCH',
      path: 'person',
      says: ['The saved model has this task or flow, the program has not.'],
    });
    expect(other.model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
    await expectMistake(() => other.load(join(folder, 'none')), {
      code: 'MODEL_NOT_FOUND',
      path: join(folder, 'none'),
      says: ['There is no such folder.'],
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
