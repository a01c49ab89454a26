/** @file Files that turn out bad while a project reads them: an error that names the row or the file, and weights as they were. */
import { mkdirSync, renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  binary,
  boundedRegression,
  classification,
  csvSource,
  Project,
  parquetSource,
  sqlSource,
  vector,
} from '../../../src/index.js';
import { temporaryFiles } from '../../support/duckdb-files.js';

const files = temporaryFiles();
const pools = { poolRows: 128, blockRows: 32 };
const options = { engine: 'cpu', epochs: 2, batchSize: 50, seed: 1, progress: false } as const;

const query = (
  rows: number,
  shirt = "['red', 'blue'][i % 2 + 1]",
  place = '(i % 64)',
) => `SELECT sin(i) AS a, i % 3 = 0 AS open,
  ${shirt} AS shirt, ${place} AS place FROM range(${rows}) r(i)`;

const declared = () =>
  new Project({
    name: 'bad-files',
    seed: 3,
    inputs: { x: vector({ columns: ['a'] }) },
    tasks: {
      open: binary(),
      shirt: classification({ classes: ['red', 'blue'] }),
      place: boundedRegression({ min: 0, max: 64 }),
    },
    onNote: () => {},
  }).flow('full', (task, x) => [task.open(x.features), task.shirt(x.features), task.place(x.features)]);

test('a class that only the validation file has is named with its row, and so is a label outside of its bounds', async () => {
  const train = await parquetSource(await files.parquet('train.parquet', query(300)), pools);
  const green = await files.parquet('green.parquet', query(300, "CASE WHEN i = 211 THEN 'green' ELSE 'red' END"));
  const validation = await parquetSource(green, pools);
  const project = declared();
  await expect(project.fit(train, { ...options, validation })).rejects.toMatchObject({
    code: 'UNKNOWN_CLASS',
    path: 'rows[211].shirt',
  });
  const far = await parquetSource(await files.parquet('far.parquet', query(300, "'red'", 'if(i = 140, 65, 1)')), pools);
  await expect(project.fit(far, options)).rejects.toMatchObject({
    code: 'LABEL_OUT_OF_RANGE',
    path: 'rows[140].place',
  });
  const csv = await csvSource(files.write('far.csv', 'a,open,shirt,place\n1,1,red,3\n2,0,blue,-1\n'));
  await expect(project.fit(csv, options)).rejects.toMatchObject({ code: 'LABEL_OUT_OF_RANGE', path: 'rows[1].place' });
  for (const source of [train, validation, far, csv]) source.close();
});

test('a directory that disappears in the midst of an epoch ends the fit with the name of a file', async () => {
  mkdirSync(files.at('parts'));
  for (const part of ['1', '2', '3']) await files.parquet(`parts/${part}.parquet`, query(300));
  const source = await parquetSource(files.at('parts/*.parquet'), pools);
  const project = declared();
  let steps = 0;
  const watcher = {
    name: 'moves',
    on: (event: { readonly kind: string }) => {
      if (event.kind === 'step' && ++steps === 2) renameSync(files.at('parts'), files.at('elsewhere'));
    },
  };
  const error: unknown = await project
    .fit(source, { ...options, watchers: [watcher] })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'SOURCE_FAILED', path: expect.stringMatching(/parts\/[123]\.parquet$/) });
  expect(steps).toBeGreaterThanOrEqual(2);
  renameSync(files.at('elsewhere'), files.at('parts'));
  expect((await project.fit(source, options)).epochs).toHaveLength(2); // once it is back, as if nothing had been
  source.close();
});

test('a database whose extension is not here is named, and how to come by it', async () => {
  for (const [scheme, extension] of [
    ['sqlite:shop.db', 'sqlite'],
    ['postgres:host=localhost dbname=shop', 'postgres'],
  ] as const) {
    const error: unknown = await sqlSource('SELECT * FROM shop.t', { attach: { shop: scheme } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ path: 'sqlSource.attach.shop' });
    const { code, problem, mend } = Object(error);
    if (code !== 'MISSING_EXTENSION')
      expect(code).toBe('UNREADABLE_FILE'); // where it is installed, there is no such database
    else {
      expect(problem).toContain(extension);
      expect(mend).toContain(`INSTALL ${extension}`);
    }
  }
});
