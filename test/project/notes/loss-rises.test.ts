import { expect, test } from 'vitest';
import { adamW, classification, type Note, Project, regression, sgd, vector } from '../../../src/index.js';
import { lossRises } from '../../../src/project/notes/loss-rises.js';
import { normals, uniforms } from '../../../src/random.js';
import type { EpochRecord } from '../../../src/train/history.js';
import type { FitControl, FitEvent } from '../../../src/train/watchers/watcher.js';

interface Epoch {
  readonly losses: readonly number[];
  readonly rate?: number;
  readonly weights?: readonly number[];
  /** Steps that an earlier fit took. */
  readonly taken?: number;
}

/** What is said of a fit with these losses, and before which epoch. */
function said(epochs: readonly Epoch[]): { readonly epoch: number; readonly note: Note }[] {
  const heard: { epoch: number; note: Note }[] = [];
  let epoch = 0;
  const watcher = lossRises((note) => heard.push({ epoch, note }));
  let weights: readonly number[] = [1];
  const tell = (event: FitEvent) => watcher.on(event, { weights } as FitControl); // it reads nothing else
  for (const { losses, rate = 0.1, weights: own = [1], taken = 0 } of epochs) {
    weights = own;
    epoch++;
    tell({ kind: 'epochBegin', epoch, step: taken, steps: null });
    losses.forEach((_, i) => {
      const step = taken + i + 1;
      const loss = losses.slice(0, i + 1).reduce((sum, one) => sum + one, 0) / (i + 1);
      tell({ kind: 'step', epoch, step, total: step, loss, learningRate: rate, dataWait: 0 });
    });
    tell({ kind: 'measure', epoch });
    tell({ kind: 'epoch', record: { epoch } as EpochRecord }); // likewise
  }
  return heard;
}

let drawn = 0;
/** Losses of one epoch about a mean. */
const around = (mean: number, deviation: number, steps = 20) =>
  Array.from(normals({ seed: 1, stream: 'losses', counter: drawn++ }, steps), (one) => mean + deviation * one);

test('a clear rise is said once, when its epoch ends, with what it rose from and to', () => {
  const heard = said([
    { losses: Array(10).fill(1) },
    { losses: Array(10).fill(0.5) },
    { losses: Array(10).fill(2) },
    { losses: Array(10).fill(4) },
  ]);
  expect(heard).toEqual([
    {
      epoch: 3,
      note: {
        code: 'LOSS_RISES',
        path: 'fit',
        text: 'The training loss rose from 0.5 (epoch 2) to 2 (epoch 3), at a learning rate of 0.1: try a smaller one, such as 0.01, or `clipNorm`.',
      },
    },
  ]);
});

test('loss that falls, stays or wavers: not a word in a thousand fits', () => {
  expect(said([1, 0.5, 0.4, 0.4].map((loss) => ({ losses: Array(10).fill(loss) })))).toEqual([]);
  expect(said([1, 1.04].map((loss) => ({ losses: Array(10).fill(loss) })))).toEqual([]);
  const wavering = Array.from({ length: 1000 }, () =>
    said(Array.from({ length: 3 }, () => ({ losses: around(1, 0.1) }))),
  );
  expect(wavering.filter((heard) => heard.length > 0).length).toBeLessThan(20);
});

test('first steps that rise are told when the next epoch lies below them', () => {
  const wild = [5.6, 430, 980, 73, 190, 54, 13, 6.5, 6, 10, 9, 8]; // AdamW at 0.1
  const heard = said([{ losses: wild }, { losses: [5, 4, 6, 5, 4, 5, 4, 5, 4, 5] }]);
  expect(heard.map(({ epoch, note }) => [epoch, note.text])).toEqual([
    [
      2,
      expect.stringMatching(/^In its first steps the training loss rose from 5.6 to 73, at a learning rate of 0.1: /),
    ],
  ]);
  // nothing below it: these batches differ so much
  expect(said([{ losses: wild }, { losses: [...Array(9).fill(5), 60] }])).toEqual([]);
  // nor does a loss below 0 that falls
  expect(said([{ losses: [-2, ...Array(9).fill(-2.5)] }, { losses: Array(10).fill(-3) }])).toEqual([]);
  // only the start of a fit is a start
  const calm = { losses: Array(10).fill(1000) };
  expect(said([calm, { losses: wild }, { losses: Array(10).fill(5) }])).toEqual([]);
  expect(said([{ losses: [2e6, ...Array(7).fill(4e9)] }, { losses: Array(8).fill(1e6) }])[0]?.note.text).toContain(
    'rose from 2.0e+6 to 4.0e+9',
  );
});

