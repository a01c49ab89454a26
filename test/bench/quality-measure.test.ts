/** @file The quality bench trains and asks: steps, our networks' scores, the questions to peers, and their answers. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { binary, classification, regression, Table, uniforms, vector } from 'headgate';
import { expect, test } from 'vitest';
import { declare, type QualityCase, taskOf } from '../../bench/quality/case.js';
import { measureJoint, measureSingle, partsOf, usualSteps } from '../../bench/quality/measure.js';
import { askPeers, dataOf, questionOf } from '../../bench/quality/peers.js';

const ROWS = 400;
const [a, b] = ['a', 'b'].map((stream) => uniforms({ seed: 1, stream, counter: 0 }, ROWS));
const table = Table.fromRecords(
  Array.from({ length: ROWS }, (_, row) => {
    const [x, y] = [Number(a?.[row]), Number(b?.[row])];
    return { x, y, open: x > 0.5, side: y > 0.5 ? 'right' : 'left', width: 3 * x + y };
  }),
);
const quality: QualityCase = {
  name: 'doors',
  title: 'doors',
  inputs: { door: vector({ columns: ['x', 'y'] }) },
  tasks: {
    open: { kind: binary(), metric: 'roc_auc' },
    side: {
      kind: classification({ classes: ['left', 'right'] }),
      metric: 'accuracy',
      given: { task: 'open', holds: false },
    },
    width: { kind: regression(), metric: 'r2' },
  },
  shares: { train: 0.5, test: 0.25 },
  read: () => Promise.resolve(table),
};

test.each([
  [20, 256], // one step an epoch, at most 256 epochs
  [320, 2000],
  [330, 2002], // 11 steps an epoch, 182 epochs
  [32_000, 10_000], // at least 10 epochs
])('%i rows are trained on for %i steps', (rows, steps) => expect(usualSteps(rows)).toBe(steps));

test('as many steps as a fit has by the default number of epochs', async () => {
  const { epochs } = await declare(quality, ['open'], 1).fit(table.slice(0, 330), { progress: false });
  expect(epochs.length * Math.ceil(330 / 32)).toBe(usualSteps(330));
});

test('what can be told is told, by the one network and by each', async () => {
  const parts = partsOf(quality, table, 'full', 1);
  const [joint, single] = [await measureJoint(quality, parts, 1), await measureSingle(quality, parts, 1)];
  for (const scores of [joint, single]) {
    expect(Object.keys(scores)).toEqual(['open', 'side', 'width']);
    for (const score of Object.values(scores)) expect(score).toBeGreaterThan(0.9);
  }
});

test('a task without a label to learn from has no score', async () => {
  const parts = partsOf(quality, table, 'full', 1);
  const train = parts.train.slice(0, 40).derive('side', () => null);
  const blind = { train, test: parts.test };
  expect(await measureJoint(quality, blind, 1)).toMatchObject({ side: null, open: expect.any(Number) });
  expect(await measureSingle(quality, blind, 1)).toMatchObject({ side: null, open: expect.any(Number) });
});

test('peers are asked for the same rows and the labels that count', () => {
  const parts = partsOf(quality, table, 'half', 2);
  const question = questionOf(quality, table, { setting: 'half', seed: 2, parts });
  expect(question).toMatchObject({
    seed: 2,
    steps: usualSteps(200),
    train: [...parts.train.ids],
    test: [...parts.test.ids],
  });
  const labels: Record<string, (number | null)[]> = Reflect.get(question, 'labels');
  for (const [row, label] of (labels.side ?? []).entries()) {
    const side = parts.train.value(row, 'side');
    const counts = parts.train.value(row, 'open') === false && side !== null;
    expect(label).toBe(counts ? Number(side === 'right') : null);
  }
  expect(dataOf(quality, table)).toMatchObject({
    image: null,
    trees: null,
    tasks: [
      { name: 'open', type: 'binary' },
      { name: 'side', type: 'classes', classes: 2 },
      { name: 'width', type: 'number' },
    ],
  });
  expect(taskOf(quality.tasks, 'side').given?.task).toBe('open');
});

const python = process.env.HEADGATE_BENCH_PYTHON || null;

test.skipIf(python === null)(
  'scikit-learn and PyTorch learn it too (HEADGATE_BENCH_PYTHON)',
  async () => {
    const cache = await mkdtemp(path.join(tmpdir(), 'headgate-peers-'));
    try {
      const jobs = [{ setting: 'full', seed: 1, parts: partsOf(quality, table, 'full', 1) }] as const;
      const answers = await askPeers(quality, table, jobs, { python: python ?? '', cache });
      expect(answers.map(({ contestant }) => contestant)).toEqual(['linear', 'trees', 'torch', 'torchSingle']);
      for (const { scores } of answers) {
        for (const score of Object.values(scores)) expect(score).toBeGreaterThan(0.9);
      }
      const again = await askPeers(quality, table, jobs, { python: python ?? '', cache });
      expect(again).toEqual(answers);
    } finally {
      await rm(cache, { recursive: true });
    }
  },
  300_000,
);
