import { afterEach, expect, test, vi } from 'vitest';
import { Table } from '../../src/data/table.js';

afterEach(() => {
  vi.doUnmock('danfojs-node');
  vi.resetModules();
});

test('toDanfo gives a DataFrame with the columns in order and NaN where values are missing', async () => {
  const table = Table.fromColumns({ age: [29, null, 2.5], sex: ['female', 'male', null], alive: [true, false, null] });
  const frame = await table.toDanfo();
  expect(frame.shape).toEqual([3, 3]);
  expect(frame.columns).toEqual(['age', 'sex', 'alive']);
  expect(frame.values).toEqual([
    [29, 'female', true],
    [Number.NaN, 'male', false],
    [2.5, Number.NaN, Number.NaN],
  ]);
});

test('without danfojs-node, toDanfo says what to install', async () => {
  vi.doMock('danfojs-node', () => {
    throw new Error("Cannot find package 'danfojs-node'");
  });
  await expect(Table.fromColumns({ x: [1] }).toDanfo()).rejects.toMatchObject({
    code: 'MISSING_PACKAGE',
    path: 'danfojs-node',
    mend: expect.stringContaining('npm overrides'),
  });
});
