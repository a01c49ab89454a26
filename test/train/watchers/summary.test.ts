/** @file The table after a fit: what it says of each task, within 80 columns. */
import { expect, test } from 'vitest';
import { columnsOf } from '../../../src/text.js';
import type { EpochRecord } from '../../../src/train/history.js';
import { summaryLines } from '../../../src/train/watchers/summary.js';
import { worst } from '../../../src/train/watchers/worst.js';

type Numbers = Readonly<Record<string, number | null>>;

function record(epoch: number, tasks: Numbers, validation: Numbers | null, metric = 'accuracy'): EpochRecord {
  const metrics = Object.fromEntries(Object.keys(tasks).map((path) => [path, { [metric]: epoch / 4, f1_score: null }]));
  return {
    ...{ epoch, loss: 1, tasks, penalty: 0, weights: {}, learningRate: 0.1, seconds: 1, dataWait: 0 },
    validation: validation === null ? null : { loss: 1, tasks: validation, metrics },
  };
}

const epochs = [
  record(1, { 'person.shirt': 1, age: 2 }, { 'person.shirt': 0.9, age: null }),
  record(2, { 'person.shirt': 0.5, age: null }, { 'person.shirt': 0.6, age: null }),
  record(3, { 'person.shirt': 0.25, age: 0.00012 }, { 'person.shirt': 0.7, age: null }),
];
const kept = { epoch: 2, monitor: 'validation loss', value: 0.6 };

test('first and last training loss, the best validation and its epoch, a metric of the epoch that was kept', () => {
  expect(summaryLines({ epochs, kept })).toEqual([
    'task           first     last  validation  epoch  at epoch 2',
    'person.shirt  1.0000   0.2500      0.6000      2  accuracy 0.5000',
    'age           2.0000  1.20e-4           –      –  accuracy 0.5000',
  ]);
  const last = summaryLines({ epochs, kept: null }, { metrics: ['accuracy', 'f1_score'] });
  expect(last).toEqual([
    'task           first     last  validation  epoch  accuracy  f1_score',
    'person.shirt  1.0000   0.2500      0.6000      2    0.7500         –',
    'age           2.0000  1.20e-4           –      –    0.7500         –',
  ]);
});

test('of equal validation losses, the first epoch is the best; a skipped validation is none', () => {
  const equal = [record(1, { a: 1 }, { a: 0.5 }), record(2, { a: 1 }, null), record(3, { a: 1 }, { a: 0.5 })];
  expect(summaryLines({ epochs: equal, kept: null })[1]).toBe(
    'a     1.0000  1.0000      0.5000      1  accuracy 0.7500',
  );
});

test('without a validation, its columns are not there; without an epoch, no table', () => {
  const [first] = [record(1, { a: 0.5 }, null)];
  expect(summaryLines({ epochs: [first], kept: null })).toEqual(['task   first    last', 'a     0.5000  0.5000']);
  expect(summaryLines({ epochs: [], kept: null })).toEqual([]);
});

test('every width: long and wide names are cut in the middle and stay apart, columns go from the right', () => {
  const names = [
    'street.person.clothes.upper.shirt.colour.bright',
    '街道.人物.衣服.上衣.衬衫.颜色.明亮的.非常长的名字',
    'a\u001b[2Jb',
  ];
  const same = [1, 2].map((i) => `${'x'.repeat(60)}${i}${'y'.repeat(60)}`);
  const tasks = Object.fromEntries([...names, ...same].map((path) => [path, 123456.5]));
  const long = [record(1, tasks, tasks, 'mean_absolute_percentage_error')];
  for (let columns = 1; columns <= 100; columns++) {
    for (const metrics of [undefined, ['mean_absolute_percentage_error', 'f1_score']]) {
      const lines = summaryLines({ epochs: long, kept: null }, { columns, metrics });
      expect(lines).toHaveLength(6);
      for (const line of lines)
        expect(columnsOf(line), `${columns}`).toBeLessThanOrEqual(Math.max(1, Math.min(80, columns) - 1));
      expect(lines.join('')).not.toContain('\u001b');
    }
  }
  const lines = summaryLines({ epochs: long, kept: null });
  expect(lines[0]).toMatch(/first +last +validation +epoch +at epoch 1$/);
  expect(new Set(lines).size).toBe(6);
  const asked = summaryLines({ epochs: long, kept: null }, { metrics: ['mean_absolute_percentage_error', 'f1_score'] });
  expect(asked[0]).toMatch(/first +last +validation +epoch +mean_…rror +f1_score$/);
  expect(summaryLines({ epochs: long, kept: null }, { columns: 40 })[0]).toMatch(/^task +first +last$/);
});

test('of many tasks, the 20 of the greatest losses, in their order', () => {
  const paths = Array.from({ length: 110 }, (_, i) => `t${i}`);
  const tasks = Object.fromEntries(paths.map((path, i) => [path, i % 5 === 0 && i < 100 ? 2 + i : 1]));
  const lines = summaryLines({ epochs: [record(1, tasks, null)], kept: null });
  expect(lines.slice(1, -1).map((line) => line.split(' ')[0])).toEqual(
    Array.from({ length: 20 }, (_, i) => `t${i * 5}`),
  );
  expect(lines.at(-1)).toBe('… and 90 more');
});

test('the worst: those without a loss last, of equal ones the first', () => {
  const losses: Numbers = { a: null, b: 1, c: null, d: 3, e: 1 };
  const of = (most: number) => worst(Object.keys(losses), most, (path) => losses[path] ?? null).join('');
  expect([0, 1, 2, 3, 4, 5].map(of)).toEqual(['', 'd', 'bd', 'bde', 'abde', 'abcde']);
});
