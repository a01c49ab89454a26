/** @file Whose leftovers are removed: a file system of names and ages, so that every age and every kind of writer is there. */
import { basename, dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { type FileSystem, placeOf } from '../../src/files/folder-place.js';
import { ownName, released, removeLeftovers } from '../../src/files/leftovers.js';

const HOUR = 3_600_000;
const place = placeOf('/models/door');
const parent = dirname(place.folder);
const failing = (code: string): Error => Object.assign(new Error(code), { code });

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Names beside the folder, each with its age in milliseconds, or the code with which asking for it fails; what is left. */
async function left(beside: Readonly<Record<string, number | string>>, isThere = true): Promise<string[]> {
  vi.useFakeTimers({ toFake: ['Date'], now: 1000 * HOUR });
  const names = new Set(Object.keys(beside));
  const files = {
    readdir: async (folder: string) => {
      expect(folder).toBe(parent);
      return [...names];
    },
    lstat: async (path: string) => {
      if (path === place.folder) {
        if (!isThere) throw failing('ENOENT');
        return {};
      }
      const age = beside[basename(path)];
      if (typeof age !== 'number') throw failing(String(age));
      return { mtimeMs: Date.now() - age };
    },
    rm: async (path: string, options: object) => {
      expect([dirname(path), options]).toEqual([parent, { recursive: true, force: true }]);
      names.delete(basename(path));
    },
  };
  await removeLeftovers(place, files as unknown as FileSystem); // only the calls that it makes
  return [...names];
}

const own = ownName('here');
const [host, , instance] = own.split('.');
const previous = (name: string): string => `${basename(place.previous)}-${name}`;
const unfinished = (name: string): string => `${basename(place.unfinished)}-${name}`;
const DEAD = 2 ** 30; // no system has so many processes

test('a name is its host, its process, its instance and its own, and taken until it is released', async () => {
  expect(own).toMatch(new RegExp(`^[0-9a-f]{8}\\.${process.pid}\\.[0-9a-f]{8}\\.here$`));
  const mine = ownName('mine');
  const names = { [previous(`${mine}-1`)]: 99 * HOUR, [unfinished(mine)]: 99 * HOUR };
  expect(await left(names)).toEqual(Object.keys(names));
  released(mine);
  expect(await left({ ...names, [unfinished(own)]: 0 })).toEqual([unfinished(own)]);
});

test('what has nothing to do with the folder is left alone', async () => {
  const others = [
    'door',
    '.door',
    '.doors.headgate-previous-x',
    '.window.headgate-unfinished-x',
    'x.door.headgate-previous-x',
  ];
  expect(await left(Object.fromEntries(others.map((name) => [name, 999 * HOUR])))).toEqual(others);
});

test('names as version 0.1.0 gave them are of dead writers', async () => {
  expect(
    await left({ [previous('')]: 0, [basename(place.previous)]: 0, [unfinished('x')]: 0, [unfinished('x.y')]: 0 }),
  ).toEqual([]);
});

test.each([
  ['a dead process of this machine', `${host}.${DEAD}.${instance}.x`, -1],
  ['a living process of this machine', `${host}.${process.ppid}.${instance}.x`, 24 * HOUR],
  ['another copy of the module in this process', `${host}.${process.pid}.ffffffff.x`, HOUR],
  ['another machine', `00000000.${process.pid}.${instance}.x`, 24 * HOUR],
  ['another machine, where the process may be dead', `00000000.${DEAD}.${instance}.x`, 24 * HOUR],
])('of %s: removed when older than its time, and not before', async (_, name, age) => {
  const names = [previous(`${name}-1`), unfinished(name)];
  if (age >= 0) expect(await left(Object.fromEntries(names.map((one) => [one, age])))).toEqual(names);
  expect(await left(Object.fromEntries(names.map((one) => [one, age + 1])))).toEqual([]);
});

test("another user's process, which may not be asked, lives", async () => {
  const name = unfinished(`${host}.${DEAD}.${instance}.x`);
  const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
    throw failing('EPERM');
  });
  expect(await left({ [name]: HOUR })).toEqual([name]);
  expect(kill.mock.calls).toEqual([[DEAD, 0]]);
});

test('what goes while it is looked at is no leftover; what cannot be looked at is said', async () => {
  const name = unfinished(`00000000.1.${instance}.x`);
  expect(await left({ [name]: 'ENOENT' })).toEqual([name]);
  await expect(left({ [name]: 'EACCES' })).rejects.toThrow('EACCES');
});

test('where the folder is not there, what stands in for it stays', async () => {
  const names = [previous(`${host}.${DEAD}.${instance}.x-1`), unfinished(`${host}.${DEAD}.${instance}.x`)];
  expect(await left(Object.fromEntries(names.map((name) => [name, 0])), false)).toEqual(names);
});

test('places lie beside the folder, under hidden names of their own', () => {
  expect(placeOf(join('/models', 'x', '..', 'door'))).toEqual(place);
  expect(place).toEqual({
    folder: '/models/door',
    previous: '/models/.door.headgate-previous',
    unfinished: '/models/.door.headgate-unfinished',
  });
});
