import { expect, test } from 'vitest';
import { type ChangingVerb, createLock, type ReadingVerb } from '../../src/project/lock.js';

const changing: readonly ChangingVerb[] = [
  'adopt',
  'apply',
  'assign',
  'fit',
  'fitTasks',
  'forget',
  'load',
  'meld',
  'merge',
  'remove',
  'revert',
  'sparsest',
  'tune',
  'use',
];
const reading: readonly ReadingVerb[] = [
  'compare',
  'delta',
  'describeData',
  'evaluate',
  'explain',
  'explainGraph',
  'extract',
  'findLearningRate',
  'interpret',
  'predict',
  'report',
  'save',
  'search',
  'select',
  'unitMasks',
];

/** A verb that ends when it is told to. */
function running() {
  let end = (): void => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, run: () => done };
}

test.each(changing)('%s excludes what changes the project and lets read what reads it', async (verb) => {
  const lock = createLock('camera');
  const first = running();
  const own = lock.changing(verb, first.run);
  for (const other of changing) {
    await expect(lock.changing(other, async () => 1)).rejects.toMatchObject({
      code: 'PROJECT_BUSY',
      path: 'camera',
      problem: `${other} was called while ${verb} is running`,
    });
  }
  for (const other of reading) expect(await lock.reading(other, async () => 7)).toBe(7);
  expect(lock.dispose).toThrow(`PROJECT_BUSY at camera: dispose was called while ${verb} is running`);
  first.end();
  await own;
  for (const other of changing) expect(await lock.changing(other, async () => 8)).toBe(8);
});

test.each(reading)('%s lets everything run beside it but dispose', async (verb) => {
  const lock = createLock('camera');
  const first = running();
  const own = lock.reading(verb, first.run);
  for (const other of reading) expect(await lock.reading(other, async () => 7)).toBe(7);
  for (const other of changing) expect(await lock.changing(other, async () => 8)).toBe(8);
  expect(lock.dispose).toThrow(`PROJECT_BUSY at camera: dispose was called while ${verb} is running`);
  first.end();
  await own;
  expect(lock.dispose()).toBe(true);
});

test('a verb that fails, at once or later, leaves the lock open', async () => {
  const lock = createLock('camera');
  const atOnce = (): Promise<never> => {
    throw new RangeError('at once');
  };
  const later = async (): Promise<never> => {
    await Promise.resolve();
    throw new RangeError('later');
  };
  for (const run of [atOnce, later]) {
    await expect(lock.changing('fit', run)).rejects.toThrow(RangeError);
    await expect(lock.reading('predict', run)).rejects.toThrow(RangeError);
  }
  expect(await lock.changing('fit', async () => 1)).toBe(1);
  expect(lock.dispose()).toBe(true);
});

test('after dispose: DISPOSED for everything, and a second dispose does nothing', async () => {
  const lock = createLock('camera');
  expect(lock.dispose()).toBe(true);
  expect(lock.dispose()).toBe(false);
  const disposed = { code: 'DISPOSED', path: 'camera' };
  for (const verb of changing) await expect(lock.changing(verb, async () => 1)).rejects.toMatchObject(disposed);
  for (const verb of reading) await expect(lock.reading(verb, async () => 1)).rejects.toMatchObject(disposed);
});

test('a verb starts before the call returns, so that what it reads is of that moment', () => {
  const lock = createLock('camera');
  const seen: string[] = [];
  void lock.reading('predict', async () => seen.push('predict'));
  void lock.changing('fit', async () => seen.push('fit'));
  expect(seen).toEqual(['predict', 'fit']);
});
