/** @file Whatever cuts the rows into chunks, a verb does with a source what it does with the table. */
import { expect, test } from 'vitest';
import {
  adamW,
  type Chunk,
  concatSources,
  cosine,
  type DataLike,
  type History,
  iterableSource,
  type Note,
  recordsSource,
  type Source,
  type StreamLike,
  Table,
  type TableLike,
  tableSource,
} from '../../../src/index.js';
import { asDeclared } from '../../support/as-declared.js';
import { declared, fitting, opening, records, weightsOf } from './subject.js';

const rows = records(43);
const table = Table.fromRecords(rows);
const validation = Table.fromRecords(records(61).slice(43));
const optimizer = adamW({ learningRate: cosine({ peak: 0.01 }) });

const withoutSeconds = ({ epochs, partial, ended, steps, notes, startedAnew }: History) => ({
  epochs: epochs.map(({ seconds: _, dataWait: __, ...record }) => record),
  ...{ partial, ended, steps, startedAnew },
  notes: notes.map(({ code, path, text }): Note => ({ code, path, text })),
});

async function fitted(data: DataLike, valid: DataLike, options = {}) {
  const project = declared();
  try {
    const history = await project.fit(data, { ...fitting, epochs: 3, validation: valid, optimizer, ...options });
    return { history: withoutSeconds(history), weights: weightsOf(project) };
  } finally {
    project.dispose();
  }
}

const chunked = [1, 7, 43].map((chunkRows) => [chunkRows, { chunkRows }] as const);

test.each(chunked)('fit: the same weights to the byte and the same history, in chunks of %i', async (_, options) => {
  const expected = await fitted(table, validation);
  expect(expected.history.epochs).toHaveLength(3);
  expect(await fitted(tableSource(table, options), tableSource(validation, options))).toEqual(expected);
  expect(await fitted(recordsSource(rows, options), recordsSource(records(61).slice(43), options))).toEqual(expected);
});

test('fit: a flowing source whose rows fit into its window is shuffled as a table is; its length is not known', async () => {
  const steps = { optimizer: adamW({ learningRate: 0.01 }) };
  const source = iterableSource(opening(rows), { chunkRows: 7 });
  expect(await fitted(source, opening(validation.toRecords()), steps)).toEqual(await fitted(table, validation, steps));
});

test.each(chunked)('evaluate, tune, interpret, explain: the same in chunks of %i', async (_, options) => {
  const project = declared();
  const { engine } = fitting;
  await project.fit(table, { ...fitting, ...asDeclared, epochs: 1 });
  const { thresholds } = project;
  const many = records(600); // more than one call of the engine
  const whole = Table.fromRecords(many);
  const plain = (result: { readonly notes: readonly Note[] }) => [JSON.parse(JSON.stringify(result)), String(result)];
  const measured = [
    plain(await project.evaluate(whole, { engine })),
    plain(await project.interpret(whole, { engine })),
  ];
  const explained = await project.explain(whole, { engine });
  await project.tune(whole, { engine });
  const tuned = new Map(project.thresholds);
  expect(tuned).not.toEqual(new Map(thresholds));
  for (const data of [
    tableSource(whole, options),
    recordsSource(many, options),
    iterableSource(opening(many), options),
  ]) {
    const fresh = declared();
    await fresh.fit(table, { ...fitting, ...asDeclared, epochs: 1 });
    expect([plain(await fresh.evaluate(data, { engine })), plain(await fresh.interpret(data, { engine }))]).toEqual(
      measured,
    );
    expect(await fresh.explain(data, { engine })).toBe(explained);
    await fresh.tune(data, { engine });
    expect(new Map(fresh.thresholds)).toEqual(tuned);
    fresh.dispose();
  }
  project.dispose();
});

test('predict: a source gives its rows one after another, a table all at once, the same ones', async () => {
  const project = declared();
  const many = records(600);
  await project.fit(table, { ...fitting, ...asDeclared, epochs: 1 });
  const all = await project.predict(many as TableLike, { engine: 'cpu' });
  const given: StreamLike[] = [recordsSource(many, { chunkRows: 100 }), opening(many), opening(many)()];
  for (const data of given) {
    const taken: unknown[] = [];
    const stream = project.predict(data, { engine: 'cpu' });
    for await (const row of stream) taken.push(row);
    expect(taken).toEqual([...all]);
    expect(stream.notes).toEqual(all.notes);
  }
  project.dispose();
});

test('a part that lacks a column has missing labels there, in every verb', async () => {
  const unlabelled = records(30).map(({ age: _, shirt: __, ...row }) => row);
  const parts = (options = {}): Source =>
    concatSources([recordsSource(rows, options), recordsSource(unlabelled, options), tableSource(validation)], options);
  const whole = Table.fromRecords([...rows, ...unlabelled, ...validation.toRecords()]);
  expect(parts().columns?.map(({ name }) => name)).toEqual(whole.columnNames);
  const expected = await fitted(whole, whole);
  for (const chunkRows of [1, 7, 200])
    expect(await fitted(parts({ chunkRows }), parts({ chunkRows }))).toEqual(expected);
  const flowing = concatSources([iterableSource(opening(rows)), recordsSource(unlabelled), tableSource(validation)]);
  const constant = { optimizer: adamW() };
  expect(await fitted(flowing, flowing, constant)).toEqual(await fitted(whole, whole, constant));
});

test('a source from outside is one by what it does', async () => {
  const outside: Source = {
    rows: null,
    columns: null,
    rowsAt: null,
    async *read(_, from) {
      const start = Number(from ?? 0);
      for (let at = start; at < 43; at += 10) {
        const ids = Uint32Array.from({ length: Math.min(10, 43 - at) }, (_unused, i) => at + i);
        yield { table: table.select(ids), ids, mark: at + ids.length } satisfies Chunk;
      }
    },
  };
  const project = declared();
  expect(String(await project.evaluate(outside, { engine: 'cpu' }))).toBe(
    String(await project.evaluate(table, { engine: 'cpu' })),
  );
  project.dispose();
});
