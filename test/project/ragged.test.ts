/** @file Ragged rows through every verb: the documents of dnn_cool's second dataset, streams, files, engines. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  adam,
  along,
  binary,
  classification,
  iterableSource,
  jsonLinesSource,
  maskOf,
  multilabel,
  Project,
  readCsv,
  regression,
  Table,
  tableSource,
  tensor,
  tf,
} from '../../src/index.js';
import { documentProject, documents } from '../support/documents.js';

const train = documents(100, 1);
const heldOut = documents(40, 2);
const learning = { epochs: 12, batchSize: 20, optimizer: adam({ learningRate: 0.01 }), progress: false } as const;

test.each(['onnx', 'cpu', 'wasm'] as const)(
  'on %s, the token flow of documents is above 0.99 on held-out documents, and evaluation counts their tokens',
  async (engine) => {
    const project = documentProject();
    await project.fit(train, { ...learning, engine, ...(engine === 'onnx' ? {} : { epochs: 4 }) });
    const { rows } = await project.evaluate(heldOut, { engine });
    const tokens = heldOut.flatMap(({ document }) => document.flat());
    const of = (task: string, view: string) =>
      rows.find((row) => row.task_path === task && row.metric_name === 'accuracy' && row.view === view);
    expect(of('isZero', 'given_truth')?.num_samples).toBe(tokens.length);
    expect(of('isTwo', 'given_truth')?.num_samples).toBe(tokens.filter((token) => token !== 0).length);
    for (const view of ['given_truth', 'end_to_end']) {
      expect(of('isZero', view)?.metric_res).toBeGreaterThan(0.99);
      expect(of('isTwo', view)?.metric_res).toBeGreaterThan(0.99);
    }
    const predictions = await project.predict(heldOut, { engine });
    const lengths = (lists: readonly { readonly length: number }[]) => lists.map(({ length }) => length);
    for (const [i, { document }] of heldOut.entries()) {
      expect(lengths(predictions[i]?.isZero ?? [])).toEqual(lengths(document));
      expect(lengths(predictions[i]?.isTwo ?? [])).toEqual(lengths(document));
    }
  },
  60_000,
);

test('a saved model tells the same of ragged rows, and says what a reader must know', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-ragged-'));
  try {
    const project = documentProject();
    await project.fit(train, { ...learning, epochs: 3, engine: 'onnx', validation: heldOut });
    await project.tune(heldOut, { engine: 'onnx' });
    const model = path.join(folder, 'model');
    await project.save(model);
    const loaded = await documentProject().load(model);
    const options = { engine: 'onnx', probabilities: true } as const;
    expect(await loaded.predict(heldOut, options)).toEqual(await project.predict(heldOut, options));
    expect((await loaded.evaluate(heldOut, { engine: 'onnx' })).rows).toEqual(
      (await project.evaluate(heldOut, { engine: 'onnx' })).rows,
    );
    const manifest = JSON.parse(readFileSync(path.join(model, 'headgate.json'), 'utf8'));
    expect(manifest.requires).toEqual(['flow', 'parameters', 'thresholds', 'statistics', 'ragged', 'axes']);
    const flow = JSON.parse(readFileSync(path.join(model, 'flow.json'), 'utf8'));
    expect(flow.inputs.document).toMatchObject({ shape: [10, 19], axes: ['sentence', 'token'], ragged: [true, true] });
    expect(flow.inputs.present).toMatchObject({ kind: 'mask', shape: [10, 19], of: 'document' });
    // another padding, and another shape, are other models
    await expect(documentProject({ padding: 1 }).load(model)).rejects.toMatchObject({
      code: 'FLOW_MISMATCH',
      path: 'inputs.document.padding',
    });
    await expect(documentProject({ shape: [10, 20] }).load(model)).rejects.toMatchObject({ code: 'FLOW_MISMATCH' });
    // as this version reads what a later one requires
    writeFileSync(path.join(model, 'headgate.json'), JSON.stringify({ ...manifest, requires: ['flow', 'tomorrow'] }));
    await expect(documentProject().load(model)).rejects.toMatchObject({ code: 'NEWER_FORMAT', received: 'tomorrow' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a model without ragged rows or several axes requires what it always did', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-ragged-'));
  try {
    const project = new Project({
      name: 'one',
      inputs: { x: tensor({ shape: [2, 2], axes: ['token', null] }) },
      tasks: { word: along(['token'], regression()) },
      backbone: ({ x }) => ({ features: x }),
      onNote: () => {},
    }).flow('full', (task, x) => [task.word(x.features)]);
    await project.save(path.join(folder, 'model'));
    const read = (name: string) => JSON.parse(readFileSync(path.join(folder, 'model', name), 'utf8'));
    expect(read('headgate.json').requires).toEqual(['flow', 'parameters', 'thresholds', 'statistics']);
    expect(read('flow.json').root.members[0].axis).toBe('token');
    expect(Object.keys(read('flow.json').inputs.x)).not.toContain('ragged');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Every other kind at each token, of a ragged list of vectors. */
