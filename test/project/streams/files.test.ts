/** @file A project trains on files as on a table of their rows. */
import { expect, test } from 'vitest';
import {
  binary,
  concatSources,
  csvSource,
  type DataLike,
  image,
  Project,
  parquetSource,
  regression,
  Table,
  vector,
} from '../../../src/index.js';
import { recordsOf, temporaryFiles } from '../../support/duckdb-files.js';

const files = temporaryFiles();
const query = (from: number, to: number) => `SELECT sin(i) AS a, cos(3 * i) AS b,
  CASE WHEN i % 4 > 0 THEN sin(i) > 0 END AS open, CASE WHEN i % 3 > 0 THEN 2 * cos(3 * i) + sin(i) END AS size
  FROM range(${from}, ${to}) r(i)`;

function declared(notes: string[] = []) {
  return new Project({
    name: 'files',
    seed: 3,
    inputs: { x: vector({ columns: ['a', 'b'] }) },
    tasks: { open: binary(), size: regression() },
    onNote: ({ code, path }) => notes.push(`${code} ${path}`),
  }).flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.size(x.features).given(open)];
  });
}

async function trained(data: DataLike, engine: 'cpu' | 'onnx' | 'wasm', notes: string[] = []) {
  const project = declared(notes);
  const history = await project.fit(data, { engine, epochs: 2, batchSize: 64, seed: 5, progress: false, threads: 1 });
  return { losses: history.epochs.map(({ loss }) => loss), notes };
}

test.each(['cpu', 'onnx', 'wasm'] as const)(
  '%s: Parquet and CSV give what a table of their rows gives, to the byte',
  async (engine) => {
    const source = await parquetSource(await files.parquet(`${engine}.parquet`, query(0, 700), 2048));
    const table = Table.fromRecords(await recordsOf(source));
    const expected = await trained(table, engine);
    expect(expected.losses[1]).toBeLessThan(expected.losses[0] as number); // it learns
    expect((await trained(source, engine)).losses).toEqual(expected.losses);
    source.close();
    const csv = await csvSource(files.write(`${engine}.csv`, table.toCsv()), { chunkRows: 100 });
    expect((await trained(csv, engine)).losses).toEqual(expected.losses);
    csv.close();
  },
);

test('what a source has to say is heard with the notes of a verb, once its rows were read', async () => {
  await files.parquet('one-1.parquet', query(0, 300));
  await files.parquet('one-2.parquet', `SELECT * EXCLUDE (size) FROM (${query(300, 600)})`);
  const source = await parquetSource(files.at('one-*.parquet'), { poolRows: 128, blockRows: 32 });
  const { notes } = await trained(source, 'cpu');
  expect(notes).toContain('FILES_DIFFER columns.size');
  const project = declared(notes);
  const evaluation = await project.evaluate(source, { engine: 'cpu' });
  expect(evaluation.notes.map(({ code }) => code)).toContain('FILES_DIFFER');
  let rows = 0;
  for await (const _ of project.predict(source, { engine: 'cpu' })) rows++;
  expect(rows).toBe(600);
  source.close();
  await expect(project.evaluate(source, { engine: 'cpu' })).rejects.toMatchObject({ code: 'DISPOSED' });
});

test('sources of files one after another are one, with the notes of all', async () => {
  const first = await parquetSource(await files.parquet('first.parquet', 'SELECT i AS a FROM range(5) r(i)'));
  await files.parquet('second-1.parquet', "SELECT i AS a, 'x' AS b FROM range(5, 7) r(i)");
  await files.parquet('second-2.parquet', 'SELECT i AS a FROM range(7, 9) r(i)');
  const second = await parquetSource(files.at('second-*.parquet'));
  const both = concatSources([first, second]);
  expect((await recordsOf(both)).map(({ a, b }) => [a, b])).toEqual(
    Array.from({ length: 9 }, (_, a) => [a, a === 5 || a === 6 ? 'x' : null]),
  );
  expect(both.notes).toMatchObject([{ code: 'FILES_DIFFER', path: 'columns.b' }]);
  for (const source of [first, second]) source.close();
});

