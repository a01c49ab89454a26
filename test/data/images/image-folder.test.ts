/** @file A folder as a source: its rows, their order and labels, and what is wrong with files, one by one. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  classification,
  HeadgateError,
  type ImageSource,
  image,
  imageFolder,
  Project,
  tf,
} from '../../../src/index.js';
import { bomb, emptyFolder, noise, png, raw, svg, write } from './files.js';

const size = { height: 2, width: 2 };
const all = (source: ImageSource) => Uint32Array.from({ length: source.rows }, (_, row) => row);
const recordsOf = async (source: ImageSource) => (await source.rowsAt(all(source))).toRecords();

async function errorOf(work: () => unknown): Promise<HeadgateError> {
  const error = await (async () => work())().then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof HeadgateError) return error;
  throw error;
}

const grey = (value: number) => png(new Array<number>(12).fill(value), 2, 2);

async function wardrobe(): Promise<string> {
  const folder = emptyFolder();
  write(folder, {
    'red/b.png': await grey(1),
    'red/a.PNG': await grey(2),
    'red/deep/er/z.png': await grey(3),
    'blue/é.png': await grey(4),
    'Z.png': await grey(5),
    'blue/notes.txt': 'no image',
    '.hidden': '',
  });
  return folder;
}

test('rows in the order of their paths, labelled by the first folder on the way', async () => {
  const folder = await wardrobe();
  const source = await imageFolder(folder, size);
  expect(source.rows).toBe(5);
  const columns = [
    ['file', 'string'],
    ['label', 'string'],
    ['image', 'tensor'],
  ];
  expect(source.columns?.map(({ name, type }) => [name, type])).toEqual(columns);
  const expected: readonly (readonly [string, string | null, number])[] = [
    ['Z.png', null, 5],
    ['blue/é.png', 'blue', 4],
    ['red/a.PNG', 'red', 2],
    ['red/b.png', 'red', 1],
    ['red/deep/er/z.png', 'red', 3],
  ];
  const rows = expected.map(([file, label, value]) => ({ file, label, image: new Uint8Array(12).fill(value) }));
  expect(await recordsOf(source)).toEqual(rows);
  const table = await source.rowsAt(Uint32Array.of(3, 0, 3));
  expect(table.toRecords()).toEqual([rows[3], rows[0], rows[3]]);
  const other = '2 of the files are not named as JPEG, PNG or WebP, and are no rows: .hidden, blue/notes.txt.';
  expect(source.notes).toEqual([{ code: 'OTHER_FILES', path: folder, text: other }]);
  expect(source.leftOut).toEqual([]);
});

test('no folders, no label column; a name of its own for the pixels', async () => {
  const folder = emptyFolder();
  write(folder, { 'a.png': await grey(1) });
  const source = await imageFolder(folder, { ...size, as: 'frame', channels: 1 });
  expect(source.columns?.map(({ name }) => name)).toEqual(['file', 'frame']);
  expect(source.notes).toEqual([]);
  expect(await recordsOf(source)).toEqual([{ file: 'a.png', frame: new Uint8Array(4).fill(1) }]);
});

test('chunks: of the size that is asked for, else of 32 MiB at most; read on from a mark', async () => {
  const folder = await wardrobe();
  const chunks = async (source: ImageSource, from: number | null = null) => {
    const found: number[][] = [];
    for await (const { ids } of source.read({ seed: 3, epoch: 1 }, from)) found.push([...ids]);
    return found;
  };
  const pairs = await chunks(await imageFolder(folder, { ...size, chunkRows: 2 }));
  expect(pairs.map(({ length }) => length)).toEqual([2, 2, 1]);
  expect(pairs.flat().sort()).toEqual([0, 1, 2, 3, 4]);
  expect(await chunks(await imageFolder(folder, { ...size, chunkRows: 2 }), 2)).toEqual(pairs.slice(1));
  const large = await chunks(await imageFolder(folder, { height: 4096, width: 2730 })); // 33.5 MB, the limit holds one
  expect(large.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1]);
  expect(await chunks(await imageFolder(folder, size))).toHaveLength(1);
});

/** Sound rows, and one of each sort that is not. */
async function mixed(): Promise<string> {
  const folder = emptyFolder();
  const jpeg = await raw(noise(64 * 48 * 3), 64, 48)
    .jpeg()
    .toBuffer();
  write(folder, {
    'a/0.png': await grey(10),
    'a/1.jpg': jpeg.subarray(0, 900),
    'a/2.png': svg,
    'b/3.webp': '',
    'b/4.png': await bomb(),
    'b/5.png': await grey(20),
  });
  return folder;
}

