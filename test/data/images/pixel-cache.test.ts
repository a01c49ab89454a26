/** @file The cache of pixels: what it spares, what it never does: give pixels of something else. */
import { execFile } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { HeadgateError, type ImageSource, imageFolder, imagesIn } from '../../../src/index.js';
import { emptyFolder, png, write } from './files.js';

const size = { height: 2, width: 2, channels: 1 } as const;

async function shades(count: number): Promise<string> {
  const folder = emptyFolder();
  for (let i = 0; i < count; i++) write(folder, { [`${i}.png`]: await png([i, i, i, i + 1], 2, 2) });
  return folder;
}

async function epoch(source: ImageSource): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const { table } of source.read(null, null)) rows.push(...table.toRecords());
  return rows;
}

const shardsIn = (cache: string): string[] =>
  readdirSync(cache, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(path.join(cache, file)).isFile())
    .sort();

test('the second epoch decodes nothing, nor does another source, and all say what none says without a cache', async () => {
  const [folder, cache] = [await shades(5), path.join(emptyFolder(), 'made/for/it')];
  const source = await imageFolder(folder, { ...size, cache });
  const plain = await imageFolder(folder, size);
  const expected = await epoch(plain);
  expect(await epoch(source)).toEqual(expected);
  expect(source.counts()).toEqual({ decoded: 5, cached: 0, damaged: 0 });
  expect(await epoch(source)).toEqual(expected);
  expect(source.counts()).toEqual({ decoded: 5, cached: 5, damaged: 0 });
  const other = await imageFolder(folder, { ...size, cache });
  expect(await epoch(other)).toEqual(expected);
  expect(other.counts()).toEqual({ decoded: 0, cached: 5, damaged: 0 });
  await epoch(plain);
  expect(plain.counts()).toEqual({ decoded: 10, cached: 0, damaged: 0 });
  expect(shardsIn(cache)).toHaveLength(5);
});

test('skip decodes at opening, and the first epoch takes that', async () => {
  const [folder, cache] = [await shades(4), emptyFolder()];
  write(folder, { 'bad.png': 'x' });
  const source = await imageFolder(folder, { ...size, cache, onBadRow: 'skip' });
  expect(source.counts()).toEqual({ decoded: 4, cached: 0, damaged: 0 });
  await epoch(source);
  expect(source.counts()).toEqual({ decoded: 4, cached: 4, damaged: 0 });
});

test('what counts is what a file holds: another name or a copy is not decoded, a change is, though size and time stay', async () => {
  const [folder, cache] = [await shades(1), emptyFolder()];
  const own = await png([10, 20, 30, 40], 2, 2);
  write(folder, { '0.png': own, 'copy.png': own });
  const options = { ...size, cache };
  const source = await imageFolder(folder, options);
  await source.rowsAt(Uint32Array.of(0));
  await source.rowsAt(Uint32Array.of(1));
  expect(source.counts()).toEqual({ decoded: 1, cached: 1, damaged: 0 });
  const bytes = await imagesIn([{ photo: own }], { column: 'photo', ...options });
  await epoch(bytes);
  expect(bytes.counts()).toEqual({ decoded: 0, cached: 1, damaged: 0 });

  const file = path.join(folder, '0.png');
  const { atime, mtime } = statSync(file);
  const next = await png([40, 30, 20, 10], 2, 2);
  writeFileSync(file, next);
  utimesSync(file, atime, mtime);
  const again = await imageFolder(folder, options); // nothing remembered: the content is looked at
  expect((await again.rowsAt(Uint32Array.of(0))).value(0, 'image')).toEqual(Uint8Array.of(40, 30, 20, 10));
  utimesSync(file, atime, new Date(Date.now() + 5000));
  expect((await source.rowsAt(Uint32Array.of(0))).value(0, 'image')).toEqual(Uint8Array.of(40, 30, 20, 10));
});

