/** @file The cache of pixels: what it spares, what it never does: give pixels of something else. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import nodeFiles from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createAppender } from '../../../src/data/images/appended-file.js';
import { crc32, plainCrc32 } from '../../../src/data/images/checksum.js';
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

const filesIn = (cache: string): string[] =>
  readdirSync(cache, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(path.join(cache, file)).isFile())
    .sort();
const shardsIn = (cache: string): string[] => filesIn(cache).filter((file) => file.endsWith('.pixels'));

/** Bytes of a record of these images: a digest, two checksums, four pixels. */
const RECORD = 32 + 4 + 4 + 4;
/** Before the first. */
const START = 8;

/** As if nobody had written to these files for an hour. */
function abandon(cache: string): void {
  const then = new Date(Date.now() - 3_600_000);
  for (const file of filesIn(cache)) utimesSync(path.join(cache, file), then, then);
}

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
  expect(shardsIn(cache)).toHaveLength(1);
  expect(statSync(path.join(cache, shardsIn(cache)[0] ?? '')).size).toBe(START + 5 * RECORD);
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
    expect(shardsIn(cache)).toHaveLength(i + 1);
  }
  const renamed = await imageFolder(folder, { ...size, as: 'frame', chunkRows: 1, cache });
  await epoch(renamed);
  expect(renamed.counts()).toEqual({ decoded: 0, cached: 2, damaged: 0 });
});

const at = (record: number, byte: number) => START + record * RECORD + byte;
const flipped = (shard: Buffer, place: number) => shard.fill((shard[place] ?? 0) ^ 1, place, place + 1);

/** What was damaged, and how many of three images must be decoded anew. */
test.each<[string, (shard: Buffer) => Uint8Array, number]>([
  ['one bit of its pixels', (shard) => flipped(shard, at(1, 42)), 1],
  ['the checksum of its pixels', (shard) => flipped(shard, at(1, 33)), 1],
  ['the checksum of its head', (shard) => flipped(shard, at(1, 38)), 1],
  ['one bit of its digest', (shard) => flipped(shard, at(1, 0)), 1],
  ['its first byte', (shard) => shard.fill(0, 0, 1), 3],
  ['no end', (shard) => shard.subarray(0, shard.length - 1), 1],
  ['half a record more than its end', (shard) => Buffer.concat([shard, Buffer.alloc(20, 7)]), 0],
  ['nothing', () => new Uint8Array(0), 3],
])('a shard with damage: %s is seen, decoded anew, mended, and never damaged again', async (_, damage, lost) => {
  const [folder, cache] = [await shades(3), emptyFolder()];
  const expected = await epoch(await imageFolder(folder, { ...size, cache }));
  const [shard = ''] = shardsIn(cache);
  const before = readFileSync(path.join(cache, shard));
  writeFileSync(path.join(cache, shard), damage(Buffer.from(before)));
  abandon(cache);
  const source = await imageFolder(folder, { ...size, cache });
  expect(await epoch(source)).toEqual(expected);
  expect(source.counts()).toEqual({ decoded: lost, cached: 3 - lost, damaged: 1 });
  expect(await epoch(source)).toEqual(expected);
  expect(source.counts()).toEqual({ decoded: lost, cached: 6 - lost, damaged: 1 });
  const again = await imageFolder(folder, { ...size, cache });
  expect(await epoch(again)).toEqual(expected);
  expect(again.counts()).toEqual({ decoded: 0, cached: 3, damaged: 0 });
});

test('what another process is writing just now is neither damaged nor believed', async () => {
  const [folder, cache] = [await shades(3), emptyFolder()];
  const expected = await epoch(await imageFolder(folder, { ...size, cache }));
  const [shard = ''] = shardsIn(cache);
  const before = readFileSync(path.join(cache, shard));
  writeFileSync(path.join(cache, shard), before.subarray(0, at(2, 39)));
  const source = await imageFolder(folder, { ...size, cache, chunkRows: 1 });
  expect(await epoch(source)).toEqual(expected);
  expect(source.counts()).toEqual({ decoded: 1, cached: 2, damaged: 0 });
  expect(readFileSync(path.join(cache, shard))).toEqual(before.subarray(0, at(2, 39)));
  writeFileSync(path.join(cache, shard), before); // it has ended
  const other = await imageFolder(folder, { ...size, cache });
  expect(await epoch(other)).toEqual(expected);
  expect(other.counts()).toEqual({ decoded: 0, cached: 3, damaged: 0 });
});

