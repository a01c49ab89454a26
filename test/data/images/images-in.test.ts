/** @file Columns of paths and of bytes as pixels: the same rows, and no path that leads elsewhere. */
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { HeadgateError, type ImageSource, imagesIn, iterableSource, recordsSource, Table } from '../../../src/index.js';
import { emptyFolder, png, svg, write } from './files.js';

const size = { height: 1, width: 2, channels: 1 } as const;
const all = (source: ImageSource) => Uint32Array.from({ length: source.rows }, (_, row) => row);
const recordsOf = async (source: ImageSource) => (await source.rowsAt(all(source))).toRecords();
const pair = (a: number, b: number) => png([a, b], 2, 1);

async function errorOf(work: () => unknown): Promise<HeadgateError> {
  const error = await (async () => work())().then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof HeadgateError) return error;
  throw error;
}

async function photos(): Promise<string> {
  const root = emptyFolder();
  write(root, { 'a.png': await pair(1, 2), 'deep/b.png': await pair(3, 4) });
  return root;
}

const rows = [
  { photo: 'deep/b.png', open: true },
  { photo: 'a.png', open: null },
  { photo: 'a.png', open: false },
];

test.each([
  ['records', rows],
  ['a table', Table.fromRecords(rows)],
  ['a source', recordsSource(rows)],
])('%s: the same rows with pixels', async (_, data) => {
  const source = await imagesIn(data, { column: 'photo', root: await photos(), ...size });
  expect(source.rows).toBe(3);
  expect(source.columns?.map(({ name }) => name)).toEqual(['photo', 'open', 'image']);
  const pixels = [Uint8Array.of(3, 4), Uint8Array.of(1, 2), Uint8Array.of(1, 2)];
  expect(await recordsOf(source)).toEqual(rows.map((row, i) => ({ ...row, image: pixels[i] })));
});

test('a column may be replaced, and bytes are images as files are', async () => {
  const source = await imagesIn([{ photo: await pair(5, 6) }, { photo: await pair(200, 7) }], {
    ...{ column: 'photo', as: 'photo' },
    ...size,
  });
  expect(source.columns?.map(({ name, type }) => [name, type])).toEqual([['photo', 'tensor']]);
  expect(await recordsOf(source)).toEqual([{ photo: Uint8Array.of(5, 6) }, { photo: Uint8Array.of(200, 7) }]);
});

test('rows of a table that was split are named by their numbers in the source', async () => {
  const root = await photos();
  const table = Table.fromRecords([...rows, { photo: 'none.png', open: null }]).select([3, 1]);
  const source = await imagesIn(table, { column: 'photo', root, ...size });
  const error = await errorOf(() => recordsOf(source));
  expect([error.code, error.path]).toEqual(['UNREADABLE_FILE', 'rows[0].photo']);
  expect(error.received).toMatch(/^none\.png: ENOENT/);
});

test.each<[string, (root: string, outside: string) => string]>([
  ['an absolute path', (_, outside) => path.join(outside, 'secret.png')],
  ['an absolute path into the root itself', (root) => path.join(root, 'a.png')],
  ['two dots', (root, outside) => `../${path.basename(outside)}/secret.png`.replace('//', root)],
  ['two dots within', () => 'deep/../a.png'],
  ['two dots of Windows', () => 'deep\\..\\..\\secret.png'],
  ['a drive of Windows', () => 'C:\\secret.png'],
  ['a drive of Windows, from where one stands', () => 'C:secret.png'],
  ['a share of Windows', () => '\\\\server\\secret.png'],
  ['a link to a file', () => 'linked.png'],
  ['a link to a folder', () => 'elsewhere/secret.png'],
])('%s is refused', async (_, photo) => {
  const [root, outside] = [await photos(), emptyFolder()];
  write(outside, { 'secret.png': await pair(9, 9) });
  symlinkSync(path.join(outside, 'secret.png'), path.join(root, 'linked.png'));
  symlinkSync(outside, path.join(root, 'elsewhere'));
  const source = await imagesIn([{ photo: photo(root, outside) }], { column: 'photo', root, ...size });
  const error = await errorOf(() => recordsOf(source));
  expect([error.code, error.path]).toEqual(['OUTSIDE_ROOT', 'rows[0].photo']);
});

