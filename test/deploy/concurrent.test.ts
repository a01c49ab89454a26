/** @file Two writers, or a writer and a reader, on one folder: always a whole model, the old one or a new one. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import nodeFiles from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { load } from '../../src/deploy/load.js';
import { save } from '../../src/deploy/save.js';
import { HeadgateError } from '../../src/errors.js';
import type { FileSystem } from '../../src/files/folder-place.js';
import { crashingFiles } from './crashing-files.js';
import { freshFolder, modelOf, namesIn } from './saved-model.js';

const valueIn = async (folder: string): Promise<number | undefined> =>
  (await load(folder)).weights['open/kernel']?.data[0];

/** Gives way to other work before each call, so that two savers meet at every place. */
function dawdling(turns: () => number): FileSystem {
  const slow =
    <A extends unknown[], R>(call: (...parts: A) => Promise<R>) =>
    async (...parts: A): Promise<R> => {
      for (let i = turns(); i > 0; i--) await new Promise((resolve) => setImmediate(resolve));
      return call(...parts);
    };
  return {
    ...nodeFiles,
    rename: slow(nodeFiles.rename),
    rm: slow(nodeFiles.rm),
    lstat: slow(nodeFiles.lstat as never),
    readdir: slow(nodeFiles.readdir as never),
  } as unknown as FileSystem; // the same functions, later; their overloads are lost on the way
}

/** A small sequence that repeats itself in no short time. */
function turnsFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state % 4;
  };
}

test('two saves at once, again and again: both succeed, a whole model is there, and nothing beside it', async () => {
  const folder = join(freshFolder(), 'model');
  for (let round = 1; round <= 150; round++) {
    const [a, b] = [2 * round, 2 * round + 1];
    await Promise.all([
      save(folder, modelOf(a), dawdling(turnsFrom(round))),
      save(folder, modelOf(b), dawdling(turnsFrom(round + 1000))),
    ]);
    expect([a, b]).toContain(await valueIn(folder));
    expect(namesIn(dirname(folder))).toEqual(['model']);
  }
});

test('five saves and five loads at once: every load gives a model that was there', async () => {
  const folder = join(freshFolder(), 'model');
  await save(folder, modelOf(0));
  for (let round = 0; round < 20; round++) {
    const values = [1, 2, 3, 4, 5].map((i) => round * 5 + i);
    const known = new Set([...values, ...values.map((value) => value - 5), await valueIn(folder)]);
    const loads = values.map(() => valueIn(folder));
    await Promise.all(values.map((value, i) => save(folder, modelOf(value), dawdling(turnsFrom(round * 7 + i + 1)))));
    for (const value of await Promise.all(loads)) expect(known).toContain(value);
  }
  expect(namesIn(dirname(folder))).toEqual(['model']);
});

test('one saves while one loads: never a mixture, never an error', async () => {
  const folder = join(freshFolder(), 'model');
  await save(folder, modelOf(0));
  let last = 0;
  let isSaving = true;
  const saves = (async () => {
    for (let value = 1; value <= 150; value++) {
      await save(folder, modelOf(value));
      last = value;
    }
    isSaving = false;
  })();
  let loads = 0;
  while (isSaving) {
    const before = last;
    const value = await valueIn(folder);
    expect(value).toBeGreaterThanOrEqual(before);
    expect(value).toBeLessThanOrEqual(last + 1);
    loads++;
  }
  await saves;
  expect(loads).toBeGreaterThan(10);
});

const run = promisify(execFile);
const other = async (...parts: (string | number)[]): Promise<Record<string, number>> => {
  const script = join(import.meta.dirname, 'writer.ts');
  const { stdout } = await run(process.execPath, ['--import', 'tsx', script, ...parts.map(String)]);
  return JSON.parse(stdout);
};

test('two processes save while a third and this one load', async () => {
  const folder = join(freshFolder(), 'model');
  await save(folder, modelOf(1));
  const rounds = 100;
  const [first, second, third] = await Promise.all([
    other('save', folder, rounds, 2),
    other('save', folder, rounds, 3),
    other('load', folder, rounds),
  ]);
  expect([first, second]).toEqual([{ saved: rounds }, { saved: rounds }]);
  expect(Object.keys(third ?? {}).filter((value) => !['1', '2', '3'].includes(value))).toEqual([]);
  expect([2, 3]).toContain(await valueIn(folder));
  await save(folder, modelOf(4)); // whatever the two left to each other
  expect(namesIn(dirname(folder))).toEqual(['model']);
}, 60_000);

test('the folders of a writer at work elsewhere are left alone, those of a dead one are removed', async () => {
  const parent = freshFolder();
  const folder = join(parent, 'model');
  // A save that gets stuck before its folder takes the place of the model.
  let proceed = (): void => {};
  const stuck = new Promise<void>((resolve) => {
    proceed = resolve;
  });
  const waiting: FileSystem = {
    ...nodeFiles,
    rename: async (...parts) => {
      await stuck;
      return nodeFiles.rename(...parts);
    },
  };
  const slow = save(folder, modelOf(2), waiting);
  while (!readdirSync(parent).some((name) => name.includes('unfinished'))) await new Promise((go) => setImmediate(go));
  const [unfinished = ''] = readdirSync(parent);
  const [host] = unfinished.slice('.model.headgate-unfinished-'.length).split('.');
  const { pid } = await run(process.execPath, ['-p', 'process.pid']).then(({ stdout }) => ({ pid: Number(stdout) }));
  const dead = `.model.headgate-unfinished-${host}.${pid}.0a1b2c3d.x`;
  const elsewhere = `.model.headgate-previous-ffffffff.${pid}.0a1b2c3d.x-1`;
  await nodeFiles.mkdir(join(parent, dead));
  await nodeFiles.mkdir(join(parent, elsewhere));
  await save(folder, modelOf(1));
  expect(namesIn(parent)).toEqual([elsewhere, unfinished, 'model'].sort());
  proceed();
  await slow;
  expect(await valueIn(folder)).toBe(2);
});