test('another transform has shards of its own', async () => {
  const [folder, cache] = [await shades(2), emptyFolder()];
  const transforms = [
    size,
    { ...size, fit: 'fill' },
    { ...size, background: 'white' },
    { ...size, maxPixels: 1000 },
    { ...size, channels: 3 },
    { ...size, width: 1 },
  ] as const;
  for (const [i, transform] of transforms.entries()) {
    const source = await imageFolder(folder, { ...transform, cache });
    await epoch(source);
    expect(source.counts()).toEqual({ decoded: 2, cached: 0, damaged: 0 });
    expect(shardsIn(cache)).toHaveLength(2 * (i + 1));
  }
  const renamed = await imageFolder(folder, { ...size, as: 'frame', chunkRows: 1, cache });
  await epoch(renamed);
  expect(renamed.counts()).toEqual({ decoded: 0, cached: 2, damaged: 0 });
});

test.each<[string, (shard: Buffer) => Uint8Array]>([
  ['one bit', (shard) => shard.fill((shard[42] ?? 0) ^ 1, 42, 43)],
  ['its checksum', (shard) => shard.fill((shard[9] ?? 0) ^ 1, 9, 10)],
  ['its first byte', (shard) => shard.fill(0, 0, 1)],
  ['no end', (shard) => shard.subarray(0, shard.length - 1)],
  ['more than its end', (shard) => Buffer.concat([shard, Buffer.of(0)])],
  ['nothing', () => new Uint8Array(0)],
])('a shard with %s is seen, decoded anew and mended', async (_, damage) => {
  const [folder, cache] = [await shades(3), emptyFolder()];
  const expected = await epoch(await imageFolder(folder, { ...size, cache }));
  const [, second = ''] = shardsIn(cache);
  const before = readFileSync(path.join(cache, second));
  writeFileSync(path.join(cache, second), damage(Buffer.from(before)));
  const source = await imageFolder(folder, { ...size, cache });
  expect(await epoch(source)).toEqual(expected);
  expect(source.counts()).toEqual({ decoded: 1, cached: 2, damaged: 1 });
  expect(readFileSync(path.join(cache, second))).toEqual(before);
});

test('a shard under the name of another is not believed', async () => {
  const [folder, cache] = [await shades(2), emptyFolder()];
  const expected = await epoch(await imageFolder(folder, { ...size, cache }));
  const [first = '', second = ''] = shardsIn(cache);
  writeFileSync(path.join(cache, second), readFileSync(path.join(cache, first)));
  const source = await imageFolder(folder, { ...size, cache });
  expect(await epoch(source)).toEqual(expected);
  expect(source.counts().damaged).toBe(1);
});

test('two processes that fill one cache at once both have all rows, and leave whole shards and nothing else', async () => {
  const [folder, cache] = [await shades(40), emptyFolder()];
  const script = path.join(import.meta.dirname, 'fill-cache.ts');
  const run = () => promisify(execFile)(process.execPath, ['--import', 'tsx', script, folder, cache]);
  const answers = await Promise.all([run(), run(), run()]);
  const expected = await epoch(await imageFolder(folder, size));
  for (const { stdout } of answers) expect(stdout).toBe(JSON.stringify(expected));
  const shards = shardsIn(cache);
  expect(shards).toHaveLength(40);
  expect(shards.every((file) => file.endsWith('.pixels'))).toBe(true);
  const source = await imageFolder(folder, { ...size, cache });
  await epoch(source);
  expect(source.counts()).toEqual({ decoded: 0, cached: 40, damaged: 0 });
}, 60_000);

test('a cache that cannot be written is an error, also where bad rows are skipped', async () => {
  const [folder, blocked] = [await shades(1), emptyFolder()];
  write(blocked, { cache: 'a file' });
  chmodSync(path.join(blocked, 'cache'), 0o600);
  for (const onBadRow of ['error', 'skip'] as const) {
    const error = await (async () => {
      const source = await imageFolder(folder, { ...size, onBadRow, cache: path.join(blocked, 'cache') });
      return await epoch(source);
    })().catch((thrown: unknown) => thrown);
    if (!(error instanceof HeadgateError)) throw error;
    expect(error.code).toBe('SAVE_FAILED');
  }
});
