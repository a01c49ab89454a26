/** @file The verbs together: predict, explain, interpret, tune, save and load, on one small flow. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  adam,
  binary,
  boundedRegression,
  classification,
  multilabel,
  type Predictions,
  Project,
  regression,
  tf,
  vector,
} from '../../src/index.js';

const engine = 'cpu';

/** Inputs go straight to the heads, so that weights can be chosen: logits are what the columns of `x` say. */
function declared() {
  return new Project({
    name: 'verbs',
    inputs: { x: vector({ size: 10 }) },
    tasks: {
      open: binary(),
      person: binary(),
      age: boundedRegression({ min: 0, max: 100 }),
      height: regression(),
      shirt: classification({ classes: ['red', 'green', 'blue'] }),
      traits: multilabel({ classes: ['hat', 'beard', 'glasses'] }),
    },
    backbone: ({ x }) => ({ features: x }),
  })
    .flow('face', (task, x) => [task.age(x.features), task.traits(x.features)])
    .flow('full', (task, x) => {
      const open = task.open(x.features);
      const person = task.person(x.features).given(open);
      const shirt = task.shirt(x.features).given(person);
      return [open, person, shirt, task.height(x.features).given(shirt.is('red')), task.face(x).given(person)];
    });
}

/** Columns of `x`: open, person, shirt × 3, height, age, traits × 3. */
const paths = [
  'open',
  'person',
  'shirt',
  'shirt',
  'shirt',
  'height',
  'face.age',
  'face.traits',
  'face.traits',
  'face.traits',
];

function passThrough() {
  const project = declared();
  const layer = project.model.layers.find((one) => one.getClassName() === 'Dense');
  const outputs = project.model.outputNames;
  // Where each task's logits lie in the fused head is the layout's business: ask the model with unit vectors.
  const units = 10;
  const kernel = new Float32Array(units * units);
  const seen = new Map<string, number>();
  for (let column = 0; column < units; column++) {
    const probe = new Float32Array(units * units);
    for (let row = 0; row < units; row++) probe[row * units + column] = row === 0 ? 1 : 0;
    tf.tidy(() => layer?.setWeights([tf.tensor2d(probe, [units, units]), tf.zeros([units])]));
    const answers = tf.tidy(() =>
      (project.model.predict(tf.oneHot(tf.tensor1d([0], 'int32'), units).toFloat()) as tf.Tensor[]).map((t) => [
        ...t.dataSync(),
      ]),
    );
    const task = answers.findIndex((answer) => answer.includes(1));
    const path = outputs[task] ?? '';
    const unit = answers[task]?.indexOf(1) ?? 0;
    const from = paths.indexOf(path) + unit;
    seen.set(`${path}/${unit}`, column);
    kernel[from * units + column] = 1;
  }
  expect(seen.size).toBe(units);
  tf.tidy(() => layer?.setWeights([tf.tensor2d(kernel, [units, units]), tf.zeros([units])]));
  return project;
}

const rows = [
  { x: [2, 1, 3, 0, 0, 1.75, 0, 1, -1, 0.5] }, // all apply
  { x: [-2, 1, 0, 3, 0, 1.6, 0, 1, -1, 0.5] }, // closed
  { x: [2, -1, 0, 3, 0, 1.6, 0, 1, -1, 0.5] }, // nobody there
  { x: [2, 1, 0, 0, 3, 1.6, -1, -1, -1, -1] }, // shirt is not red
];
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

test('predict: typed nested objects, null where the decoded parents close the gate', async () => {
  const project = passThrough();
  const predictions: readonly Predictions<typeof project>[] = await project.predict(rows, { engine });
  const [first] = predictions;
  // the compiler knows each leaf
  const open: boolean | undefined = first?.open;
  const shirt: 'red' | 'green' | 'blue' | null | undefined = first?.shirt;
  const hat: boolean | undefined = first?.face?.traits.hat;
  expect([open, shirt, hat]).toEqual([true, 'red', true]);
  expect(predictions).toEqual([
    {
      open: true,
      person: true,
      shirt: 'red',
      height: 1.75,
      face: { age: 50, traits: { hat: true, beard: false, glasses: true } },
    },
    { open: false, person: null, shirt: null, height: null, face: null },
    { open: true, person: false, shirt: null, height: null, face: null },
    {
      open: true,
      person: true,
      shirt: 'blue',
      height: null,
      face: { age: expect.closeTo(100 * sigmoid(-1), 4), traits: { hat: false, beard: false, glasses: false } },
    },
  ]);
});