test('error: a row is named with its file when it is read, the first of several; other rows are sound', async () => {
  const source = await imageFolder(await mixed(), size);
  expect(source.rows).toBe(6);
  const error = await errorOf(() => source.rowsAt(all(source)));
  expect([error.code, error.path]).toEqual(['INVALID_IMAGE', 'rows[1].image']);
  expect(error.received).toMatch(/^a\/1\.jpg: .*premature end/);
  expect((await source.rowsAt(Uint32Array.of(5, 0))).toRecords().map(({ file }) => file)).toEqual([
    'b/5.png',
    'a/0.png',
  ]);
});

test('skip: every image was decoded at opening; each row that is left out is told', async () => {
  const source = await imageFolder(await mixed(), { ...size, onBadRow: 'skip' });
  expect(source.rows).toBe(2);
  expect((await recordsOf(source)).map(({ file }) => file)).toEqual(['a/0.png', 'b/5.png']);
  expect(source.leftOut.map(({ row, code }) => [row, code])).toEqual([1, 2, 3, 4].map((row) => [row, 'INVALID_IMAGE']));
  const reasons = [
    /^a\/1\.jpg: /,
    /^a\/2\.png: .*another format/,
    /^b\/3\.webp: it is empty/,
    /^b\/4\.png: .*pixel limit/,
  ];
  for (const [i, reason] of reasons.entries()) expect(source.leftOut[i]?.reason).toMatch(reason);
  expect(source.notes.map(({ code }) => code)).toEqual(['ROWS_LEFT_OUT']);
  expect(source.notes[0]?.text).toMatch(/^4 of 6 rows are left out.*rows\[1\] .*, and 1 more in `leftOut`\.$/);
});

test('a row that goes bad after others were left out is named by its number in the source', async () => {
  const folder = await mixed();
  const source = await imageFolder(folder, { ...size, onBadRow: 'skip' });
  rmSync(path.join(folder, 'b/5.png'));
  const error = await errorOf(() => recordsOf(source));
  expect([error.code, error.path]).toEqual(['UNREADABLE_FILE', 'rows[1].image']);
  const { rows } = source;
  expect((await errorOf(() => source.rowsAt(Uint32Array.of(rows)))).code).toBe('UNKNOWN_ROW');
});

test('a file that goes, or a whole folder, while the source is open: a row is named', async () => {
  const folder = await wardrobe();
  const source = await imageFolder(folder, { ...size, onBadRow: 'skip' });
  rmSync(path.join(folder, 'red'), { recursive: true });
  const error = await errorOf(() => recordsOf(source));
  expect([error.code, error.path]).toEqual(['UNREADABLE_FILE', 'rows[2].image']);
  expect(error.received).toMatch(/^red\/a\.PNG: ENOENT/);
});

test('links: one out of the folder is refused, unless allowed; one into itself always', async () => {
  const outside = emptyFolder();
  write(outside, { 'secret.png': await grey(9) });
  const folder = emptyFolder();
  write(folder, { 'a/own.png': await grey(1) });
  symlinkSync(path.join(folder, 'a/own.png'), path.join(folder, 'a/same.png'));
  const source = await imageFolder(folder, size);
  expect((await recordsOf(source)).map(({ file }) => file)).toEqual(['a/own.png', 'a/same.png']);
  symlinkSync(outside, path.join(folder, 'b'));
  expect((await errorOf(() => imageFolder(folder, size))).code).toBe('OUTSIDE_ROOT');
  const allowed = await imageFolder(folder, { ...size, allowOutside: true });
  expect((await recordsOf(allowed)).map(({ file }) => file)).toEqual(['a/own.png', 'a/same.png', 'b/secret.png']);
  symlinkSync(folder, path.join(folder, 'round'));
  expect((await errorOf(() => imageFolder(folder, { ...size, allowOutside: true }))).code).toBe('UNREADABLE_FILE');
});

test('a file that becomes a link out of the folder after opening is not read', async () => {
  const outside = emptyFolder();
  write(outside, { 'secret.png': await grey(9) });
  const folder = emptyFolder();
  write(folder, { 'a.png': await grey(1) });
  const source = await imageFolder(folder, { ...size, cache: emptyFolder() });
  await recordsOf(source);
  rmSync(path.join(folder, 'a.png'));
  symlinkSync(path.join(outside, 'secret.png'), path.join(folder, 'a.png'));
  expect((await errorOf(() => recordsOf(source))).code).toBe('OUTSIDE_ROOT');
});

