/** @file Metrics as folds: chunks of any size, costs that grow with the classes only, ranks beyond saturation. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { at } from '../../../src/tasks/arrays.js';
import { binary } from '../../../src/tasks/binary.js';
import { boundedRegression } from '../../../src/tasks/bounded-regression.js';
import { classification } from '../../../src/tasks/classification.js';
import type { MetricView, TaskKind } from '../../../src/tasks/kind.js';
import { collect, meanMetric, metricOf } from '../../../src/tasks/metrics/fold.js';
import { keepScores, NEGATIVE, POSITIVE } from '../../../src/tasks/metrics/kept-scores.js';
import { oneVersusRestKeys } from '../../../src/tasks/metrics/one-versus-rest.js';
import { multilabel } from '../../../src/tasks/multilabel.js';
import { regression } from '../../../src/tasks/regression.js';
import { sigmoid } from '../../../src/tasks/sigmoid.js';
import { allResults, chunks, confusionCounts, results, viewOfLogits } from '../view.js';

const classesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `class ${i}`);

/** A fixed sequence in [0, 1): the tests must not depend on a generator. */
function sequence(seed: number): () => number {
  let state = (seed + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

const kinds: readonly TaskKind[] = [
  binary(),
  classification({ classes: classesOf(5), topK: [2, 3] }),
  multilabel({ classes: classesOf(3) }),
  boundedRegression({ min: -2, max: 6 }),
  regression({ standardise: { mean: 1.7e9, deviation: 30 } }),
];

/** Logits on a coarse grid, so that many are equal; some label elements are missing. */
function someView(kind: TaskKind, rows: number, seed: number): MetricView {
  const next = sequence(seed);
  const logits = Float32Array.from({ length: rows * kind.units }, () => Math.round(next() * 12 - 6) / 2);
  const label = (): number => {
    if (kind.kind === 'classification') return Math.floor(next() * kind.units);
    if (kind.kind === 'regression') return 1.7e9 + Math.round(next() * 100);
    return next() < 0.5 ? 1 : 0;
  };
  const labels = Array.from({ length: rows * kind.width }, label);
  // a row has at least one element that counts
  const counted = labels.map((_, i) => (kind.width === 1 || i % kind.width === 0 || next() < 0.7 ? 1 : 0));
  const activated = kind.kind === 'regression' ? [...logits] : Array.from(logits, sigmoid);
  return viewOfLogits(kind, { rows, logits, activated, labels, counted });
}

describe.each(kinds)('$kind', (kind) => {
  test('chunks of 1, of 7 and all at once give the very same results', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(), (rows, seed) => {
        const view = someView(kind, rows, seed);
        const whole = allResults(kind, [view]);
        for (const size of [1, 7]) {
          expect(allResults(kind, chunks(kind, view, size))).toEqual(whole);
          expect(confusionCounts(kind, ...chunks(kind, view, size))).toEqual(confusionCounts(kind, view));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('nothing added: every result is there, without a value', () => {
    const none = allResults(kind, []);
    expect(none.map(({ name }) => name)).toEqual(allResults(kind, [someView(kind, 4, 1)]).map(({ name }) => name));
    expect(none.every(({ value }) => value === null)).toBe(true);
  });
});

describe('metrics made from functions', () => {
  const view = someView(boundedRegression({ min: 0, max: 1 }), 9, 3);
  const cut = chunks(boundedRegression({ min: 0, max: 1 }), view, 2);

  test('metricOf sees all rows at once, however they came', () => {
    const median = metricOf('median_label', ({ labels }) => [...labels].sort()[4] ?? null, 'minimise');
    expect(median.direction).toBe('minimise');
    for (const views of [[view], cut]) {
      const fold = median.start();
      for (const one of views) fold.add(one);
      expect(fold.results()).toEqual([{ name: 'median_label', value: [...view.labels].sort()[4] }]);
    }
    expect(median.start().results()).toEqual([{ name: 'median_label', value: null }]);
  });

  test('collect joins every array', () => {
    const fold = collect((whole) => [{ name: 'rows', value: whole.rows }]);
    let seen: MetricView | null = null;
    const keeping = collect((whole) => {
      seen = whole;
      return [];
    });
    for (const one of cut) {
      fold.add(one);
      keeping.add(one);
    }
    keeping.results();
    expect(seen).toEqual(view);
    expect(fold.results()).toEqual([{ name: 'rows', value: 9 }]);
  });

  test('meanMetric keeps a sum', () => {
    const mean = meanMetric('mean_label', ({ labels }, row) => at(labels, row)).start();
    for (const one of cut) mean.add(one);
    const expected = view.labels.reduce((sum, label) => sum + label, 0) / 9;
    expect(mean.results()).toEqual([{ name: 'mean_label', value: expected }]);
  });
});

describe('ranks before scores saturate', () => {
  const rows = 12;
  const positive = (row: number): number => (row >= 6 ? 1 : 0);
  const labels = Array.from({ length: rows }, (_, row) => positive(row));
  const logits = (from: number, to: number): Float32Array =>
    Float32Array.from({ length: rows }, (_, row) => from + ((to - from) * row) / (rows - 1));

  test.each([
    [25, 30],
    [-30, -18],
    [80, 88],
  ])('binary: logits from %d to %d, ranked perfectly, are ranked perfectly', (from, to) => {
    const own = logits(from, to);
    const view = viewOfLogits(binary(), {
      rows,
      logits: own,
      activated: Array.from(own, (x) => Math.fround(sigmoid(x))),
      labels,
    });
    expect(results(binary(), view)).toMatchObject({ roc_auc: 1, average_precision: 1 });
  });

  test('multilabel: each class', () => {
    const kind = multilabel({ classes: ['a', 'b'] });
    const flat = Float32Array.from([...logits(25, 30)].flatMap((x, row) => [x, at(logits(-30, -18), row)]));
    const twice = labels.flatMap((label) => [label, label]);
    const view = viewOfLogits(kind, { rows, logits: flat, activated: Array(2 * rows).fill(1), labels: twice });
    expect(results(kind, view)).toMatchObject({ roc_auc_macro: 1, average_precision_macro: 1 });
  });

  test('classification: by the margin over the other classes, where the softmax is 1 to every digit', () => {
    const kind = classification({ classes: ['a', 'b', 'c'], topK: 2 });
    // the greater margin is that of the rows of class a; adding a number to a row changes nothing
    const shift = (row: number): number => (row * 7) % 5;
    const flat = [...logits(25, 30)].flatMap((margin, row) => [margin + shift(row), shift(row), shift(row) - 3]);
    const own = labels.map((label) => (label === 1 ? 0 : 1));
    const view = viewOfLogits(kind, {
      rows,
      logits: Float32Array.from(flat),
      activated: Array.from(flat, (_, i) => (i % 3 === 0 ? 1 : 0)),
      labels: own,
    });
    expect(results(kind, view)).toMatchObject({ roc_auc_macro: 1, accuracy_top2: 1 });
  });

  test('top-k tells classes apart whose probabilities are 0', () => {
    const kind = classification({ classes: ['a', 'b', 'c', 'd'], topK: 2 });
    const view = viewOfLogits(kind, {
      rows: 1,
      logits: Float32Array.of(0, -200, -150, -300),
      activated: [1, 0, 0, 0],
      labels: [1],
    });
    expect(results(kind, view).accuracy_top2).toBe(0);
  });

  test('the key of a class grows as its odds do, and is ln p up to a half', () => {
    const logit = fc.integer({ min: -40, max: 40 }).map((n) => n / 2);
    const row = fc.array(logit, { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(row, row, (a, b) => {
        const margin = (own: number[]): number => {
          const greatest = Math.max(...own.slice(1));
          return (
            (own[0] as number) - greatest - Math.log(own.slice(1).reduce((sum, x) => sum + Math.exp(x - greatest), 0))
          );
        };
        const keys = oneVersusRestKeys(Float32Array.from([...a, ...b]), 2, 3);
        const [first, second] = [margin(a), margin(b)];
        if (Math.abs(first - second) > 1e-4) expect(at(keys, 0) < at(keys, 3)).toBe(first < second);
        if (first <= 0) expect(at(keys, 0)).toBeCloseTo(first - Math.log1p(Math.exp(first)), 5);
      }),
    );
  });
});

/** Bytes that `run` allocates in typed arrays, and entries in arrays of a given length. */
function allocated(run: () => void): number {
  let bytes = 0;
  const originals = { Float32Array, Float64Array, Uint8Array, Uint32Array, Int32Array, Array } as const;
  const counted = Object.fromEntries(
    Object.entries(originals).map(([name, original]) => [
      name,
      new Proxy(original, {
        construct: (target, args: unknown[], self) => {
          const made: unknown = Reflect.construct(target, args, self);
          if (typeof args[0] === 'number' && Array.isArray(made)) bytes += 8 * made.length;
          else if (args.length === 1 && ArrayBuffer.isView(made)) bytes += made.byteLength;
          return made as object;
        },
        get: (target, key) => {
          const own: unknown = Reflect.get(target, key, target);
          if (key !== 'from' || typeof own !== 'function') return own;
          return (...args: unknown[]) => {
            const made: unknown = Reflect.apply(own, target, args);
            bytes += ArrayBuffer.isView(made) ? made.byteLength : Array.isArray(made) ? 8 * made.length : 0;
            return made;
          };
        },
      }),
    ]),
  );
  Object.assign(globalThis, counted);
  try {
    run();
  } finally {
    Object.assign(globalThis, originals);
  }
  return bytes;
}

/** The view with logits that count how often one of them is read. */
function counting(view: MetricView): { readonly view: MetricView; readonly reads: () => number } {
  let reads = 0;
  const logits = new Proxy(view.logits, {
    get: (target, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
      const own: unknown = Reflect.get(target, key, target);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
  return { view: { ...view, logits }, reads: () => reads };
}

describe('many classes', () => {
  const measure = (kind: TaskKind, rows: number): { readonly bytes: number; readonly reads: number } => {
    const { view, reads } = counting(someView(kind, rows, 5));
    const bytes = allocated(() => {
      allResults(kind, [view]);
      const confusion = kind.confusion?.();
      confusion?.add(view);
      confusion?.result();
    });
    return { bytes, reads: reads() };
  };

  test.each([
    ['classification', (n: number): TaskKind => classification({ classes: classesOf(n) }), 5],
    ['multilabel', (n: number): TaskKind => multilabel({ classes: classesOf(n) }), 2],
  ])('%s: bytes and looks at scores grow with the classes, not with their square', (_, make, looks) => {
    const rows = 50;
    const some = measure(make(400), rows);
    const twice = measure(make(800), rows);
    expect(twice.bytes / some.bytes).toBeLessThan(2.1);
    // one number a score, and what does not depend on the rows
    expect(twice.bytes).toBeLessThan(800 * (rows * 5 + 16 * 8 + 100));
    expect(twice.reads).toBeLessThanOrEqual((looks * 800 + 10) * rows);
  });

  test('only pairs that occurred are in the confusion table', () => {
    const kind = classification({ classes: classesOf(1000) });
    const fold = kind.confusion?.();
    fold?.add(someView(kind, 20, 1));
    expect(fold?.result()[0]?.cells.length).toBeLessThanOrEqual(20);
  });

  test('beyond a limit nothing is kept, and the note says why there is no value', () => {
    const kept = keepScores(3, 10);
    expect(kept.hasRoom(2)).toBe(true);
    kept.add(new Float32Array(6), (_, column) => (column === 0 ? POSITIVE : NEGATIVE));
    expect([...kept.columns([0])].map(({ positives }) => positives.length)).toEqual([2]);
    expect(kept.note()).toBeNull();
    expect(kept.hasRoom(2)).toBe(false);
    expect([...kept.columns([0])].map(({ positives }) => positives.length)).toEqual([0]);
    expect(kept.note()).toBe(
      'ranking 4 rows of 3 scores would keep 12 numbers in memory (at most 10): evaluate fewer rows',
    );
  });
});
