import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { load } from '../../src/deploy/load.js';
import { save } from '../../src/deploy/save.js';
import { VERSION } from '../../src/deploy/version.js';
import { HeadgateError } from '../../src/errors.js';
import type { FileSystem } from '../../src/files/folder-place.js';
import { Crash, crashingFiles } from './crashing-files.js';
import { freshFolder, graph, modelOf, namesIn } from './saved-model.js';

const files = [
  'backbone.json',
  'flow.json',
  'headgate.json',
  'statistics.json',
  'thresholds.json',
  'weights.safetensors',
];

test('a model is read back to the bit', async () => {
  const folder = join(freshFolder(), 'deep', 'model');
  await save(folder, modelOf(1.5));
  const model = await load(folder);
  expect(namesIn(folder)).toEqual(files);
  expect(model.graph).toEqual(graph);
  expect(model.thresholds).toEqual(modelOf(1.5).thresholds);
  expect(Object.entries(model.weights).sort()).toEqual(Object.entries(modelOf(1.5).weights).sort());
});

test('the manifest names each file with its size and SHA-256; the thresholds keep every digit', async () => {
  const folder = join(freshFolder(), 'model');
  await save(folder, modelOf(1));
  const manifest = JSON.parse(readFileSync(join(folder, 'headgate.json'), 'utf8'));
  expect(manifest).toMatchObject({
    format: 'headgate-model',
    version: 2,
    writer: `headgate ${VERSION}`,
    requires: ['flow', 'parameters', 'thresholds', 'statistics'],
  });
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  expect(VERSION).toBe(version);
  for (const name of files.filter((file) => file !== 'headgate.json')) {
    const bytes = readFileSync(join(folder, name));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(manifest.files[name]).toEqual({ bytes: bytes.length, sha256 });
  }
  expect(JSON.parse(readFileSync(join(folder, 'thresholds.json'), 'utf8'))).toEqual({
    format: 'headgate-thresholds',
    version: 1,
    tasks: [
      { path: 'open', thresholds: [0.30000000000000004] },
      { path: 'person.traits', thresholds: [0.5, 0.25] },
    ],
  });
});

test('equal models give equal bytes', async () => {
  const [a, b] = [join(freshFolder(), 'a'), join(freshFolder(), 'b')];
  await save(a, modelOf(2));
  await save(b, modelOf(2));
  for (const name of files) expect(readFileSync(join(a, name))).toEqual(readFileSync(join(b, name)));
});

test('saving again replaces the model and leaves nothing beside it', async () => {
  const parent = freshFolder();
  const folder = join(parent, 'model');
  await save(folder, modelOf(1));
  await save(folder, modelOf(2));
  expect((await load(folder)).weights['open/kernel']?.data[0]).toBe(2);
  expect(namesIn(parent)).toEqual(['model']);
});

test('an empty folder is taken; one with anything else in it is not touched', async () => {
  const folder = freshFolder();
  await save(folder, modelOf(1));
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  await expect(save(folder, modelOf(2))).rejects.toThrow(/^NOT_A_MODEL_FOLDER at .*notes\.txt/);
  expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');

  const other = freshFolder();
  writeFileSync(join(other, 'flow.json'), '{}');
  await expect(save(other, modelOf(2))).rejects.toThrow('a folder without headgate.json');
});

test('a file or a link in place of the folder is refused', async () => {
  const parent = freshFolder();
  writeFileSync(join(parent, 'file'), '');
  mkdirSync(join(parent, 'target'));
  symlinkSync(join(parent, 'target'), join(parent, 'link'));
  await expect(save(join(parent, 'file'), modelOf(1))).rejects.toThrow('a file or a link');
  await expect(save(join(parent, 'link'), modelOf(1))).rejects.toThrow('a file or a link');
});

test('contents that cannot be saved are refused before the disk is touched', async () => {
  const parent = freshFolder();
  const wrong = { ...modelOf(1), thresholds: new Map([['open', [Number.NaN]]]) };
  await expect(save(join(parent, 'model'), wrong)).rejects.toThrow('INVALID_THRESHOLDS at open');
  const mixed = { ...modelOf(1), weights: { w: { shape: [1], dtype: 'int32', data: Float32Array.of(1) } as const } };
  await expect(save(join(parent, 'model'), mixed)).rejects.toThrow('INVALID_TENSOR at w');
  expect(namesIn(parent)).toEqual([]);
});

test('weights that `load` would refuse for their size are refused before they are put together', async () => {
  const parent = freshFolder();
  const shared = new Float32Array(2 ** 26); // 256 MiB; each weight says that it has them
  const weight = { shape: [2 ** 26], dtype: 'float32', data: shared } as const;
  const weights = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`w${i}`, weight]));
  const thrown = await save(join(parent, 'model'), { ...modelOf(1), weights }).catch((error: unknown) => error);
  expect(thrown).toMatchObject({
    code: 'FILE_TOO_LARGE',
    path: 'weights.safetensors',
    expected: `at most ${2 ** 31 - 1} bytes`,
    received: `more than ${2 ** 31} bytes`,
  });
  expect(namesIn(parent)).toEqual([]);
});

