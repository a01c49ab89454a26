import { expect, test } from 'vitest';
import { bindTable } from '../../../src/data/bind.js';
import {
  binary,
  classification,
  multilabel,
  Project,
  type Row,
  recordsSource,
  regression,
  vector,
} from '../../../src/index.js';
import { trivialLosses } from '../../../src/project/notes/trivial-loss.js';
import { normals } from '../../../src/random.js';
import { layoutOf } from '../../../src/tasks/layout.js';
import type { EpochRecord, History } from '../../../src/train/history.js';

const { resolved } = new Project({
  name: 'trivial',
  inputs: { x: vector({ size: 1 }) },
  tasks: {
    open: binary(),
    port: classification({ classes: ['a', 'b', 'c'] }),
    traits: multilabel({ classes: ['hat', 'beard'] }),
    years: regression({ standardise: false }),
    boat: binary(),
  },
}).flow('full', (task, x) => {
  const open = task.open(x.features);
  return [
    open,
    task.port(x.features),
    task.traits(x.features),
    task.years(x.features),
    task.boat(x.features).given(open),
  ];
});

const rows: Row[] = Array.from({ length: 200 }, (_, i) => ({
  x: i,
  open: i % 5 === 0,
  port: i % 2 === 0 ? 'a' : i % 4 === 1 ? 'b' : 'c',
  traits: { hat: i % 10 === 0, beard: i % 3 === 0 ? null : i % 2 === 0 },
  years: i % 8 === 0 ? null : i % 7,
  boat: i % 4 === 0, // counts where it is open: 0, 5, 10, …
}));

const log = (share: number) => (share === 0 ? 0 : -share * Math.log(share));
/** What every row is given: the base rates, the mean. Nats and squared deviations. */
function naive(): Record<string, number> {
  const share = (of: (i: number) => boolean, among: (i: number) => boolean = () => true) => {
    const own = rows.flatMap((_, i) => (among(i) ? i : []));
    return own.filter(of).length / own.length;
  };
  const entropy = (p: number) => log(p) + log(1 - p);
  const years = rows.flatMap(({ years: one }) => (one === null ? [] : Number(one)));
  const mean = years.reduce((sum, one) => sum + one, 0) / years.length;
  const beards = rows.filter((_, i) => i % 3 !== 0).length;
  return {
    open: entropy(1 / 5),
    port: log(1 / 2) + 2 * log(1 / 4),
    // a mean over the elements that count
    traits:
      (200 * entropy(1 / 10) +
        beards *
          entropy(
            share(
              (i) => i % 2 === 0,
              (i) => i % 3 !== 0,
            ),
          )) /
      (200 + beards),
    years: years.reduce((sum, one) => sum + (one - mean) ** 2, 0) / years.length,
    boat: entropy(
      share(
        (i) => i % 4 === 0,
        (i) => i % 5 === 0,
      ),
    ),
  };
}

const paths = ['open', 'port', 'traits', 'years', 'boat'];
/** A fit whose last epoch has these shares of the trivial losses. */
function historyOf(
  tasks: Readonly<Record<string, number | null>>,
  epochs = 5,
  weights: Readonly<Record<string, number>> = {},
): History {
  const record = { tasks, weights: { ...Object.fromEntries(paths.map((path) => [path, 1])), ...weights } };
  return { epochs: Array.from({ length: epochs }, () => record as unknown as EpochRecord) } as unknown as History; // all that is read
}

function said(history: History, lossUnits: ReadonlyMap<string, number> = new Map(), size = rows.length, data = rows) {
  const learnt = new Map([...lossUnits].map(([path, lossUnit]) => [path, { kind: null, lossUnit }]));
  const layout = layoutOf(resolved, learnt);
  const watch = trivialLosses(layout);
  for (let start = 0; start < data.length; start += size) watch.see(bindTable(data.slice(start, start + size), layout));
  return watch.notes(history);
}

const scaled = (factor: number, units: ReadonlyMap<string, number> = new Map()) =>
  Object.fromEntries(Object.entries(naive()).map(([path, loss]) => [path, (loss * factor) / (units.get(path) ?? 1)]));

test('1 % below what one answer for all rows has is something; less is nothing', () => {
  const notes = said(historyOf(scaled(0.9905)));
  expect(notes.map(({ code, path }) => [code, path])).toEqual(paths.map((path) => ['TRIVIAL_LOSS', path]));
  expect(said(historyOf(scaled(0.996)))[0]?.text).toContain(
    'After 5 epochs its training loss is 0.996 of what the same answer',
  );
  expect(said(historyOf(scaled(0.9895)))).toEqual([]);
  expect(said(historyOf(scaled(0.9905)), new Map(), 32)).toEqual(notes);
});

test('losses are in the units of their tasks', () => {
  const units = new Map([
    ['open', 0.3],
    ['years', 4],
  ]);
  expect(said(historyOf(scaled(0.9905, units)), units)).toHaveLength(5);
  expect(said(historyOf(scaled(0.9895, units)), units)).toEqual([]);
});

test('few epochs, a task that does not count, one that is switched off, or one with equal labels: not a word', () => {
  expect(said(historyOf(scaled(1), 4))).toEqual([]);
  const changed = { ...scaled(0.9), open: null, port: scaled(1).port ?? null };
  expect(said(historyOf(changed)).map(({ path }) => path)).toEqual(['port']);
  expect(said(historyOf(changed, 5, { port: 0 }))).toEqual([]);
  const same = rows.map((row) => ({ ...row, port: 'a' }));
  expect(said(historyOf({ ...scaled(0.9), port: 0.5 }), new Map(), rows.length, same)).toEqual([]);
  expect(said(historyOf({}, 0))).toEqual([]);
});

const noise = normals({ seed: 1, stream: 'trivial', counter: 0 }, 2000);
const at = (i: number) => noise[i] ?? 0;
const project = () =>
  new Project({
    name: 'told',
    inputs: { x: vector({ columns: ['a', 'b'] }) },
    tasks: { told: binary(), years: regression(), chance: binary() },
    backbone: ({ x }) => ({ features: x }),
    seed: 1,
  }).flow('full', (task, x) => [task.told(x.features), task.years(x.features), task.chance(x.features)]);
const data = Array.from({ length: 400 }, (_, i) => {
  const [a, b] = [at(2 * i), at(2 * i + 1)];
  return { a, b, told: a + at(i + 800) > 0, years: 1990 + 3 * b + at(i + 1200), chance: at(i + 1600) > 0.8 };
});

test.each(['trivial', 'plain'] as const)(
  'a fit says it of the task that its inputs tell nothing of: %s units',
  async (lossUnits) => {
    for (const given of [data, recordsSource(data)]) {
      const { notes } = await project().fit(given, {
        ...{ engine: 'cpu', epochs: 12, progress: false, onNote: () => {}, lossUnits },
      });
      expect(notes.map(({ code, path }) => [code, path])).toEqual([['TRIVIAL_LOSS', 'chance']]);
    }
  },
);
