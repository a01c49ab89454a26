/** @file `project.pathways.unitMasks`: what it finds, whose labels count, what stays as it was, and mistakes of its callers. */
import { expect, test } from 'vitest';
import {
  adam,
  classification,
  HeadgateError,
  iterableSource,
  multilabel,
  Project,
  tf,
  type UnitMaskOptions,
  type UnitMasks,
  vector,
} from '../../../src/index.js';
import { tokenProject, tokenRows } from '../../support/along.js';
import { asked, quiet, rows, three } from './ways.js';

const short = { ...asked, epochs: 4, batchSize: 16, learningRate: 0.05, alpha: 1e-3, seed: 3 } as const;

async function fitted(shape: Parameters<typeof three>[0] = {}) {
  const project = three(shape);
  await project.fit(rows, { ...quiet, epochs: 40, optimizer: adam({ learningRate: 0.02 }), engine: 'onnx' });
  return project;
}

const KINDS = ['red', 'green', 'blue'] as const;
const colours = rows.map(({ a, b, c }) => ({
  ...{ a, b, c },
  colour: a > 0.6 ? 'red' : b > 0.5 ? 'green' : 'blue',
  traits: [...(a > 0.5 ? ['big'] : []), ...(c > 0.5 ? ['late'] : [])],
}));

async function coloured() {
  const project = new Project({
    name: 'coloured',
    inputs: { x: vector({ columns: ['a', 'b', 'c'], standardise: false }) },
    tasks: { colour: classification({ classes: KINDS }), traits: multilabel({ classes: ['big', 'late'] }) },
    backbone: ({ x }) => {
      const wide = tf.layers.dense({ units: 16, activation: 'relu', name: 'layer1' }).apply(x);
      return {
        features: tf.layers.dense({ units: 8, activation: 'relu', name: 'layer2' }).apply(wide) as tf.SymbolicTensor,
      };
    },
  }).flow('all', (task, x) => [task.colour(x.features), task.traits(x.features)]);
  await project.fit(colours, { ...quiet, epochs: 60, optimizer: adam({ learningRate: 0.02 }), engine: 'onnx' });
  return project;
}

const bits = ({ logits }: UnitMasks) => Array.from(new Uint32Array(logits.buffer, logits.byteOffset, logits.length));

async function codeOf(run: Promise<unknown>): Promise<HeadgateError> {
  const error = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof HeadgateError) return error;
  throw new Error(`no error of ours: ${error}`);
}

test.each(['cpu', 'onnx', 'wasm'] as const)(
  '%s: a seed leads to the same bits, another one to others',
  async (engine) => {
    const project = await fitted();
    const options = { ...short, engine, tasks: ['size'], samples: 3, temperature: { from: 2, to: 0.5 } } as const;
    const [first, second] = [
      await project.pathways.unitMasks(rows, options),
      await project.pathways.unitMasks(rows, options),
    ];
    expect(bits(second)).toEqual(bits(first));
    expect(second.history).toEqual(first.history);
    expect(second.metrics).toEqual(first.metrics);
    const other = await project.pathways.unitMasks(rows, { ...options, seed: 4 });
    expect(bits(other)).not.toEqual(bits(first));
    expect(first.history.map(({ temperature }) => temperature)).toEqual([
      expect.closeTo(2 * 0.25 ** (5 / 23), 6),
      expect.closeTo(2 * 0.25 ** (11 / 23), 6),
      expect.closeTo(2 * 0.25 ** (17 / 23), 6),
      expect.closeTo(0.5, 6),
    ]);
    project.dispose();
  },
);

test('engines agree', async () => {
  const project = await fitted();
  const found = [];
  for (const engine of ['cpu', 'onnx', 'wasm'] as const) {
    found.push(await project.pathways.unitMasks(rows, { ...short, engine, epochs: 1, tasks: ['size', 'red'] }));
  }
  const [cpu, ...others] = found;
  for (const other of others) {
    for (const [unit, logit] of other.logits.entries()) expect(logit).toBeCloseTo(cpu?.logits[unit] ?? 0, 3);
  }
  project.dispose();
});

