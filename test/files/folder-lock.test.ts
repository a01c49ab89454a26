/** @file Who may write into a folder. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { lockFolder } from '../../src/files/folder-lock.js';

const root = mkdtempSync(join(tmpdir(), 'headgate-lock-'));
afterAll(() => rmSync(root, { recursive: true }));

let dir = '';
let host = '';
beforeEach(async () => {
  dir = join(mkdtempSync(join(root, 'run-')), 'deep', 'run');
  const release = await lockFolder(dir);
  host = (readdirSync(dir)[0] ?? '').slice('.headgate-lock-'.length).split('.')[0] ?? '';
  await release();
  expect(readdirSync(dir)).toEqual([]);
});

const refused = { code: 'RUN_IN_USE' };
const dead = spawnSync(process.execPath, ['-e', '']).pid;

test('one at a time; two at once are never both let in', async () => {
  const release = await lockFolder(dir);
  await expect(lockFolder(dir)).rejects.toMatchObject({ ...refused, path: dir });
  await release();
  const both = await Promise.allSettled([lockFolder(dir), lockFolder(dir)]);
  expect(both.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(2);
  for (const one of both) if (one.status === 'fulfilled') await one.value();
  await (await lockFolder(dir))();
  expect(readdirSync(dir)).toEqual([]);
});

test('a dead process holds nothing; a living one, one elsewhere and one of unknown name do', async () => {
  const leave = (name: string) => writeFileSync(join(dir, `.headgate-lock-${name}`), '');
  leave(`${host}.${dead}.00000000.x`);
  await (await lockFolder(dir))();
  expect(readdirSync(dir)).toEqual([]);
  for (const name of [`${host}.${process.ppid}.00000000.x`, `ffffffff.${dead}.00000000.x`, 'somebody']) {
    leave(name);
    const path = join(dir, `.headgate-lock-${name}`);
    await expect(lockFolder(dir)).rejects.toMatchObject({ ...refused, mend: expect.stringContaining(path) });
    expect(readdirSync(dir)).toEqual([`.headgate-lock-${name}`]);
    rmSync(path);
  }
});

test('a process before with this one’s number is dead; another thread of this one is not', async () => {
  const path = join(dir, `.headgate-lock-${host}.${process.pid}.00000000.x`);
  writeFileSync(path, '');
  await expect(lockFolder(dir)).rejects.toMatchObject(refused);
  utimesSync(path, 1e9, 1e9);
  await (await lockFolder(dir))();
  expect(readdirSync(dir)).toEqual([]);
});