test('predict with probabilities', async () => {
  const [first, second] = await passThrough().predict(rows, { engine, probabilities: true });
  const e = [3, 0, 0].map(Math.exp);
  const sum = e.reduce((a, b) => a + b);
  expect(first?.open).toEqual({ value: true, probability: expect.closeTo(sigmoid(2), 6) });
  expect(first?.shirt?.value).toBe('red');
  expect(first?.shirt?.probability).toEqual({
    red: expect.closeTo((e[0] ?? 0) / sum, 6),
    green: expect.closeTo((e[1] ?? 0) / sum, 6),
    blue: expect.closeTo((e[2] ?? 0) / sum, 6),
  });
  expect(first?.face?.traits.value).toEqual({ hat: true, beard: false, glasses: true });
  expect(second?.open).toEqual({ value: false, probability: expect.closeTo(sigmoid(-2), 6) });
  expect(second?.face).toBeNull();
});

test('a row’s prediction does not depend on the rows beside it, however many', async () => {
  const project = passThrough();
  const many = Array.from({ length: 300 }, (_, i) => rows[i % 4] as (typeof rows)[number]);
  const together = await project.predict(many, { engine, probabilities: true });
  const alone = await Promise.all(
    rows.map(async (row) => (await project.predict([row], { engine, probabilities: true }))[0]),
  );
  together.forEach((prediction, i) => {
    expect(prediction).toEqual(alone[i % 4]);
  });
});

test('explain with why', async () => {
  expect(await passThrough().explain(rows.slice(1, 4), { engine, why: true })).toMatchInlineSnapshot(`
    "batch
    ├── inp 0
    │   └── open | decoded: False, activated: 0.1192, logits: -2.0000
    │       └── person ✗ given open: open is False (0.12)
    ├── inp 1
    │   └── open | decoded: True, activated: 0.8808, logits: 2.0000
    │       └── person | decoded: False, activated: 0.2689, logits: -1.0000
    │           ├── shirt ✗ given person: person is False (0.27)
    │           └── face ✗ given person: person is False (0.27)
    └── inp 2
        └── open | decoded: True, activated: 0.8808, logits: 2.0000
            └── person | decoded: True, activated: 0.7311, logits: 1.0000
                ├── shirt
                │   ├── 0: blue | activated: 0.9094, logits: 3.0000
                │   ├── 1: red | activated: 0.0453, logits: 0.0000
                │   ├── 2: green | activated: 0.0453, logits: 0.0000
                │   └── given shirt
                │       └── height ✗ given shirt.is("red"): shirt is blue (0.91)
                └── face
                    ├── age | decoded: 26.8941, activated: 0.2689, logits: -1.0000
                    └── traits
                        ├── 0: hat | decoded: False, activated: 0.2689,
                        │     logits: -1.0000
                        ├── 1: beard | decoded: False, activated: 0.2689,
                        │     logits: -1.0000
                        └── 2: glasses | decoded: False, activated: 0.2689,
                              logits: -1.0000"
  `);
});

const labelled = [
  {
    ...rows[0],
    open: true,
    person: true,
    shirt: 'red',
    height: 1.5,
    age: 60,
    traits: { hat: true, beard: null, glasses: false },
  },
  { ...rows[1], open: true, person: true, shirt: 'red', height: 1.7, age: 20, traits: ['hat'] },
  { ...rows[2], open: true, person: false, shirt: null, height: null, age: null, traits: null },
  { ...rows[3], open: false, person: null, shirt: null, height: null, age: null, traits: null },
].map((row) => ({ ...row, x: row.x ?? [] }));

