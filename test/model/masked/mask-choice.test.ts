/** @file Which entries each task keeps, held to what MANN chose. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  heldBy,
  keepEach,
  keepOfTheFree,
  keepOwnLessHeld,
  type RefuseCapacity,
} from '../../../src/model/masked/mask-choice.js';
import { keptAtPercentile } from '../../../src/model/masked/top-k.js';
import { mann } from './fixtures.js';
import { type Nested, numbers } from './layers.js';

const refuse: RefuseCapacity = (facts) => {
  throw facts;
};

function choice(tasks: readonly Nested[], percentile: number) {
  const scores = tasks.map((task) => Float32Array.from(numbers(task), Math.abs));
  const size = scores[0]?.length ?? 0;
  return { scores, open: scores.map(() => new Uint8Array(size).fill(1)), count: keptAtPercentile(size, percentile) };
}

const flat = (masks: readonly Uint8Array[]) => masks.map((mask) => [...mask]);
const gradient = mann.multi_gradient_injected;
const magnitude = mann.multi_magnitude;
const tensors = ['kernel', 'bias'] as const;

test.each(gradient.cases.filter(({ exclusive, percentile }) => !exclusive || percentile === 70))(
  'by gradients, percentile $percentile, exclusive $exclusive: the masks are MANN’s',
  ({ percentile, exclusive, ...masks }) => {
    for (const tensor of tensors) {
      const given = choice(gradient[`${tensor}_grad`], percentile);
      const kept = exclusive ? keepOfTheFree(given, refuse) : keepEach(given);
      expect(flat(kept)).toEqual(masks[`${tensor}_mask`].map((mask) => numbers(mask)));
    }
  },
);

test('exclusive runs out of capacity loudly, where MANN gives the third task everything', () => {
  const [full] = gradient.cases.filter(({ exclusive, percentile }) => exclusive && percentile === 50);
  expect(numbers(full?.kernel_mask[2] ?? []).every((one) => one === 1)).toBe(true); // the defect
  const run = () => keepOfTheFree(choice(gradient.kernel_grad, 50), refuse);
  expect(run).toThrow(expect.objectContaining({ task: 2, asked: 6, free: 0 }));
  const [torch] = magnitude.cases.filter(({ torch_prune, percentile }) => torch_prune === true && percentile === 50);
  expect(numbers(torch?.kernel_mask[2] ?? []).every((one) => one === 1)).toBe(true); // and in its PyTorch layers
  expect(() => keepOfTheFree(choice(magnitude.kernel, 50), refuse)).toThrow(expect.objectContaining({ task: 2 }));
});

test.each(magnitude.cases.filter(({ torch_prune }) => torch_prune !== true))(
  'by magnitude, percentile $percentile, exclusive $exclusive: the masks are MANN’s',
  ({ percentile, exclusive, ...masks }) => {
    for (const tensor of tensors) {
      const given = choice(magnitude[tensor], percentile);
      const kept = exclusive === true ? keepOwnLessHeld(given, refuse) : keepEach(given);
      expect(flat(kept)).toEqual(masks[`${tensor}_mask`].map((mask) => numbers(mask)));
    }
  },
);

test('MANN’s PyTorch rule takes the best of the free by magnitude', () => {
  const [torch] = magnitude.cases.filter(({ torch_prune, percentile }) => torch_prune === true && percentile === 70);
  for (const tensor of tensors) {
    const kept = keepOfTheFree(choice(magnitude[tensor], 70), refuse);
    expect(flat(kept)).toEqual(torch?.[`${tensor}_mask`].map((mask) => numbers(mask)));
  }
});

test('own less held: a task whose best are all held is refused, not left empty', () => {
  const given = choice(
    [
      [3, 2, 1, 0.5],
      [3, 2, 1, 0.5],
    ],
    50,
  );
  expect(() => keepOwnLessHeld(given, refuse)).toThrow(
    expect.objectContaining({ task: 1, asked: 2, free: 2, elsewhere: true }),
  );
});

test('what a dense mask keeps is not held: that task was not masked yet', () => {
  expect([...heldBy([Uint8Array.of(1, 1, 1), Uint8Array.of(0, 1, 0)], 3)]).toEqual([0, 1, 0]);
});

test('exclusive masks are disjoint, as many as asked, and open nothing that was masked', () => {
  const size = 12;
  const scores = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: size, maxLength: size });
  const open = fc.array(fc.constantFrom(0, 1), { minLength: size, maxLength: size });
  const task = fc.record({ scores, open });
  fc.assert(
    fc.property(fc.array(task, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 3 }), (tasks, count) => {
      const given = {
        scores: tasks.map((one) => Float32Array.from(one.scores)),
        open: tasks.map((one) => Uint8Array.from(one.open)),
        count,
      };
      const kept = keepOfTheFree(given, refuse);
      for (let i = 0; i < size; i++) expect(kept.filter((mask) => mask[i] === 1).length).toBeLessThan(2);
      for (const [t, mask] of kept.entries()) {
        expect(mask.every((one, i) => one <= Number(tasks[t]?.open[i]))).toBe(true);
        expect(mask.filter((one) => one === 1).length).toBeLessThanOrEqual(count);
      }
    }),
  );
});
