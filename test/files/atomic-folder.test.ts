import nodeFiles, { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { previousFolders, ReplacementFailed, replaceFolder } from '../../src/files/atomic-folder.js';
import { type FileSystem, placeOf } from '../../src/files/folder-place.js';
import { freshFolder, namesIn } from '../deploy/saved-model.js';

/** How long was waited between attempts. */
const waits = vi.hoisted((): number[] => []);
vi.mock('node:timers/promises', () => ({
  setTimeout: async (milliseconds: number) => {
    waits.push(milliseconds);
  },
}));

const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor; // it is there
const on = (value: string) => Object.defineProperty(process, 'platform', { ...platform, value });

beforeEach(() => {
  waits.length = 0;
});
afterEach(() => {
  Object.defineProperty(process, 'platform', platform);
});

const failing = (code: string): Error => Object.assign(new Error(code), { code });
const contents = (text: string): Map<string, Uint8Array> => new Map([['a', Buffer.from(text)]]);
const nothing = async (): Promise<void> => {};

/** A folder that holds `old`, and how replacing it by `new` went: its outcome, its cause, what is there and what beside it. */
async function replacing(files: FileSystem, check: (folder: string) => Promise<void> = nothing) {
  const place = placeOf(join(freshFolder(), 'model'));
  await replaceFolder(place, contents('old'), nothing, nodeFiles);
  const thrown: unknown = await replaceFolder(place, contents('new'), check, files).catch((error: unknown) => error);
  const text = await readFile(join(place.folder, 'a'), 'utf8').catch(() => null);
  const beside = namesIn(dirname(place.folder)).filter((name) => name !== 'model');
  return { thrown, text, beside, previous: await previousFolders(place, nodeFiles) };
}

/** Renames fail as `fails` says, asked with the names of both ends. */
function renaming(fails: (from: string, to: string) => string | null): FileSystem {
  return {
    ...nodeFiles,
    rename: async (from, to) => {
      const code = fails(basename(String(from)), basename(String(to)));
      if (code !== null) throw failing(code);
      await nodeFiles.rename(from, to);
    },
  };
}

describe('another writer whose folder is in the way again and again', () => {
  test.each(['ENOTEMPTY', 'EEXIST'])(
    '%s a thousand times: the old folder is there, and nothing beside it',
    async (code) => {
      let asked = 0;
      const found = await replacing(
        renaming((from, to) => (to === 'model' && from.includes('unfinished') && ++asked ? code : null)),
      );
      expect(found).toMatchObject({ thrown: { outcome: 'untouched', cause: { code } }, text: 'old', beside: [] });
      expect(found.thrown).toBeInstanceOf(ReplacementFailed);
      expect([asked, waits]).toEqual([1000, Array<number>(999).fill(0)]);
    },
  );

  test('once less: the new folder is there', async () => {
    let asked = 0;
    const found = await replacing(
      renaming((from, to) => (to === 'model' && from.includes('unfinished') && ++asked < 1000 ? 'EEXIST' : null)),
    );
    expect(found).toEqual({ thrown: undefined, text: 'new', beside: [], previous: [] });
  });
});

describe('on Windows, what another process holds open', () => {
  const isNew = (from: string, to: string): boolean => from.includes('unfinished') && to === 'model';
  const isOld = (from: string): boolean => from === 'model';
  test.each([
    ['new', isNew],
    ['old', isOld],
  ])('the rename of the %s folder is tried a thousand times, ten milliseconds apart', async (_, isAsked) => {
    let asked = 0;
    on('win32');
    const found = await replacing(renaming((from, to) => (isAsked(from, to) && ++asked ? 'EBUSY' : null)));
    expect(found).toMatchObject({
      thrown: { outcome: 'untouched', cause: { code: 'EBUSY' } },
      text: 'old',
      beside: [],
    });
    expect([asked, waits]).toEqual([1000, Array<number>(999).fill(10)]);
  });
});

describe('a folder that was moved away and cannot be put back', () => {
  test('is whole under the name of a previous one', async () => {
    const found = await replacing(renaming((_, to) => (to === 'model' ? 'EIO' : null)));
    expect(found).toMatchObject({ thrown: { outcome: 'aside', cause: { code: 'EIO' } }, text: null });
    expect(found.beside).toHaveLength(1);
    expect(await readFile(join(found.previous[0] as string, 'a'), 'utf8')).toBe('old');
  });

  test.each(['ENOTEMPTY', 'EEXIST'])(
    'because another writer took its place (%s) is no loss: that is the model',
    async (code) => {
      const found = await replacing(
        renaming((from, to) => (to === 'model' ? (from.includes('unfinished') ? 'EIO' : code) : null)),
      );
      expect(found.thrown).toMatchObject({ outcome: 'untouched', cause: { code: 'EIO' } });
    },
  );

  test('what the check throws is thrown as it is, and the folder is put back', async () => {
    const refusal = new Error('not yours');
    const asked: string[] = [];
    const found = await replacing(nodeFiles, async (folder) => {
      asked.push(basename(folder));
      throw refusal;
    });
    expect(found).toMatchObject({ text: 'old', beside: [], previous: [] });
    expect(found.thrown).toBe(refusal);
    expect(asked).toEqual([expect.stringMatching(/^\.model\.headgate-previous-.*-1$/)]);
  });
});

test('a parent that cannot be synced: replaced, and the disk did not confirm it', async () => {
  const files: FileSystem = {
    ...nodeFiles,
    open: async (path, flags, mode) => {
      if (flags === 'r' && basename(String(path)).startsWith('headgate-')) throw failing('EIO');
      return nodeFiles.open(path, flags, mode);
    },
  };
  expect(await replacing(files)).toMatchObject({ thrown: { outcome: 'replaced' }, text: 'new' });
});

test('what cannot be deleted is left to the next writer, and is no failure', async () => {
  const stubborn: FileSystem = { ...nodeFiles, rm: async () => Promise.reject(failing('EPERM')) };
  const { thrown, text, beside } = await replacing(stubborn);
  expect({ thrown, text }).toEqual({ thrown: undefined, text: 'new' });
  expect(beside).toEqual([expect.stringContaining('unfinished')]);
});

test('folders around it are made, one that another writer makes meanwhile is as good, and a file is none', async () => {
  const root = freshFolder();
  const raced: FileSystem = {
    ...nodeFiles,
    mkdir: (async (path: string) => {
      if (!path.includes('unfinished')) await mkdir(path);
      return mkdir(path);
    }) as unknown as FileSystem['mkdir'], // without options
  };
  const place = placeOf(join(root, 'a', 'b', 'model'));
  await replaceFolder(place, contents('x'), nothing, raced);
  expect(await readFile(join(place.folder, 'a'), 'utf8')).toBe('x');
  await writeFile(join(root, 'file'), '');
  await expect(
    replaceFolder(placeOf(join(root, 'file', 'model')), contents('x'), nothing, nodeFiles),
  ).rejects.toMatchObject({
    outcome: 'untouched',
  });
  const forbidden: FileSystem = { ...nodeFiles, mkdir: async () => Promise.reject(failing('EACCES')) };
  await expect(
    replaceFolder(placeOf(join(root, 'c', 'model')), contents('x'), nothing, forbidden),
  ).rejects.toMatchObject({
    cause: { code: 'EACCES' },
  });
});

describe('previous folders', () => {
  test('the newest first, those of this folder alone; ones that go meanwhile are none', async () => {
    const place = placeOf(join(freshFolder(), 'model'));
    const made = ['previous-x', 'previous-y', 'previous-z', 'unfinished-w'].map(
      (name) => `${dirname(place.folder)}/.model.headgate-${name}`,
    );
    for (const [i, path] of made.entries()) {
      await mkdir(path);
      await utimes(path, 10, [2, 3, 1, 9][i] as number);
    }
    const [x, y, z] = made;
    expect(await previousFolders(place, nodeFiles)).toEqual([y, x, z]);
    const going = (code: string): FileSystem => ({
      ...nodeFiles,
      lstat: (async (path: string) =>
        path === y ? Promise.reject(failing(code)) : nodeFiles.lstat(path)) as unknown as FileSystem['lstat'], // without options
    });
    expect(await previousFolders(place, going('ENOENT'))).toEqual([x, z]);
    await expect(previousFolders(place, going('EACCES'))).rejects.toThrow('EACCES');
  });

  test('of a folder in no folder there are none; a folder that cannot be read is said', async () => {
    expect(await previousFolders(placeOf(join(freshFolder(), 'none', 'model')), nodeFiles)).toEqual([]);
    const forbidden: FileSystem = {
      ...nodeFiles,
      readdir: (async () => Promise.reject(failing('EACCES'))) as unknown as FileSystem['readdir'],
    };
    await expect(previousFolders(placeOf(join(freshFolder(), 'model')), forbidden)).rejects.toThrow('EACCES');
  });
});