test.each([[undefined], [''], [null]])('%s is no folder', async (folder) => {
  const wrong = folder as unknown as string; // as a program without types may pass it
  await expect(save(wrong, modelOf(1))).rejects.toThrow('INVALID_OPTIONS at save.folder');
  await expect(load(wrong)).rejects.toThrow('INVALID_OPTIONS at load.folder');
});

test('folders around it are made', async () => {
  const folder = join(freshFolder(), 'runs', 'first', 'model');
  await save(folder, modelOf(1));
  expect((await load(folder)).weights['open/kernel']?.data[0]).toBe(1);
});

// /proc is there and takes no folder, with an ENOENT: Node's own mkdir of several folders never ends on it.
test.skipIf(process.platform !== 'linux')('where no folder can be made, saving ends and says so', async () => {
  await expect(save('/proc/headgate/model', modelOf(1))).rejects.toMatchObject({
    code: 'SAVE_FAILED',
    received: "ENOENT: no such file or directory, mkdir '/proc/headgate'",
  });
});

test.each(['open', 'rename', 'mkdir'] as const)(
  'when %s fails, the old model stays and nothing is left over',
  async (call) => {
    const parent = freshFolder();
    const folder = join(parent, 'model');
    await save(folder, modelOf(1));
    let renames = 0;
    const failing: FileSystem = {
      ...nodeFiles,
      [call]: async (...parts: [string, string]) => {
        // the second rename is the one that puts the new folder in place; the parent folder exists and is not made
        if (call === 'rename' && ++renames !== 2) return nodeFiles.rename(...parts);
        if (call === 'mkdir' && !parts[0].includes('unfinished')) return undefined;
        throw new Error('ENOSPC: no space left on device');
      },
    };
    const thrown = await save(folder, modelOf(2), failing).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(HeadgateError);
    expect(thrown).toMatchObject({ code: 'SAVE_FAILED', path: folder, received: 'ENOSPC: no space left on device' });
    expect((await load(folder)).weights['open/kernel']?.data[0]).toBe(1);
    expect(namesIn(parent)).toEqual(['model']);
  },
);

const first = (folder: string): Promise<unknown> =>
  load(folder).then(
    (model) => model.weights['open/kernel']?.data[0],
    (error: unknown) => (error instanceof HeadgateError ? error.code : error),
  );

test.each([
  ['the process dies', false],
  ['the power fails', true],
])('whenever %s while saving, the old or the new model loads, and the next save works', async (_, powerFails) => {
  const seen: unknown[] = [];
  for (let calls = 0; ; calls++) {
    const parent = freshFolder();
    const folder = join(parent, 'model');
    await save(folder, modelOf(1));
    const { files: dying, crashed, losePower } = crashingFiles(calls);
    const thrown = await save(folder, modelOf(2), dying).catch((error: unknown) => error);
    if (!crashed()) {
      expect(thrown).toBeUndefined();
      break;
    }
    if (thrown) expect(thrown).toMatchObject({ code: 'SAVE_FAILED', cause: expect.any(Crash) });
    if (powerFails) await losePower();
    seen.push(await first(folder));
    await save(folder, modelOf(3));
    expect([calls, await first(folder), namesIn(parent)]).toEqual([calls, 3, ['model']]);
  }
  expect(seen.length).toBeGreaterThan(20);
  expect([...new Set(seen)]).toEqual([1, 2]); // first only the old one, from some call on only the new one
});

test('whenever the process dies while saving for the first time, the model is there whole or not at all', async () => {
  const seen: unknown[] = [];
  for (let calls = 0; ; calls++) {
    const folder = join(freshFolder(), 'model');
    const { files: dying, crashed } = crashingFiles(calls);
    await save(folder, modelOf(2), dying).catch(() => {});
    if (!crashed()) break;
    seen.push(await first(folder));
  }
  expect([...new Set(seen)]).toEqual(['MODEL_NOT_FOUND', 2]);
});

test('dying again while clearing up after a death loses nothing', async () => {
  for (let calls = 0; ; calls++) {
    const parent = freshFolder();
    const folder = join(parent, 'model');
    await save(folder, modelOf(1));
    // what a save leaves that died between its two renames
    await nodeFiles.rename(folder, join(parent, '.model.headgate-previous'));
    await save(join(parent, '.model.headgate-unfinished-x'), modelOf(2));
    expect(await first(folder)).toBe(1);
    const { files: dying, crashed, losePower } = crashingFiles(calls);
    await save(folder, modelOf(3), dying).catch(() => {});
    if (!crashed()) break;
    await losePower();
    expect([1, 3]).toContain(await first(folder));
  }
});
