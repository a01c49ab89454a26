/** @file Windows refuses to rename what another process has open: there a save tries again; elsewhere it fails at once. */
import nodeFiles from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { load } from '../../src/deploy/load.js';
import { save } from '../../src/deploy/save.js';
import type { FileSystem } from '../../src/files/folder-place.js';
import { freshFolder, modelOf, namesIn } from '../deploy/saved-model.js';

const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor; // it is there

afterEach(() => {
  Object.defineProperty(process, 'platform', platform);
});

type Which = 'of the old folder' | 'of the new folder';

/** What saving over a model comes to when a rename fails twice with the code, and how often that rename was asked for. */
async function saving(on: string, code: string, which: Which): Promise<unknown> {
  const folder = join(freshFolder(), 'model');
  await save(folder, modelOf(1));
  let calls = 0;
  const busy: FileSystem = {
    ...nodeFiles,
    rename: async (from, to) => {
      const isAsked =
        which === 'of the old folder' ? from === folder : to === folder && String(from).includes('unfinished');
      if (isAsked && ++calls <= 2) throw Object.assign(new Error(`${code}: stubbed`), { code });
      return nodeFiles.rename(from, to);
    },
  };
  Object.defineProperty(process, 'platform', { ...platform, value: on });
  const thrown = await save(folder, modelOf(2), busy).catch((error: unknown) => error);
  Object.defineProperty(process, 'platform', platform);
  if (thrown !== undefined) expect(thrown).toMatchObject({ code: 'SAVE_FAILED', received: `${code}: stubbed` });
  expect(namesIn(dirname(folder))).toEqual(['model']);
  return [calls, (await load(folder)).weights['open/kernel']?.data[0]];
}

const both = ['of the old folder', 'of the new folder'] as const;

test.each(both.flatMap((which) => ['EPERM', 'EACCES', 'EBUSY'].map((code) => [code, which] as const)))(
  '%s at the rename %s is tried again on Windows alone',
  async (code, which) => {
    expect(await saving('win32', code, which)).toEqual([3, 2]);
    expect(await saving('linux', code, which)).toEqual([1, 1]);
  },
);

test.each(both)('another code at the rename %s is not tried again on Windows either', async (which) => {
  expect(await saving('win32', 'ENOSPC', which)).toEqual([1, 1]);
});
