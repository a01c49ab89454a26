/** @file Balancers of losses in fits: missing labels, conditions, and going on to the bit. */
import { expect, test } from 'vitest';
import { type Balancer, dynamicWeightAverage, firstEpochScale, type History } from '../../../src/index.js';
import { timeless } from '../run-in-parts.js';
import { bytesOf, declare, declared, options, rows, withSpare } from './balanced-project.js';

/** λ of equation 7 times the declared weight, task by task and word for word; null for a task that takes no part. */
function naiveAverage({ epochs }: History, epoch: number, path: string): number | null {
  if (epoch < 2) return declared[path] ?? 0;
  const w = (task: string): number | null => {
    const [l2, l1] = [epochs[epoch - 2]?.tasks[task] ?? null, epochs[epoch - 1]?.tasks[task] ?? null];
    return l1 === null || l2 === null ? null : l1 / l2;
  };
  const own = w(path);
  if (own === null) return null;
  const all = Object.keys(declared).flatMap((task) => w(task) ?? []);
  const sum = all.map((one) => Math.exp(one / 2)).reduce((a, b) => a + b, 0);
  return (((declared[path] ?? 0) * all.length) / sum) * Math.exp(own / 2);
}

function naiveScale({ epochs }: History, epoch: number, path: string): number | null {
  const first = epochs.slice(0, epoch).find(({ tasks }) => typeof tasks[path] === 'number')?.tasks[path] ?? null;
  return first === null ? (declared[path] ?? 0) : (declared[path] ?? 0) / first;
}

const balancers: readonly [Balancer, typeof naiveScale][] = [
  [dynamicWeightAverage(), naiveAverage],
  [firstEpochScale(), naiveScale],
];

for (const engine of ['cpu', 'onnx'] as const) {
  test.each(balancers)(
    `${engine}, $name: the history's own losses give its weights; parts are the whole`,
    async (balance, naive) => {
      const given = { ...options, engine, balance };
      const [whole, parts, aborted] = [declare(), declare(), declare()];
      const history = await whole.fit(withSpare, { ...given, epochs: 5 });
      for (const [epoch, { weights, loss, tasks }] of history.epochs.entries()) {
        for (const [path, weight] of Object.entries(weights)) {
          expect(weight, `${path} in epoch ${epoch + 1}`).toBeCloseTo(naive(history, epoch, path) ?? Number.NaN, 12);
        }
        expect(loss).toBeCloseTo(
          Object.entries(weights).reduce((sum, [path, weight]) => sum + weight * (Reflect.get(tasks, path) ?? 0), 0),
          10,
        );
      }
      expect(history.epochs[3]?.weights).not.toEqual(declared);

      await parts.fit(withSpare, { ...given, epochs: 3 });
      const second = await parts.fit(withSpare, { ...given, epochs: 2, continue: true });
      expect(timeless(second)).toEqual(timeless(history));
      expect(bytesOf(parts.model)).toEqual(bytesOf(whole.model));

      const controller = new AbortController();
      const first = await aborted.fit(withSpare, {
        ...given,
        epochs: 5,
        signal: controller.signal,
        watchers: [{ name: 'stop', on: (event) => event.kind === 'step' && event.total === 17 && controller.abort() }],
      });
      expect([first.ended, first.partial?.epoch, first.partial?.steps]).toEqual(['aborted', 4, 2]);
      expect(first.partial?.weights).toEqual(history.epochs[3]?.weights);
      const third = await aborted.fit(withSpare, { ...given, epochs: 2, continue: true });
      expect(timeless(third)).toEqual(timeless(history));
      expect(bytesOf(aborted.model)).toEqual(bytesOf(whole.model));
    },
  );
}

test('a task without labels takes no part; when they come, it joins', async () => {
  const own = declare();
  const given = { ...options, engine: 'cpu', balance: dynamicWeightAverage() } as const;
  const alone = await own.fit(rows, { ...given, epochs: 4 });
  for (const [epoch, { weights, tasks }] of alone.epochs.entries()) {
    expect([tasks.spare, weights.spare]).toEqual([null, 3]);
    expect(weights.open + weights.age / 2).toBeCloseTo(2, 12);
    expect(weights.open).toBeCloseTo(naiveAverage(alone, epoch, 'open') ?? Number.NaN, 12);
  }
  const joined = await own.fit(withSpare, { ...given, epochs: 3, continue: true });
  expect(joined.epochs.map(({ tasks }) => tasks.spare === null)).toEqual([true, true, true, true, false, false, false]);
  expect(joined.epochs.slice(4, 6).map(({ weights }) => weights.spare)).toEqual([3, 3]); // it has one loss, then two
  const { open, age, spare } = joined.epochs[6]?.weights ?? { open: 0, age: 0, spare: 0 };
  expect(open + age / 2 + spare / 3).toBeCloseTo(3, 12);
  expect(spare).toBeCloseTo(naiveAverage(joined, 6, 'spare') ?? Number.NaN, 12);
});

test('a task whose labels come later is scaled by the first epoch in which they count', async () => {
  const own = declare();
  const given = { ...options, engine: 'cpu', balance: firstEpochScale() } as const;
  await own.fit(rows, { ...given, epochs: 2 });
  const { epochs } = await own.fit(withSpare, { ...given, epochs: 2, continue: true });
  expect(epochs.slice(0, 3).map(({ weights }) => weights.spare)).toEqual([3, 3, 3]);
  expect(epochs[3]?.weights.spare).toBe(3 / (epochs[2]?.tasks.spare ?? Number.NaN));
  expect(epochs[3]?.weights.age).toBe(2 / (epochs[0]?.tasks.age ?? Number.NaN));
});