test('a writer that dies at any call beside one that lives leaves a whole model, and nothing once the next has saved', async () => {
  const seen = new Set<number | undefined>();
  for (let calls = 0; ; calls++) {
    const folder = join(freshFolder(), 'model');
    await save(folder, modelOf(1));
    const { files: dying, crashed } = crashingFiles(calls);
    await Promise.all([
      save(folder, modelOf(2), dying).catch(() => {}),
      save(folder, modelOf(3), dawdling(turnsFrom(calls + 1))),
    ]);
    const value = await valueIn(folder);
    expect([2, 3]).toContain(value); // the second was told that its model is saved
    seen.add(value);
    await save(folder, modelOf(4));
    expect([await valueIn(folder), namesIn(dirname(folder))]).toEqual([4, ['model']]);
    if (!crashed()) break;
  }
  expect(seen).toContain(3);
});

test('a folder that is replaced at every reading is refused by name, and loads when it rests', async () => {
  const folder = join(freshFolder(), 'model');
  await save(folder, modelOf(1));
  let time = 1_000_000;
  const restless: FileSystem = {
    ...nodeFiles,
    readdir: (async (path: string) => {
      await nodeFiles.utimes(join(folder, 'headgate.json'), time, ++time); // as another file of that name would have
      return nodeFiles.readdir(path);
    }) as FileSystem['readdir'],
  };
  await expect(load(folder, undefined, restless)).rejects.toThrow(/^MODEL_CHANGING at .*replaced 100 times/);
  expect(await valueIn(folder)).toBe(1);
});

test('a message says where the old model lies when it could not be put back', async () => {
  const parent = freshFolder();
  const folder = join(parent, 'model');
  await save(folder, modelOf(1));
  let renames = 0;
  const failing: FileSystem = {
    ...nodeFiles,
    rename: async (...parts) => {
      if (++renames > 1) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
      return nodeFiles.rename(...parts);
    },
  };
  const thrown = await save(folder, modelOf(2), failing).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(HeadgateError);
  expect(thrown).toMatchObject({ code: 'SAVE_FAILED', problem: expect.stringContaining('whole beside the folder') });
  expect(await valueIn(folder)).toBe(1);
  await save(folder, modelOf(3));
  expect([await valueIn(folder), namesIn(parent)]).toEqual([3, ['model']]);
});

test('a message does not call untouched what was replaced', async () => {
  const folder = join(freshFolder(), 'model');
  await save(folder, modelOf(1));
  const failing: FileSystem = {
    ...nodeFiles,
    open: (async (path: string, flags: string) => {
      if (path === dirname(folder)) throw new Error('EIO: i/o error'); // it is opened to be synced
      return nodeFiles.open(path, flags);
    }) as FileSystem['open'],
  };
  const thrown = await save(folder, modelOf(2), failing).catch((error: unknown) => error);
  expect(thrown).toMatchObject({ code: 'SAVE_FAILED', problem: expect.stringContaining('it is in its place') });
  expect(await valueIn(folder)).toBe(2);
});

test('a file that appears in the folder after it was looked at is not lost', async () => {
  const parent = freshFolder();
  const folder = join(parent, 'model');
  await save(folder, modelOf(1));
  let isFirst = true;
  const late: FileSystem = {
    ...nodeFiles,
    rename: async (...parts) => {
      if (isFirst) await nodeFiles.writeFile(join(folder, 'notes.txt'), 'mine');
      isFirst = false;
      return nodeFiles.rename(...parts);
    },
  };
  await expect(save(folder, modelOf(2), late)).rejects.toThrow(/^NOT_A_MODEL_FOLDER at .*model\/notes\.txt/);
  expect(await nodeFiles.readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
  expect(namesIn(parent)).toEqual(['model']);
});

test('a reader that comes between two renames, whenever it looks, looks again', async () => {
  const folder = join(freshFolder(), 'model');
  await save(folder, modelOf(1));
  let looks = 0;
  const gone = (): Error => Object.assign(new Error('ENOENT: no such file or directory'), { code: 'ENOENT' });
  // The folder is seen, and moved away before anything in it is read: four times over.
  const moved: FileSystem = {
    ...nodeFiles,
    open: (async (path: string, flags: string) => {
      if (looks++ < 8) throw gone();
      return nodeFiles.open(path, flags);
    }) as FileSystem['open'],
    readdir: (async (path: string) => {
      if (looks < 8) throw gone();
      return nodeFiles.readdir(path);
    }) as FileSystem['readdir'],
  };
  const { weights } = await load(folder, undefined, moved);
  expect(weights['open/kernel']?.data[0]).toBe(1);
  expect(looks).toBeGreaterThan(8);
});