test('allowOutside: paths of your own may lead anywhere', async () => {
  const [root, outside] = [await photos(), emptyFolder()];
  write(outside, { 'far.png': await pair(9, 8) });
  symlinkSync(outside, path.join(root, 'elsewhere'));
  const data = [path.join(outside, 'far.png'), `../${path.basename(outside)}/far.png`, 'elsewhere/far.png'];
  const source = await imagesIn(
    data.map((photo) => ({ photo })),
    { column: 'photo', root, allowOutside: true, ...size },
  );
  expect((await recordsOf(source)).map(({ image }) => image)).toEqual(data.map(() => Uint8Array.of(9, 8)));
});

test.each<[string, unknown, string, RegExp]>([
  ['a file that is not there', 'none.png', 'UNREADABLE_FILE', /^none\.png: ENOENT/],
  ['a folder', 'folder.png', 'NOT_A_FILE', /^folder\.png: /],
  ['a missing value', null, 'INVALID_IMAGE', /neither a path nor bytes/],
  ['the empty text', '', 'INVALID_IMAGE', /^""$/],
  ['a number', 7, 'INVALID_IMAGE', /^7$/],
  ['a path with a zero in it', 'a.png\0.jpg', 'UNREADABLE_FILE', /null bytes/],
  ['an SVG called PNG', 'drawn.png', 'INVALID_IMAGE', /another format/],
])('%s: one named row, left out where that is asked for', async (_, photo, code, reason) => {
  const root = await photos();
  mkdirSync(path.join(root, 'folder.png'));
  write(root, { 'drawn.png': svg });
  const data = [{ photo: 'a.png' }, { photo }, { photo: 'deep/b.png' }];
  const source = await imagesIn(data, { column: 'photo', root, ...size });
  const error = await errorOf(() => recordsOf(source));
  expect([error.code, error.path]).toEqual([code, 'rows[1].photo']);
  expect(error.received).toMatch(reason);
  const skipped = await imagesIn(data, { column: 'photo', root, onBadRow: 'skip', ...size });
  expect(skipped.leftOut.map((one) => [one.row, one.code])).toEqual([[1, code]]);
  expect((await recordsOf(skipped)).map((row) => row.photo)).toEqual(['a.png', 'deep/b.png']);
  expect(skipped.notes.map((note) => note.code)).toEqual(['ROWS_LEFT_OUT']);
});

test('a file with more bytes than any image of maxPixels has is not read', async () => {
  const root = emptyFolder();
  write(root, { 'large.png': new Uint8Array(2 ** 24 + 8 + 1) });
  const source = await imagesIn([{ photo: 'large.png' }], { column: 'photo', root, maxPixels: 1, ...size });
  const error = await errorOf(() => recordsOf(source));
  expect([error.code, error.path]).toEqual(['FILE_TOO_LARGE', 'rows[0].photo']);
});

test.each<[string, (root: string) => unknown, string, RegExp]>([
  ['no such column', (root) => imagesIn(rows, { column: 'foto', root, ...size }), 'UNKNOWN_COLUMN', /foto/],
  [
    'no such root',
    () => imagesIn(rows, { column: 'photo', root: 'no/where', ...size }),
    'UNREADABLE_FILE',
    /no\/where/,
  ],
  ['no column', (root) => imagesIn(rows, { root, ...size } as never), 'INVALID_OPTIONS', /^imagesIn\.column$/],
  [
    'a flowing source',
    (root) =>
      imagesIn(
        iterableSource(() => rows),
        { column: 'photo', root, ...size },
      ),
    'INVALID_OPTIONS',
    /^imagesIn$/,
  ],
  [
    'the name of another column',
    (root) => imagesIn(rows, { column: 'photo', as: 'open', root, ...size }),
    'INVALID_OPTIONS',
    /^imagesIn\.as$/,
  ],
  [
    'a row that is not there',
    async (root) => (await imagesIn(rows, { column: 'photo', root, ...size })).rowsAt(Uint32Array.of(0, 3)),
    'UNKNOWN_ROW',
    /3/,
  ],
  ['no data', (root) => imagesIn(7 as never, { column: 'photo', root, ...size }), 'INVALID_DATA', /^data$/],
  [
    'paths without a root',
    async () => recordsOf(await imagesIn(rows, { column: 'photo', ...size })),
    'INVALID_OPTIONS',
    /^imagesIn\.root$/,
  ],
  [
    'the same where rows are skipped',
    () => imagesIn(rows, { column: 'photo', onBadRow: 'skip', ...size }),
    'INVALID_OPTIONS',
    /^imagesIn\.root$/,
  ],
])('refused: %s', async (_, open, code, where) => {
  const error = await errorOf(async () => open(await photos()));
  expect(error.code).toBe(code);
  expect(error.path).toMatch(where);
});
