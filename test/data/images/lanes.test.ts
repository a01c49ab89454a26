/** @file Work on many rows: which failure is told, and who is alone. */
import { expect, test } from 'vitest';
import { unreadableRows } from '../../../src/data/images/image-source.js';
import { inLanes } from '../../../src/data/images/lanes.js';
import { createImageReader } from '../../../src/data/images/reader.js';
import { transformSchema } from '../../../src/data/images/transform.js';
import { alone, beside } from '../../../src/data/images/turns.js';
import { HeadgateError } from '../../../src/index.js';
import { readOptions } from '../../../src/options.js';

const turnsOf = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await Promise.resolve();
};

test('other work has its turn, also where nothing waits', async () => {
  let turns = 0;
  let isOver = false;
  const other = (): void => {
    if (isOver) return;
    turns++;
    setImmediate(other);
  };
  setImmediate(other);
  await inLanes(1000, async () => {});
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(Math.floor(1000 / 64 / 4)); // four lanes may wait for the same turn
});

test('each number once, and not all at a time', async () => {
  const done: number[] = [];
  let most = 0;
  let now = 0;
  await inLanes(50, async (i) => {
    most = Math.max(most, ++now);
    await turnsOf((i * 13) % 7);
    now--;
    done.push(i);
  });
  expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(4);
});

test('the first failure by number is thrown, when all others have ended, and no more are begun', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = inLanes(50, async (i) => {
    begun.push(i);
    await turnsOf(i === 4 ? 40 : 1); // the fourth fails long after the fifth
    ended.push(i);
    if (i === 4 || i === 5) throw new Error(`failed ${i}`);
  });
  await expect(work).rejects.toThrow('failed 4');
  expect(ended.sort()).toEqual(begun.sort());
  expect(begun.length).toBeLessThan(12);
});

test('who is alone is so: whoever began before has ended, whoever comes waits, and two are so in turn', async () => {
  const events: string[] = [];
  const work = (name: string) => async () => {
    events.push(`${name} begins`);
    await turnsOf(20);
    events.push(`${name} ends`);
  };
  const failing = beside(async () => {
    await turnsOf(30);
    throw new Error('failed');
  });
  const all = [beside(work('a')), alone(work('b')), beside(work('c')), alone(work('d')), beside(work('e'))];
  await expect(failing).rejects.toThrow('failed');
  await Promise.all(all);
  for (const name of ['b', 'd']) expect(events[events.indexOf(`${name} begins`) + 1]).toBe(`${name} ends`);
  expect(events.sort()).toEqual(['a', 'b', 'c', 'd', 'e'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test.each([
  ['ENOENT', true],
  ['EACCES', true],
  ['EMFILE', false],
  ['EIO', false],
])('a file that is not read for %s: left out %s', async (code, isLeftOut) => {
  const cause = Object.assign(new Error(code), { code });
  const facts = { code: 'UNREADABLE_FILE', path: 'a.png', problem: 'none', received: 'a.png' } as const;
  const transform = readOptions('imageFolder', transformSchema, { height: 1, width: 1 });
  const reader = await createImageReader(transform, undefined);
  const decode = async (_: unknown, i: number) => {
    if (i === 1) throw new HeadgateError(facts, { cause });
  };
  const found = unreadableRows(10, { count: 2, decode, reader, transform });
  if (isLeftOut) expect(await found).toEqual([{ row: 11, code: 'UNREADABLE_FILE', reason: 'a.png' }]);
  else await expect(found).rejects.toThrow('UNREADABLE_FILE');
});