test('interpret: best and worst rows per task, with label and prediction as the user writes them', async () => {
  const interpretation = await passThrough().interpret(labelled, { engine, top: 1 });
  expect(interpretation.task('open').worst[0]).toMatchObject({ row: 3, label: false, prediction: true });
  expect(interpretation.task('open').worst[0]?.loss).toBeCloseTo(Math.log1p(Math.exp(2)), 5);
  expect(interpretation.task('shirt')).toMatchObject({
    best: [{ row: 0, label: 'red', prediction: 'red' }],
    worst: [{ row: 1, label: 'red', prediction: 'green' }],
  });
  expect(interpretation.task('face.traits').best[0]).toMatchObject({ row: 0, label: { hat: true, beard: null } });
  expect(interpretation.task('height').best).toMatchObject([{ row: 1, label: expect.closeTo(1.7, 6) }]);
  expect(interpretation.overall.worst[0]?.row).toBe(1);
});

test('tune keeps its thresholds: predict, evaluate and save use them', async () => {
  const project = passThrough();
  expect(project.thresholds.get('open')).toEqual([0.5]);
  const data = [-3, -2.5, -2, 1, 2].map((logit, i) => ({ x: [logit, ...Array<number>(9).fill(0)], open: i >= 1 }));
  const before = (await project.evaluate(data, { engine })).value('open', 'accuracy');
  const tuning = await project.tune(data, { engine, method: 'exact', metric: 'accuracy' });
  const after = (await project.evaluate(data, { engine })).value('open', 'accuracy');
  expect([before, after]).toEqual([0.6, 1]);
  const [threshold = 0] = project.thresholds.get('open') ?? [];
  expect(threshold).toBeGreaterThan(sigmoid(-3));
  expect(threshold).toBeLessThan(sigmoid(-2.5));
  expect((await project.predict(data, { engine })).map(({ open }) => open)).toEqual([false, true, true, true, true]);
  // a decision without rows keeps its threshold, and the result says so
  expect(tuning.rows.find((row) => row.task_path === 'person')).toMatchObject({
    threshold_after: 0.5,
    num_samples: 0,
    why: expect.stringContaining('kept'),
  });
  expect(project.thresholds.get('person')).toEqual([0.5]);
  // what is read is a copy: nothing that a caller does to it decides
  (project.thresholds as Map<string, readonly number[]>).set('open', [0.999999]);
  expect(project.thresholds.get('open')).toEqual([threshold]);
  expect((await project.predict(data, { engine })).map(({ open }) => open)).toEqual([false, true, true, true, true]);
});

test('save, then load into a new project: the same bytes of every prediction and the same thresholds', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
  try {
    const project = declared();
    await project.fit(labelled, { engine, epochs: 3, progress: false, optimizer: adam({ learningRate: 0.1 }) });
    await project.tune(labelled, { engine });
    await project.save(join(folder, 'model'));
    const loaded = await declared().load(join(folder, 'model'));
    const bytes = async (of: typeof project) => JSON.stringify(await of.predict(rows, { engine, probabilities: true }));
    expect(await bytes(loaded)).toBe(await bytes(project));
    expect(await bytes(declared())).not.toBe(await bytes(project));
    expect([...loaded.thresholds]).toEqual([...project.thresholds]);
    expect((await loaded.evaluate(labelled, { engine })).toCsv()).toBe(
      (await project.evaluate(labelled, { engine })).toCsv(),
    );
    await loaded.save(join(folder, 'again'));
    const read = (name: string, file: string) => readFile(join(folder, name, file), 'hex');
    for (const file of ['weights.safetensors', 'thresholds.json', 'flow.json', 'headgate.json']) {
      expect(await read('again', file), file).toBe(await read('model', file));
    }
    // and training goes on from there
    const [a, b] = await Promise.all(
      [project, loaded].map((one) => one.fit(labelled, { engine, epochs: 1, progress: false })),
    );
    expect(b?.epochs[0]?.tasks).toEqual(a?.epochs[0]?.tasks);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what was declared before is untouched by what is declared after', () => {
  const base = new Project({ name: 'base', inputs: { x: vector({ size: 1 }) }, tasks: { a: binary(), b: binary() } });
  const one = base.flow('one', (task, x) => [task.a(x.features)]);
  const two = one.flow('two', (task, x) => [task.one(x), task.b(x.features)]);
  expect(one.resolved.tasks.map(({ path }) => path)).toEqual(['a']);
  expect(two.resolved.tasks.map(({ path }) => path)).toEqual(['one.a', 'b']);
  expect(two.root('one').resolved.tasks.map(({ path }) => path)).toEqual(['a']);
});