function kindsProject() {
  return new Project({
    name: 'kinds',
    inputs: { words: tensor({ shape: [5, 2], axes: ['word', null], ragged: ['word'] }) },
    tasks: {
      sort: along('word', classification({ classes: ['noun', 'verb', 'other'] })),
      traits: along('word', multilabel({ classes: ['long', 'rare'] })),
      weight: along('word', regression()),
    },
    backbone: ({ words }) => ({ words: tf.layers.dense({ units: 8, activation: 'tanh' }).apply(words) }),
    seed: 2,
    onNote: () => {},
  }).flow('full', (task, x) => {
    const sort = task.sort(x.words);
    return [sort, task.traits(x.words).given(sort.is('noun')), task.weight(x.words).given(sort.in(['noun', 'verb']))];
  });
}

const sorts = ['noun', 'verb', 'other'] as const;
const rows = Array.from({ length: 60 }, (_, i) => {
  const length = i % 6;
  const words = Array.from({ length }, (_, w) => [Math.sin(i * 5 + w), Math.cos(i + w * 3)] as const);
  return {
    words,
    sort: words.map(([a], w) => ((i + w) % 9 === 0 ? null : (sorts[a > 0.3 ? 0 : a > -0.3 ? 1 : 2] ?? 'noun'))),
    traits: i % 7 === 0 ? null : words.map(([a, b]) => [...(a > 0 ? ['long'] : []), ...(b > 0 ? ['rare'] : [])]),
    weight: words.map(([a, b]) => a + 2 * b),
    counts: 1 + (i % 3),
  };
});

test.each(['cpu', 'onnx', 'wasm'] as const)(
  'on %s, a stream of ragged rows trains to what a table of them does, weights of rows and validation included',
  async (engine) => {
    const trained = async (data: unknown) => {
      const project = kindsProject();
      const history = await project.fit(data as typeof rows, {
        engine,
        epochs: 3,
        batchSize: 16,
        sampleWeight: 'counts',
        validation: rows.slice(0, 20),
        progress: false,
      });
      const evaluation = await project.evaluate(data as typeof rows, { engine });
      return { losses: history.epochs.map(({ loss }) => loss), rows: evaluation.rows, project };
    };
    const table = await trained(rows);
    const stream = await trained(tableSource(Table.fromRecords(rows), { chunkRows: 7 }));
    const wide = await trained(
      rows.map(({ words, ...row }) => ({ words: words.map((word) => Float32Array.from(word)), ...row })),
    );
    expect(wide.losses).toEqual(table.losses);
    expect(stream.losses).toEqual(table.losses);
    expect(stream.rows).toEqual(table.rows);
    const labelled = rows.reduce((sum, { sort }) => sum + sort.filter((label) => label !== null).length, 0);
    expect(table.rows.find(({ task_path }) => task_path === 'sort')?.num_samples).toBe(labelled);
    const told = [];
    for await (const row of table.project.predict(
      iterableSource(() => rows.values()),
      { engine },
    ))
      told.push(row);
    expect(told).toEqual([...(await table.project.predict(rows, { engine }))]);
    expect(told.map(({ sort }) => sort.length)).toEqual(rows.map(({ words }) => words.length));
  },
);