test('a shard of another way of decoding, or of another file, is not believed under this name', async () => {
  const [folder, cache] = [await shades(2), emptyFolder()];
  const expected = await epoch(await imageFolder(folder, { ...size, cache }));
  const [own = ''] = shardsIn(cache);
  await epoch(await imageFolder(folder, { ...size, fit: 'fill', cache }));
  const other = shardsIn(cache).find((file) => file !== own) ?? '';
  writeFileSync(path.join(cache, own), readFileSync(path.join(cache, other)));
  const source = await imageFolder(folder, { ...size, cache });
  expect(await epoch(source)).toEqual(expected);
  expect(source.counts()).toEqual({ decoded: 2, cached: 0, damaged: 2 });
  const shard = readFileSync(path.join(cache, other));
  const heads = Buffer.concat([shard.subarray(at(0, 0), at(0, 40)), shard.subarray(at(1, 40), at(2, 0))]);
  writeFileSync(path.join(cache, other), Buffer.concat([shard.subarray(0, START), heads]));
  const mixed = await imageFolder(folder, { ...size, fit: 'fill', cache });
  expect(await epoch(mixed)).toEqual(expected);
  expect(mixed.counts()).toEqual({ decoded: 2, cached: 0, damaged: 1 });
});

test('a process that is killed in the midst of it leaves what the next one can use', async () => {
  const [folder, cache] = [await shades(200), emptyFolder()];
  const script = path.join(import.meta.dirname, 'fill-cache.ts');
  const running = spawn(process.execPath, ['--import', 'tsx', script, folder, cache], { stdio: 'ignore' });
  const ended = once(running, 'exit');
  for (;;) {
    const [shard] = existsSync(cache) ? shardsIn(cache) : [];
    if (shard !== undefined && statSync(path.join(cache, shard)).size > at(10, 0)) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  running.kill('SIGKILL');
  await ended;
  abandon(cache);
  const source = await imageFolder(folder, { ...size, cache });
  expect(await epoch(source)).toEqual(await epoch(await imageFolder(folder, size)));
  const { decoded, cached } = source.counts();
  expect(decoded + cached).toBe(200);
  expect(cached).toBeGreaterThan(9);
}, 60_000);

test('a cache that somebody empties meanwhile fills again', async () => {
  const [folder, cache] = [await shades(4), emptyFolder()];
  const source = await imageFolder(folder, { ...size, cache, chunkRows: 2 });
  const expected = await epoch(source);
  rmSync(cache, { recursive: true });
  expect(await epoch(source)).toEqual(expected);
  expect(source.counts()).toEqual({ decoded: 8, cached: 0, damaged: 0 });
  expect(await epoch(source)).toEqual(expected);
  expect(source.counts()).toEqual({ decoded: 8, cached: 4, damaged: 0 });
});

test('shards are written as images come, and begin anew where they are large', async () => {
  const cache = emptyFolder();
  const records = (count: number) => new Uint8Array(count * 10).fill(count);
  const magic = new TextEncoder().encode('HGTEST__');
  const { append } = createAppender(cache, { magic, extension: 'x', stride: 10, most: 50, place: cache });
  const places = await Promise.all(
    [2, 1, 3, 1].map((count) => append([records(count).subarray(0, 4), records(count).subarray(4)])),
  );
  expect(places.map(({ slot }) => slot)).toEqual([0, 2, 3, 0]);
  expect(new Set(places.map(({ file }) => file)).size).toBe(2);
  const [first] = places;
  const expected = Buffer.concat([magic, records(2), records(1), records(3)]);
  expect(readFileSync(first?.file ?? '')).toEqual(expected);
});

test('checksums are those of the standard, with and without Node', () => {
  const bytes = new TextEncoder().encode('123456789');
  for (const own of [crc32, plainCrc32]) {
    expect(own(bytes)).toBe(0xcbf43926); // the standard's own check
    expect(own(bytes.subarray(4), own(bytes.subarray(0, 4)))).toBe(0xcbf43926);
    expect(own(new Uint8Array(0))).toBe(0);
  }
});

test('opened anew after a while, a source looks into no file that is as it was, and into each that is not', async () => {
  const [folder, cache] = [await shades(6), emptyFolder()];
  write(folder, { 'sub/6.png': await png([9, 9, 9, 9], 2, 2) });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 });
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const expected = await epoch(await imageFolder(folder, { ...size, cache }));
  const opened = vi.spyOn(nodeFiles, 'open');
  const readings = () => {
    const read = opened.mock.calls.map(([file]) => String(file)).filter((file) => !file.startsWith(cache));
    opened.mockClear();
    return read.map((file) => path.relative(folder, file)).sort();
  };
  const again = await imageFolder(folder, { ...size, cache });
  expect(await epoch(again)).toEqual(expected);
  expect(again.counts()).toEqual({ decoded: 0, cached: 7, damaged: 0 });
  expect(readings()).toEqual([]);
  // By another way of decoding, too: what a file holds does not depend on it. Its pixels do.
  await epoch(await imageFolder(folder, { ...size, fit: 'fill', cache }));
  expect(readings()).toHaveLength(7);
  await epoch(await imageFolder(folder, { ...size, fit: 'fill', cache }));
  expect(readings()).toEqual([]);

  // Other bytes of the same length, and the time of the last change set back.
  const file = path.join(folder, '3.png');
  const { atime, mtime } = statSync(file);
  writeFileSync(file, readFileSync(path.join(folder, '4.png')));
  utimesSync(file, atime, mtime);
  renameSync(path.join(folder, '1.png'), path.join(folder, '1b.png'));
  const changed = await imageFolder(folder, { ...size, cache });
  const rows = (await epoch(changed)) as { readonly file: string; readonly image: Uint8Array }[]; // as the folder has them
  expect(rows.find((row) => row.file === '3.png')?.image).toEqual(Uint8Array.of(4, 4, 4, 5));
  expect(changed.counts()).toEqual({ decoded: 0, cached: 7, damaged: 0 });
  expect(readings()).toEqual(['1b.png', '3.png']); // its entry has another name
});