test('batches of which some hold a rare label, or none that counts, do not rise', () => {
  let seed = 0;
  const batch = (share: number, without: number) => {
    const [has = 0, how = 0] = uniforms({ seed: 2, stream: 'rare', counter: seed++ }, 2);
    return has < share ? without + 0.1 + how : without + without * how;
  };
  for (const share of [0.05, 0.3, 0.5, 0.8]) {
    for (const without of [0, 0.01]) {
      const fits = Array.from({ length: 500 }, () =>
        said(Array.from({ length: 2 }, () => ({ losses: Array.from({ length: 20 }, () => batch(share, without)) }))),
      );
      const atStart = fits.filter((heard) => heard[0]?.note.text.startsWith('In its first'));
      expect(atStart.length).toBeLessThan(3);
    }
  }
});

test('where the rate rises, where the balancer changes the weights, and where an epoch was begun before: not a word', () => {
  const low = { losses: Array(10).fill(1) };
  const high = { losses: Array(10).fill(2) };
  expect(
    said([
      { ...low, rate: 0.01 },
      { ...high, rate: 0.1 },
    ]),
  ).toEqual([]);
  expect(said([low, { ...high, weights: [2] }])).toEqual([]);
  expect(said([{ ...low, taken: 3 }, high])).toEqual([]);
  expect(said([low, high])).toHaveLength(1);
});

test('epochs of few steps are taken together', () => {
  const epoch = (loss: number) => ({ losses: [loss, loss, loss] });
  const heard = said([1, 1, 1, 2, 2, 2].map(epoch));
  expect(heard.map(({ epoch: of, note }) => [of, note.text.split(', at')[0]])).toEqual([
    [6, 'The training loss rose from 1 (epochs 1 to 3) to 2 (epochs 4 to 6)'],
  ]);
});

const rows = Array.from({ length: 320 }, (_, i) => {
  const x = [Math.sin(i), Math.cos(3 * i), Math.sin(7 * i)];
  return { x, side: x.indexOf(Math.max(...x)) };
});
const project = () =>
  new Project({
    name: 'sides',
    inputs: { x: vector({ size: 3 }) },
    tasks: { side: classification({ classes: ['a', 'b', 'c'] }) },
    seed: 1,
  }).flow('full', (task, x) => [task.side(x.features)]);
const fitting = { engine: 'cpu', epochs: 3, progress: false, onNote: () => {} } as const;

test('fits that learn say nothing', async () => {
  expect((await project().fit(rows, fitting)).notes).toEqual([]);
  expect((await project().fit(rows, { ...fitting, optimizer: adamW({ learningRate: 0.03 }) })).notes).toEqual([]);
});

test('a rate that adaptive moments make up for is told all the same', async () => {
  const { notes } = await project().fit(rows, { ...fitting, optimizer: adamW({ learningRate: 3 }) });
  expect(notes[0]?.code).toBe('LOSS_RISES');
});

test('of ever higher rates the first that does not converge is told, and none before it', async () => {
  const line = Array.from({ length: 32 }, (_, i) => ({ x: Math.cos(i), y: 2 * Math.cos(i) + Math.sin(5 * i) }));
  const trained = (learningRate: number) =>
    new Project({
      name: 'line',
      inputs: { x: vector({ size: 1 }) },
      tasks: { y: regression() },
      backbone: ({ x }) => ({ features: x }),
      seed: 1,
    })
      .flow('full', (task, x) => [task.y(x.features)])
      .fit(line, { ...fitting, epochs: 40, optimizer: sgd({ learningRate }) });
  const rise = ({ epochs }: Awaited<ReturnType<typeof trained>>) => {
    const losses = epochs.map(({ loss }) => loss);
    return (losses.at(-1) ?? 0) / Math.min(...losses);
  };
  let rate = 0.05;
  let history = await trained(rate);
  while (history.notes.length === 0 && rate < 50) {
    expect(rise(history)).toBeLessThan(1.1);
    rate *= 1.1;
    history = await trained(rate);
  }
  expect(history.notes[0]?.code).toBe('LOSS_RISES');
  expect(rise(history)).toBeGreaterThan(1.1);
});