test('labels in lists of the whole shape, and tensors of rows that are all as long, say the same', async () => {
  const losses = async (data: Table | Record<string, unknown>[]) =>
    (await kindsProject().fit(data as never, { engine: 'onnx', epochs: 2, progress: false })).epochs.map(
      ({ loss }) => loss,
    );
  const padded = rows.map(({ words, ...row }) => {
    const fill = (list: readonly unknown[] | null, with_: unknown) =>
      list === null ? null : [...list, ...Array(5 - words.length).fill(with_)];
    return {
      words,
      sort: fill(row.sort, 'a class that is none'),
      traits: fill(row.traits, null),
      weight: fill(row.weight, -1),
    };
  });
  expect(await losses(padded)).toEqual(await losses(rows));
  const three = rows.filter(({ words }) => words.length === 3);
  const columns = Table.fromColumns({
    words: { data: Float32Array.from(three.flatMap(({ words }) => words.flat())), shape: [3, 2] },
    sort: three.map(({ sort }) => sort),
    traits: three.map(({ traits }) => traits),
    weight: { data: Float32Array.from(three.flatMap(({ weight }) => weight)), shape: [3] },
  });
  const asFloats = three.map((row) => ({ ...row, weight: row.weight.map(Math.fround) }));
  expect(await losses(columns)).toEqual(await losses(asFloats));
});

test('a branch runs on the rows that some position of theirs needs, and says there what it says alone', async () => {
  const project = new Project({
    name: 'branch',
    inputs: { words: tensor({ shape: [5, 2], axes: ['word', null], ragged: ['word'] }), there: maskOf('words') },
    tasks: { isName: along('word', binary()), sort: along('word', classification({ classes: ['a', 'b'] })) },
    backbone: ({ words, there }) => {
      const hidden = tf.layers.dense({ units: 4, activation: 'tanh' }).apply(words) as tf.SymbolicTensor;
      const column = tf.layers.reshape({ targetShape: [5, 1] }).apply(there) as tf.SymbolicTensor;
      const both = tf.layers.concatenate().apply([hidden, column]);
      return { names: hidden, sorts: tf.layers.dense({ units: 3, activation: 'tanh' }).apply(both) };
    },
    onNote: () => {},
  }).flow('full', (task, x) => {
    const isName = task.isName(x.names);
    return [isName, task.sort(x.sorts).given(isName)];
  });
  // padded words would be names, were they there
  project.model.layers
    .find(({ name }) => name === 'head_names')
    ?.setWeights([tf.tensor2d([3, -2, 2, 1], [4, 1]), tf.tensor1d([0.05])]);
  const many = Array.from({ length: 200 }, (_, i) => ({
    words: rows[i % 60]?.words.map(([a, b]) => [a * 2, b - i / 100]) ?? [],
  }));
  const options = { engine: 'cpu', probabilities: true } as const;
  const gated = await project.predict(many, options);
  const alone = [];
  for (const row of many) alone.push(...(await project.predict([row], options)));
  expect(gated.map((row) => ({ ...row }))).toEqual(alone);
  expect(gated.map(({ sort }) => sort.length)).toEqual(many.map(({ words }) => words.length));
  expect(new Set(gated.map(({ isName }) => isName.some((one) => one?.value)))).toEqual(new Set([true, false]));
});

test('a smaller model of one task reads ragged rows and their mask as the whole did', async () => {
  const project = documentProject();
  await project.fit(train.slice(0, 30), { ...learning, epochs: 1, engine: 'cpu' });
  const { project: zero } = await project.extract(['isZero'], { onNote: () => {} });
  const some = heldOut.slice(0, 8);
  const expected = (await project.predict(some, { engine: 'cpu' })).map(({ isZero }) => ({ isZero }));
  expect([...(await zero.predict(some, { engine: 'cpu' }))]).toEqual(expected);
});