test('a file that was changed just now is not taken for known', async () => {
  const [folder, cache] = [await shades(2), emptyFolder()];
  await epoch(await imageFolder(folder, { ...size, cache }));
  expect(filesIn(cache).every((file) => file.endsWith('.pixels'))).toBe(true);
});

test('no path of a machine is in the cache', async () => {
  const [folder, cache] = [await shades(3), emptyFolder()];
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  await epoch(await imageFolder(folder, { ...size, cache }));
  expect(filesIn(cache)).toHaveLength(2);
  for (const file of filesIn(cache)) {
    const bytes = readFileSync(path.join(cache, file)).toString('latin1');
    expect([bytes.includes(path.basename(folder)), bytes.includes('.png')]).toEqual([false, false]);
  }
});

test('what is kept of files is believed where it is whole, and lets no link lead out', async () => {
  const [folder, outside, cache] = [await shades(2), await shades(3), emptyFolder()];
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  await epoch(await imageFolder(outside, { ...size, cache })); // known from here on
  await epoch(await imageFolder(folder, { ...size, cache }));
  const linked = await imagesIn([{ photo: 'way/2.png' }, { photo: 'link.png' }, { photo: '0.png' }], {
    ...{ column: 'photo', root: folder, as: 'image', cache },
    ...size,
  });
  symlinkSync(outside, path.join(folder, 'way'));
  symlinkSync(path.join(outside, '2.png'), path.join(folder, 'link.png'));
  for (const row of [0, 1]) {
    const error = await (async () => linked.rowsAt(Uint32Array.of(row)))().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'OUTSIDE_ROOT' });
  }
  expect((await linked.rowsAt(Uint32Array.of(2))).value(0, 'image')).toEqual(Uint8Array.of(0, 0, 0, 1));
  const files = filesIn(cache).filter((file) => file.endsWith('.files'));
  for (const file of files) {
    const bytes = readFileSync(path.join(cache, file));
    writeFileSync(path.join(cache, file), flipped(bytes, START + 50).subarray(0, bytes.length - 3));
  }
  const source = await imageFolder(outside, { ...size, cache });
  expect(await epoch(source)).toEqual(await epoch(await imageFolder(outside, size)));
  expect(source.counts().decoded).toBe(0);
});

test('two processes that fill one cache at once both have all rows, and leave whole shards and nothing else', async () => {
  const [folder, cache] = [await shades(40), emptyFolder()];
  const script = path.join(import.meta.dirname, 'fill-cache.ts');
  const run = () => promisify(execFile)(process.execPath, ['--import', 'tsx', script, folder, cache]);
  const answers = await Promise.all([run(), run(), run()]);
  const expected = await epoch(await imageFolder(folder, size));
  for (const { stdout } of answers) expect(stdout).toBe(JSON.stringify(expected));
  const shards = shardsIn(cache);
  expect(filesIn(cache).every((file) => /\.(pixels|files)$/.test(file))).toBe(true);
  expect(shards.length).toBeLessThanOrEqual(3);
  for (const shard of shards) expect((statSync(path.join(cache, shard)).size - START) % RECORD).toBe(0);
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