test('defect: the network that masks were put on was changed. Every weight stays to the bit, and a second call finds the same', async () => {
  const project = await fitted({ batchNorm: true });
  const before = project.weights();
  const was = await project.predict(rows, { ...asked, probabilities: true });
  const options = { ...short, tasks: ['red'] };
  const first = await project.pathways.unitMasks(rows, options);
  const second = await project.pathways.unitMasks(rows, options);
  expect(first.maskable).toBe(28);
  expect(bits(second)).toEqual(bits(first));
  for (const [name, { data }] of Object.entries(project.weights())) {
    expect(
      data.every((value, i) => Object.is(value, before[name]?.data[i])),
      name,
    ).toBe(true);
  }
  expect(await project.predict(rows, { ...asked, probabilities: true })).toEqual(was);
  expect(project.pathways.list).toEqual([]);
  await project.fit(rows, { ...quiet, epochs: 1 });
  expect(project.weights()).not.toEqual(before);
  project.dispose();
});

test('rows where a condition is false, and labels that are missing, count for nothing', async () => {
  const project = await fitted();
  const options = { ...short, tasks: ['round'] };
  const found = await project.pathways.unitMasks(rows, options);
  const flipped = rows.map((row) => ({ ...row, round: row.red ? row.round : !row.round, size: 1e6 }));
  expect(bits(await project.pathways.unitMasks(flipped, options))).toEqual(bits(found));
  const missing = rows.map((row) => ({ ...row, round: row.red ? row.round : null, size: null }));
  expect(bits(await project.pathways.unitMasks(missing, options))).toEqual(bits(found));
  const fewer = rows.map((row, i) => ({ ...row, round: i % 3 === 0 ? null : row.round }));
  expect(bits(await project.pathways.unitMasks(fewer, options))).not.toEqual(bits(found));
  const open = rows.filter(({ red }) => red).length;
  expect(found.metrics.every(({ rows: counted }) => counted === open)).toBe(true);
  project.dispose();
});

test('with every unit kept, the loss is the mean over rows that count, and the metrics are those of evaluate', async () => {
  const project = await fitted();
  const all = { ...short, tasks: ['round'], alpha: 0, keepProbability: 1 - 1e-9, epochs: 1, batchSize: rows.length };
  const found = await project.pathways.unitMasks(rows, all);
  expect(found.kept).toBe(found.maskable);
  const open = rows.flatMap((row, i) => (row.red ? [{ i, yes: row.round }] : []));
  const share = (open.filter(({ yes }) => yes).length + 0.5) / (open.length + 1);
  const trivial = open.reduce((sum, { yes }) => sum - Math.log(yes ? share : 1 - share), 0) / open.length;
  const evaluation = await project.evaluate(rows, asked);
  for (const { metric, unmasked, masked } of found.metrics) {
    expect(unmasked).toBe(evaluation.value('round', metric, 'given_truth'));
    expect(masked).toBe(unmasked);
  }
  // Predictions say nothing of `round` where the predicted `red` is no: those rows are few, and left out of both means.
  const predicted = await project.predict(rows, { ...asked, probabilities: true });
  const known = open.filter(({ i }) => predicted[i]?.round);
  expect(known.length).toBeGreaterThan(0.8 * open.length);
  const losses = known.map(({ i, yes }) => {
    const p = predicted[i]?.round?.probability ?? 0;
    return -Math.log(yes ? p : 1 - p);
  });
  const same = await project.pathways.unitMasks(
    known.flatMap(({ i }) => rows[i] ?? []),
    all,
  );
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  expect(same.history[0]?.loss).toBeCloseTo(mean / trivial, 3);
  project.dispose();
});

test('the baseline is the answer that most rows have; the inverse lacks what the mask keeps', async () => {
  const project = await coloured();
  const most = Math.max(...KINDS.map((name) => colours.filter(({ colour }) => colour === name).length));
  const own = await project.pathways.unitMasks(colours, { ...short, tasks: ['colour'], epochs: 20, alpha: 0.01 });
  const accuracy = own.metrics.find(({ metric }) => metric === 'accuracy');
  expect(accuracy?.baseline).toBeCloseTo(most / colours.length, 12);
  expect(own.kept).toBeLessThan(own.maskable);
  expect(accuracy?.masked ?? 0).toBeGreaterThan(accuracy?.baseline ?? 1);
  expect(accuracy?.inverse ?? 1).toBeLessThan(accuracy?.masked ?? 0);
  expect(own).toMatchObject({ of: 'colour', class: null, head: {} });
  project.dispose();
});