test('describeData counts the positions that rows have, and refuses what fit would', async () => {
  const some = [
    { document: [[0, 1], [2]], isZero: [[true, false], [false]], isTwo: [[false, null], [true]] },
    { document: [], isZero: [], isTwo: null },
    { document: [[0], Array(20).fill(1)], isZero: [[true], null], isTwo: null },
    { document: null, isZero: [[true]], isTwo: null },
    { document: [[2]], isZero: [[false, true]], isTwo: [[true]] },
  ];
  const report = await documentProject().describeData(some as never);
  const [isZero, isTwo] = report.tasks;
  expect(isZero).toMatchObject({ labelled: 3, trainable: 3, applies: { yes: 4, no: 0, unknown: 0 } });
  expect(isZero?.refused).toMatchObject([{ code: 'WRONG_SHAPE', count: 1, row: 4 }]);
  // given not zero: of four positions one is, two are not, and one has no label
  expect(isTwo).toMatchObject({ labelled: 3, trainable: 1, applies: { yes: 2, no: 1, unknown: 1 } });
  const column = report.columns.find(({ column }) => column === 'document');
  expect(column).toMatchObject({ kind: 'tensor', missing: 1, firstMissing: 3 });
  expect(column?.refused).toMatchObject([{ code: 'WRONG_SHAPE', count: 1, row: 2 }]);
  expect(report.columns.map(({ input }) => input)).toEqual(['document']); // the mask has no cells
});

test.each(['onnx', 'cpu', 'wasm'] as const)(
  'on %s, the padding changes no byte of a fit, and of no prediction',
  async (engine) => {
    const told = async (padding: number) => {
      const project = documentProject({ padding });
      const { epochs } = await project.fit(train.slice(0, 40), {
        ...learning,
        epochs: 2,
        engine,
        validation: heldOut.slice(0, 9),
      });
      const predictions = await project.predict(heldOut, { engine, probabilities: true });
      const weights = project.model.layers.flatMap((layer) =>
        layer.getWeights().map((weight) => [...weight.dataSync()]),
      );
      return {
        epochs: epochs.map(({ loss, tasks, validation }) => ({ loss, tasks, validation })),
        predictions: [...predictions],
        weights,
      };
    };
    const expected = await told(0);
    expect(await told(1)).toEqual(expected);
    expect(await told(2)).toEqual(expected);
  },
);

test('CSV and JSON lines bring nested lists of any length, empty ones too', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-ragged-'));
  try {
    const some = [
      ...heldOut.slice(0, 5),
      { document: [[], [2, 0]], isZero: [[], [false, true]], isTwo: [[], [true, null]] },
    ];
    const project = documentProject();
    const { rows: expected } = await project.evaluate(some as never, { engine: 'cpu' });
    const lines = path.join(folder, 'rows.jsonl');
    writeFileSync(lines, some.map((row) => JSON.stringify(row)).join('\n'));
    const source = await jsonLinesSource(lines);
    expect((await project.evaluate(source, { engine: 'cpu' })).rows).toEqual(expected);
    source.close();
    const csv = path.join(folder, 'rows.csv');
    writeFileSync(csv, Table.fromRecords(some).toCsv());
    const { table } = await readCsv(csv);
    expect((await project.evaluate(table, { engine: 'cpu' })).rows).toEqual(expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('describeData refuses rows in which two ragged inputs do not reach equally far', async () => {
  const project = new Project({
    name: 'two',
    inputs: {
      a: tensor({ shape: [3], axes: ['word'], ragged: true }),
      b: tensor({ shape: [3], axes: ['word'], ragged: true }),
    },
    tasks: { isName: along('word', binary()) },
    backbone: ({ a }) => ({ words: tf.layers.reshape({ targetShape: [3, 1] }).apply(a) as tf.SymbolicTensor }),
    onNote: () => {},
  }).flow('full', (task, x) => [task.isName(x.words)]);
  const some = [
    { a: [1, 2], b: [3, 4], isName: [true, false] },
    { a: [1], b: [3, 4], isName: [true] },
    { a: [1, 2, 3], b: [3, 4, 5], isName: [true, null, true] },
  ];
  await expect(project.fit(some, { engine: 'cpu', epochs: 1, progress: false })).rejects.toMatchObject({
    code: 'WRONG_SHAPE',
    path: 'rows[1].b',
  });
  const report = await project.describeData(some);
  expect(report.refusedRows).toEqual({ rows: 1, first: 1 });
  expect(report.tasks[0]).toMatchObject({ labelled: 4, applies: { yes: 5, no: 0, unknown: 0 }, refused: [] });
});