test.each<[string, (folder: string) => unknown, string, string | RegExp]>([
  ['no such folder', (folder) => imageFolder(path.join(folder, 'none'), size), 'UNREADABLE_FILE', /none$/],
  ['a file', (folder) => imageFolder(path.join(folder, 'x.txt'), size), 'UNREADABLE_FILE', /x\.txt$/],
  ['no image', (folder) => imageFolder(folder, size), 'EMPTY_DATASET', 'source'],
  ['no text', () => imageFolder(7 as never, size), 'INVALID_OPTIONS', 'imageFolder'],
  ['no height', (folder) => imageFolder(folder, { width: 2 } as never), 'INVALID_OPTIONS', 'imageFolder.height'],
  [
    '2 channels',
    (folder) => imageFolder(folder, { ...size, channels: 2 as never }),
    'INVALID_OPTIONS',
    'imageFolder.channels',
  ],
  [
    'a fit of another name',
    (folder) => imageFolder(folder, { ...size, fit: 'crop' as never }),
    'INVALID_OPTIONS',
    'imageFolder.fit',
  ],
  [
    'missing',
    (folder) => imageFolder(folder, { ...size, onBadRow: 'missing' as never }),
    'INVALID_OPTIONS',
    'imageFolder.onBadRow',
  ],
  [
    'a name that is taken',
    (folder) => imageFolder(folder, { ...size, as: 'label' }),
    'INVALID_OPTIONS',
    'imageFolder.as',
  ],
])('refused: %s', async (_, open, code, where) => {
  const folder = emptyFolder();
  writeFileSync(path.join(folder, 'x.txt'), 'no image');
  const error = await errorOf(() => open(folder));
  expect(error.code).toBe(code);
  expect(error.path).toMatch(where);
});

test('missing is refused with its reason: no image can be', async () => {
  const folder = emptyFolder();
  const error = await errorOf(() => imageFolder(folder, { ...size, onBadRow: 'missing' as never }));
  expect([error.code, error.expected, error.received]).toEqual(['INVALID_OPTIONS', 'one of: error, skip', '"missing"']);
  expect(error.problem).toMatch(/cannot be missing/);
  expect(error.mend).toMatch(/'skip' leaves such rows out/);
});

test('skip without a single sound image is an error that names the first', async () => {
  const folder = emptyFolder();
  write(folder, { 'a.png': svg, 'b.png': '' });
  const error = await errorOf(() => imageFolder(folder, { ...size, onBadRow: 'skip' }));
  expect([error.code, error.received]).toEqual([
    'EMPTY_DATASET',
    expect.stringMatching(/^2 rows, none readable; the first: a\.png: /),
  ]);
});

test('a folder of that name is walked, and is no file', async () => {
  const folder = emptyFolder();
  mkdirSync(path.join(folder, 'photo.jpg'));
  write(folder, { 'photo.jpg/a.png': await grey(1) });
  expect((await recordsOf(await imageFolder(folder, size))).map(({ file }) => file)).toEqual(['photo.jpg/a.png']);
});

async function brightness(): Promise<string> {
  const folder = emptyFolder();
  for (let i = 0; i < 24; i++)
    write(folder, { [`${i % 2 === 0 ? 'dark' : 'light'}/${i}.png`]: await grey(i % 2 === 0 ? i : 255 - i) });
  return folder;
}

test.each(['cpu', 'onnx', 'wasm'] as const)('%s learns from a folder, and predicts from it', async (engine) => {
  const folder = await brightness();
  const source = await imageFolder(folder, { ...size, channels: 1 });
  const declaration = {
    name: 'brightness',
    inputs: { image: image({ ...size, channels: 1 }) },
    tasks: { label: classification({ classes: ['dark', 'light'] }) },
    backbone: ({ image: frame }: { readonly image: tf.SymbolicTensor }) => ({
      features: tf.layers.flatten().apply(frame) as tf.SymbolicTensor, // of one tensor
    }),
  };
  const project = new Project({ ...declaration, onNote: () => {} }).flow('photo', (task, x) => [
    task.label(x.features),
  ]);
  await project.fit(source, { engine, epochs: 30, batchSize: 8, seed: 1, progress: false });
  expect(source.counts().decoded).toBe(24 * 31); // once more, to learn of the rows
  const answers: unknown[] = [];
  for await (const row of project.predict(source, { engine })) answers.push(row.label);
  const expected = [...new Array<string>(12).fill('dark'), ...new Array<string>(12).fill('light')];
  expect(answers).toEqual(expected);
  // The rows in memory say the same, to the byte.
  const table = await source.rowsAt(all(source));
  const twin = new Project({ ...declaration, onNote: () => {} }).flow('photo', (task, x) => [task.label(x.features)]);
  await twin.fit(table, { engine, epochs: 30, batchSize: 8, seed: 1, progress: false });
  const [own, other] = [await project.evaluate(source, { engine }), await twin.evaluate(table, { engine })];
  expect(String(own)).toBe(String(other));
});
