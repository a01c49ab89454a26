import nodeFiles, { symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readBounded } from '../../src/files/bounded-file.js';
import type { FileSystem } from '../../src/files/folder-place.js';
import { freshFolder } from '../deploy/saved-model.js';

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);

async function fileOf(content: Uint8Array): Promise<string> {
  const path = join(freshFolder(), 'file');
  await writeFile(path, content);
  return path;
}

/** Files whose reads give so many bytes at most, and which close as often as they open. */
function slowFiles(most: number): { files: FileSystem; open: () => number } {
  let open = 0;
  const files = {
    ...nodeFiles,
    open: async (path: string, flags: number) => {
      const handle = await nodeFiles.open(path, flags);
      open++;
      return {
        stat: (options: { bigint: true }) => handle.stat(options),
        read: (into: Uint8Array, offset: number, length: number, position: number) =>
          handle.read(into, offset, Math.min(length, most), position),
        close: async () => {
          open--;
          await handle.close();
        },
      };
    },
  };
  return { files: files as unknown as FileSystem, open: () => open }; // only the calls that reading makes
}

test('a file of the greatest size is read, one byte more is not', async () => {
  const path = await fileOf(bytes);
  expect((await readBounded(path, 100, nodeFiles)).bytes).toEqual(bytes);
  await expect(readBounded(path, 99, nodeFiles)).rejects.toMatchObject({
    code: 'FILE_TOO_LARGE',
    path,
    expected: 'at most 99 bytes',
    received: '100 bytes',
  });
  expect((await readBounded(await fileOf(new Uint8Array(0)), 0, nodeFiles)).bytes).toEqual(new Uint8Array(0));
});

test('a file that comes in pieces is whole, one that shrinks meanwhile is as long as what came, and both are closed', async () => {
  const path = await fileOf(bytes);
  for (const most of [1, 7, 99, 100]) {
    const { files, open } = slowFiles(most);
    expect((await readBounded(path, 100, files)).bytes).toEqual(bytes);
    expect(open()).toBe(0);
  }
  const { files, open } = slowFiles(0);
  expect((await readBounded(path, 100, files)).bytes).toEqual(new Uint8Array(0));
  await expect(readBounded(path, 1, files)).rejects.toThrow('FILE_TOO_LARGE');
  expect(open()).toBe(0);
});

test('a link, and a folder, are no file', async () => {
  const path = await fileOf(bytes);
  const link = `${path}-link`;
  await symlink(path, link);
  for (const wrong of [link, freshFolder()]) {
    await expect(readBounded(wrong, 100, nodeFiles)).rejects.toMatchObject({ code: 'NOT_A_FILE', path: wrong });
  }
});

test('what takes the place of a file after it was looked at is refused too', async () => {
  const path = await fileOf(bytes);
  const link = `${path}-link`;
  await symlink(path, link);
  const fooled: FileSystem = { ...nodeFiles, lstat: (() => nodeFiles.stat(path)) as unknown as FileSystem['lstat'] }; // of another
  await expect(readBounded(link, 100, fooled)).rejects.toMatchObject({ code: 'ELOOP' });
  await expect(readBounded(freshFolder(), 100, fooled)).rejects.toMatchObject({ code: 'NOT_A_FILE' });
});

test('the identity is that of the file as it is: another time, another size, another file', async () => {
  const path = await fileOf(bytes);
  const identity = async (of = path): Promise<string> => (await readBounded(of, 1000, nodeFiles)).identity;
  const first = await identity();
  expect(await identity()).toBe(first);
  expect(first.split('.')).toHaveLength(4);
  await utimes(path, 1, 1);
  const later = await identity();
  await writeFile(path, new Uint8Array(101));
  await utimes(path, 1, 1);
  const longer = await identity();
  const other = await fileOf(new Uint8Array(101));
  await utimes(other, 1, 1);
  expect(new Set([first, later, longer, await identity(other)]).size).toBe(4);
});