test.each(['cpu', 'onnx', 'wasm'] as const)('%s: a new head learns one class with the masks', async (engine) => {
  const project = await coloured();
  const options = { ...short, engine, tasks: ['colour'], class: 'red', epochs: 30, validation: colours } as const;
  const red = await project.pathways.unitMasks(colours, options);
  expect(red).toMatchObject({ of: 'colour[red]', class: 'red', tasks: ['colour'], steps: 180 });
  expect(red.metrics.map(({ metric }) => metric)).toEqual(['accuracy', 'balanced_accuracy', 'recall']);
  const [accuracy, balanced] = red.metrics;
  const share = colours.filter(({ colour }) => colour === 'red').length / colours.length;
  expect(accuracy?.baseline).toBeCloseTo(Math.max(share, 1 - share), 12);
  expect(balanced?.baseline).toBe(0.5);
  expect(balanced?.masked ?? 0).toBeGreaterThan(0.9);
  const values = Object.values(red.head).map(({ shape }) => shape);
  expect(values).toEqual([[8, 2], [2]]);
  const decoded = await project.predict(colours, asked);
  const right = decoded.filter((row, i) => (row.colour === 'red') === (colours[i]?.colour === 'red')).length;
  expect(accuracy?.unmasked).toBeCloseTo(right / colours.length, 12);
  project.dispose();
});

test('a class of a multilabel, and one side of a yes or no, have heads of their own, too', async () => {
  const project = await coloured();
  const big = await project.pathways.unitMasks(colours, { ...short, tasks: ['traits'], class: 'big', epochs: 20 });
  expect(big.metrics[0]?.masked ?? 0).toBeGreaterThan(0.8);
  project.dispose();
  const other = await fitted();
  const options = { ...short, epochs: 20, tasks: ['red'] };
  const yes = await other.pathways.unitMasks(rows, { ...options, class: true });
  const no = await other.pathways.unitMasks(rows, { ...options, class: false });
  expect([yes.of, no.of]).toEqual(['red[true]', 'red[false]']);
  expect(yes.metrics[0]?.masked ?? 0).toBeGreaterThan(0.8);
  expect(no.metrics[0]?.unmasked).toBe(yes.metrics[0]?.unmasked);
  other.dispose();
});

test('rows of a source lead to the same masks as those of a table, with each kind of head', async () => {
  const project = await fitted();
  for (const name of [undefined, true]) {
    const options = { ...short, tasks: ['red'], class: name };
    const whole = await project.pathways.unitMasks(rows, options);
    const flowing = await project.pathways.unitMasks(
      iterableSource(() => rows),
      options,
    );
    expect(bits(flowing)).toEqual(bits(whole));
    expect(flowing.metrics).toEqual(whole.metrics);
  }
  project.dispose();
});

test('a task along an axis counts by position, with its own head or a new one', async () => {
  const project = tokenProject();
  const data = tokenRows(60);
  await project.fit(data, { ...quiet, epochs: 20, optimizer: adam({ learningRate: 0.02 }), engine: 'onnx' });
  const evaluation = await project.evaluate(data, asked);
  const isOpen = ({ english }: { english: boolean | null }) => english === true;
  const answers = data.flatMap((row) => (isOpen(row) ? (row.isName ?? []) : [])).filter((name) => name !== null);
  for (const name of [undefined, true]) {
    const options = { ...short, engine: 'onnx', epochs: 20, tasks: ['isName'], class: name } as const;
    const found = await project.pathways.unitMasks(data, options);
    const accuracy = found.metrics.find(({ metric }) => metric === 'accuracy');
    expect(accuracy?.rows).toBe(answers.length);
    expect(accuracy?.unmasked).toBeCloseTo(evaluation.value('isName', 'accuracy', 'given_truth') ?? -1, 12);
    expect(accuracy?.masked ?? 0).toBeGreaterThan(0.8);
    const yes = answers.filter((answer) => answer).length / answers.length;
    expect(accuracy?.baseline).toBeCloseTo(Math.max(yes, 1 - yes), 12);
    expect(found.maskable).toBe(8);
  }
  project.dispose();
});