test('a fit goes on in the midst of an epoch as if it had never stopped', async () => {
  const source = await parquetSource(await files.parquet('on.parquet', query(0, 900)), {
    poolRows: 128,
    blockRows: 32,
  });
  const options = { engine: 'cpu', batchSize: 50, seed: 1, progress: false } as const;
  const whole = declared();
  const all = await whole.fit(source, { ...options, epochs: 2 });
  const halves = declared();
  const stop = new AbortController();
  let steps = 0;
  const watcher = {
    name: 'stops',
    on: (event: { readonly kind: string }) => {
      if (event.kind === 'step' && ++steps === 23) stop.abort();
    },
  };
  const stopped = await halves.fit(source, { ...options, epochs: 2, signal: stop.signal, watchers: [watcher] });
  expect(stopped.partial?.steps).toBe(5); // 18 batches an epoch
  const rest = await halves.fit(source, { ...options, epochs: 1, continue: true });
  const seen = ({ epochs }: typeof all) => epochs.map(({ seconds: _, dataWait: __, ...record }) => record);
  expect(seen(rest)).toEqual(seen(all));
  source.close();
});

const unread = (rows: number) => `SELECT *, i + 9007199254740992 AS exact, 'row ' || i AS name FROM (
  SELECT i, ${query(0, rows).slice('SELECT'.length)})`;

test('only the columns that inputs and tasks are read from are read of files: what others hold does not matter', async () => {
  const pools = { poolRows: 128, blockRows: 32 };
  const file = await files.parquet('unread.parquet', unread(900));
  const source = await parquetSource(file, pools);
  await expect(recordsOf(source)).rejects.toMatchObject({ code: 'INEXACT_NUMBER' }); // whoever reads `exact`
  const needed = await parquetSource(file, { ...pools, columns: ['a', 'b', 'open', 'size'] });
  const expected = await trained(needed, 'cpu');
  const { losses, notes } = await trained(source, 'cpu');
  expect(losses).toEqual(expected.losses);
  expect(notes).toEqual(expected.notes);
  const project = declared();
  const evaluation = await project.evaluate(source, { engine: 'cpu' });
  expect(evaluation.value('open', 'accuracy')).toBe(
    (await project.evaluate(needed, { engine: 'cpu' })).value('open', 'accuracy'),
  );
  let rows = 0;
  for await (const _ of project.predict(source, { engine: 'cpu' })) rows++;
  expect(rows).toBe(900);
  for (const own of [source, needed]) own.close();
});

test('where a label has no column, all of them are read, and the nearest is named', async () => {
  const pools = { poolRows: 128, blockRows: 32 };
  const renamed = `SELECT * EXCLUDE (size), size AS sizes FROM (${query(0, 400)})`;
  const source = await parquetSource(await files.parquet('renamed.parquet', renamed), pools);
  const texts: string[] = [];
  const project = new Project({
    name: 'files',
    inputs: { x: vector({ columns: ['a', 'b'] }) },
    tasks: { open: binary(), size: regression() },
    onNote: ({ text }) => texts.push(text),
  }).flow('full', (task, x) => [task.open(x.features), task.size(x.features)]);
  await project.fit(source, { engine: 'cpu', epochs: 1, progress: false });
  expect(texts).toContain('The task "size" has no labels: there is no column "size"; did you mean "sizes"?');
  source.close();
});

test('frames that a file keeps as bytes are read as they are', async () => {
  const frames = `SELECT from_hex(md5(i::VARCHAR)) AS frame, ascii(md5(i::VARCHAR)) > 55 AS open FROM range(300) r(i)`;
  const source = await parquetSource(await files.parquet('frames.parquet', frames), { poolRows: 128, blockRows: 32 });
  const rows = await recordsOf(source);
  const data = Uint8Array.from(rows.flatMap(({ frame }) => (frame instanceof Uint8Array ? [...frame] : [])));
  const table = Table.fromColumns({ frame: { data, shape: [4, 4, 1] }, open: rows.map(({ open }) => open) });
  const evaluated = async (given: DataLike) => {
    const project = new Project({
      name: 'frames',
      seed: 3,
      inputs: { frame: image({ height: 4, width: 4, channels: 1 }) },
      tasks: { open: binary() },
      onNote: () => {},
    }).flow('full', (task, x) => [task.open(x.features)]);
    const evaluation = await project.evaluate(given, { engine: 'cpu' });
    return evaluation.toCsv();
  };
  expect(data).toHaveLength(300 * 16);
  expect(await evaluated(source)).toBe(await evaluated(table));
  source.close();
});