test('a task in a pathway is looked for within it, with its own head or a new one', async () => {
  const project = await fitted({ pathways: { method: 'random', granularity: 'unit', sparsity: 0.7 } });
  const own = project.pathways.list.find(({ tasks }) => tasks.includes('red'))?.units;
  const size = own?.reduce((sum, value) => sum + value, 0);
  const evaluation = await project.evaluate(rows, asked);
  for (const name of [undefined, true]) {
    const found = await project.pathways.unitMasks(rows, { ...short, tasks: ['red'], class: name });
    expect(found.maskable).toBe(size);
    expect(found.units.every((value, unit) => value <= (own?.[unit] ?? 0))).toBe(true);
    expect(found.metrics[0]?.unmasked).toBeCloseTo(evaluation.value('red', 'accuracy') ?? -1, 12);
  }
  project.dispose();
});

test('defect: the result depended on the number of steps. A target is met, whether one trains long or longer', async () => {
  const project = await fitted({ hidden: [32, 24] });
  for (const epochs of [60, 120]) {
    const options = { ...short, engine: 'onnx', tasks: ['size'], target: 20, epochs, learningRate: 0.01 } as const;
    const found = await project.pathways.unitMasks(rows, options);
    expect(Math.abs(found.kept - 20)).toBeLessThanOrEqual(3);
    const share = await project.pathways.unitMasks(rows, { ...options, target: 20 / 56 });
    expect(share.kept).toBe(found.kept);
    expect(found.history.at(-1)?.kept).toBe(found.kept);
  }
  project.dispose();
});

test('defect: logits ran off to -∞. The penalty of what is expected stops pressing what is out', async () => {
  const project = await fitted();
  const options = { ...short, engine: 'onnx', tasks: ['size'], epochs: 60, alpha: 0.05, learningRate: 0.1 } as const;
  const lowest: number[] = [];
  for (const penalty of ['sum', 'expected'] as const) {
    const { logits } = await project.pathways.unitMasks(rows, { ...options, penalty });
    lowest.push(Math.min(...logits));
  }
  const [sum = 0, expected = 0] = lowest;
  expect(sum).toBeLessThan(-8);
  expect(expected).toBeGreaterThan(0.8 * sum);
  project.dispose();
});

test('defect: batches that samples do not divide, and of fewer rows than samples, are trained on', async () => {
  const project = await fitted();
  for (const [batchSize, samples] of [
    [10, 4],
    [1, 3],
  ] as const) {
    const some = rows.slice(0, 21);
    const found = await project.pathways.unitMasks(some, { ...short, tasks: ['size'], epochs: 1, batchSize, samples });
    expect(found.steps).toBe(Math.ceil(21 / batchSize));
    expect(found.history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  }
  project.dispose();
});

test('defect: two documents named two weights of the penalty. The default is 1e-4', async () => {
  const project = await fitted();
  const { history } = await project.pathways.unitMasks(rows, { ...asked, tasks: ['size'], epochs: 1 });
  expect(history).toHaveLength(1);
  expect(history[0]?.alpha).toBe(1e-4);
  project.dispose();
});

test('defect: nothing could be saved. A result is plain numbers, and a pathway of what is kept', async () => {
  const project = await fitted();
  const found = await project.pathways.unitMasks(rows, { ...short, tasks: ['size', 'red'] });
  const { pathway, toString: _, print: __, ...plain } = found;
  expect(structuredClone(plain)).toEqual(plain);
  expect(found.tasks).toEqual(['red', 'size']);
  expect(pathway('small')).toEqual({
    ...{ name: 'small', tasks: ['red', 'size'], reads: new Map(), trains: new Map(), copies: [] },
    units: found.units,
  });
  expect(String(found)).toContain(`${found.of}: ${found.kept} of 28 units kept`);
  const overlap = project.pathways.overlap([found, found]);
  expect(overlap.iou[0]?.[1]).toBe(1);
  project.dispose();
});

test('a project that was never trained says so, and stays as it was drawn', async () => {
  const project = three();
  const notes: string[] = [];
  const onNote = ({ code }: { code: string }) => notes.push(code);
  const found = await project.pathways.unitMasks(rows, { ...short, tasks: ['size'], epochs: 1, onNote });
  expect(notes).toContain('NEVER_TRAINED');
  expect(found.notes.map(({ code }) => code)).toContain('NEVER_TRAINED');
  project.dispose();
});

/** What a caller without types may give. */
const loosely = (options: Readonly<Record<string, unknown>>) => options as unknown as UnitMaskOptions;

test.each([
  [{ tasks: ['size'], alpha: -1 }, 'INVALID_OPTIONS', 'pathways.unitMasks.alpha', 'a number from 0 on'],
  [{ tasks: ['size'], samples: 0 }, 'INVALID_OPTIONS', 'pathways.unitMasks.samples', 'a whole number from 1 on'],
  [{ tasks: ['size'], temperature: 0 }, 'INVALID_OPTIONS', 'pathways.unitMasks.temperature', 'a number above 0'],
  [{ tasks: ['size'], keepProbability: 1 }, 'INVALID_OPTIONS', 'pathways.unitMasks.keepProbability', 'below 1'],
  [{ tasks: ['size'], penalty: 'summ' }, 'INVALID_OPTIONS', 'pathways.unitMasks.penalty', 'did you mean "sum"?'],
  [{ tasks: ['size'], sample: 2 }, 'INVALID_OPTIONS', 'pathways.unitMasks.sample', 'did you mean "samples"?'],
  [{ tasks: ['size'], target: 29 }, 'INVALID_OPTIONS', 'pathways.unitMasks.target', 'at most 28'],
  [{ tasks: ['size'], target: 1.5 }, 'INVALID_OPTIONS', 'pathways.unitMasks.target', 'a share above 0 and below 1'],
  [{ tasks: [] }, 'INVALID_OPTIONS', 'pathways.unitMasks.tasks', 'at least 1'],
  [{ tasks: ['sise'] }, 'UNKNOWN_TASK', 'pathways.unitMasks.tasks', 'did you mean "size"?'],
  [{ tasks: ['size'], include: 'layer3' }, 'NOTHING_TO_MASK', 'pathways.unitMasks', 'units of layer1, layer2'],
  [{ tasks: ['size'], class: 'big' }, 'INVALID_OPTIONS', 'pathways.unitMasks.class', 'size has none'],
  [{ tasks: ['red'], class: 'yes' }, 'INVALID_OPTIONS', 'pathways.unitMasks.class', 'true or false'],
  [{ tasks: ['red'], class: true, head: 'own' }, 'INVALID_OPTIONS', 'pathways.unitMasks.head', '"new"'],
  [{ tasks: ['red'], head: 'new' }, 'INVALID_OPTIONS', 'pathways.unitMasks.class', 'the class that the new head'],
  [{ tasks: ['red', 'size'], class: true }, 'INVALID_OPTIONS', 'pathways.unitMasks.tasks', 'one task'],
] as const)('%j: %s at %s', async (options, code, path, words) => {
  const project = three();
  const error = await codeOf(project.pathways.unitMasks(rows, loosely({ ...asked, ...options })));
  expect([error.code, error.path]).toEqual([code, path]);
  expect(error.message).toContain(words);
  project.dispose();
});

test('a class that is misspelt, that never occurs, or that all rows are of', async () => {
  const project = await coloured();
  const find = (data: typeof colours, name: string) =>
    codeOf(project.pathways.unitMasks(data, { ...short, tasks: ['colour'], class: name }));
  const misspelt = await find(colours, 'gren');
  expect([misspelt.code, misspelt.path, misspelt.suggestion]).toEqual([
    'UNKNOWN_CLASS',
    'pathways.unitMasks.class',
    'green',
  ]);
  const red = colours.filter(({ colour }) => colour === 'red');
  expect(await find(red, 'blue')).toMatchObject({ code: 'NO_COUNTED_LABELS', path: 'colour' });
  expect(await find(red, 'red')).toMatchObject({
    code: 'NO_COUNTED_LABELS',
    received: `${red.length} of it, 0 of others`,
  });
  const unlabelled = colours.map((row) => ({ ...row, colour: null })) as unknown as typeof colours;
  expect((await find(unlabelled, 'red')).code).toBe('NO_COUNTED_LABELS');
  project.dispose();
});

test('it reads the project: beside a fit, not after dispose', async () => {
  const project = await fitted();
  const [found] = await Promise.all([
    project.pathways.unitMasks(rows, { ...short, tasks: ['size'] }),
    project.fit(rows, { ...quiet, epochs: 2 }),
  ]);
  const again = await fitted();
  expect(bits(await again.pathways.unitMasks(rows, { ...short, tasks: ['size'] }))).toEqual(bits(found));
  project.dispose();
  expect((await codeOf(project.pathways.unitMasks(rows, { ...short, tasks: ['size'] }))).code).toBe('DISPOSED');
});
