import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { binary } from '../../../src/tasks/binary.js';
import { boundedRegression } from '../../../src/tasks/bounded-regression.js';
import { classification } from '../../../src/tasks/classification.js';
import type { TaskKind } from '../../../src/tasks/kind.js';
import { balancedAccuracy, confusionCounts as countDecisions } from '../../../src/tasks/metrics/counts.js';
import { rankingOf, rocAucOf } from '../../../src/tasks/metrics/ranking.js';
import { multilabel } from '../../../src/tasks/multilabel.js';
import { regression } from '../../../src/tasks/regression.js';
import { allResults, chunks, confusionCounts, results, viewOf, viewOfLogits } from '../view.js';

// numbers of scikit-learn: scripts/fixtures/make_metric_fixtures.py
const numbers = z.array(z.number());
const matrix = z.array(numbers);
const expected = z.record(z.string(), z.number().nullable());
const fixtures = z
  .object({
    binary: z.array(
      z.object({
        name: z.string(),
        scores: numbers,
        labels: numbers,
        expected,
        balanced_accuracy: z.number(),
        confusion: matrix,
      }),
    ),
    classification: z.array(
      z.object({
        name: z.string(),
        classes: z.number(),
        topK: numbers,
        scores: matrix,
        labels: numbers,
        expected,
        confusion: matrix,
      }),
    ),
    multilabel: z.array(
      z.object({ name: z.string(), scores: matrix, labels: matrix, expected, confusion: z.array(matrix) }),
    ),
    regression: z.array(z.object({ name: z.string(), labels: numbers, predictions: numbers, expected })),
  })
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/metrics.json', import.meta.url), 'utf8')));

function expectNumbers(received: Record<string, number | null>, wanted: Record<string, number | null>): void {
  expect(Object.keys(received)).toEqual(Object.keys(wanted));
  for (const [name, value] of Object.entries(wanted)) {
    if (value === null) expect(received[name], name).toBeNull();
    else expect(received[name], name).toBeCloseTo(value, 12);
  }
}

const classesOf = (count: number) => Array.from({ length: count }, (_, i) => `class ${i}`);

describe('as scikit-learn computes them', () => {
  test.each(fixtures.binary)('binary: $name', (given) => {
    const view = viewOf(binary(), { rows: given.labels.length, activated: given.scores, labels: given.labels });
    expectNumbers(results(binary(), view), given.expected);
    expect(confusionCounts(binary(), view)).toEqual([given.confusion]);
    expect(balancedAccuracy(countDecisions(view.decoded, view.labels))).toBeCloseTo(given.balanced_accuracy, 12);
  });

  test.each(fixtures.classification)('classification: $name', (given) => {
    const classes = classesOf(given.classes);
    const kind = classification({ classes, topK: given.topK });
    const view = viewOf(kind, { rows: given.labels.length, activated: given.scores.flat(), labels: given.labels });
    expectNumbers(results(kind, view), given.expected);
    expect(confusionCounts(kind, view)).toEqual([given.confusion]);
  });

  test.each(fixtures.multilabel)('multilabel: $name', (given) => {
    const classes = classesOf(given.labels[0]?.length ?? 0);
    const kind = multilabel({ classes });
    const view = viewOf(kind, {
      rows: given.labels.length,
      activated: given.scores.flat(),
      labels: given.labels.flat(),
    });
    const received = results(kind, view);
    expect(Object.keys(received).sort()).toEqual(Object.keys(given.expected).sort());
    const ordered = Object.fromEntries(Object.keys(received).map((name) => [name, given.expected[name] ?? null]));
    expectNumbers(received, ordered);
    expect(confusionCounts(kind, view)).toEqual(given.confusion);
    expect(
      kind
        .confusion?.()
        .result()
        .map(({ name }) => name),
    ).toEqual(classes);
  });

  test.each(fixtures.regression)('regression: $name', (given) => {
    const view = viewOf(regression(), {
      rows: given.labels.length,
      activated: given.predictions,
      labels: given.labels,
    });
    expectNumbers(results(regression(), view), given.expected);
  });
});

test('bounded regression measures in label units, and as a share of the range', () => {
  const kind = boundedRegression({ min: 10, max: 50 });
  const view = viewOf(kind, { rows: 2, activated: [0.5, 0.25], labels: [34, 16] });
  expect([...view.decoded]).toEqual([30, 20]);
  expect(results(kind, view)).toEqual({
    mean_absolute_error: 4,
    root_mean_squared_error: 4,
    r2: 1 - 32 / 162,
    normalised_mean_absolute_error: 0.1,
  });
});

test.each([1e300, 1e-300])('labels around %d: their squares are no numbers, and the metric says so', (unit) => {
  const kind = regression({ standardise: { mean: 0, deviation: unit } });
  const view = viewOfLogits(kind, {
    rows: 3,
    logits: Float32Array.of(1, 3, 9),
    activated: [1, 3, 9],
    labels: [unit, 2 * unit, 4 * unit],
  });
  const notes = allResults(kind, [view]).flatMap(({ name, value, note }) =>
    value === null ? [`${name}: ${note}`] : [],
  );
  const why = 'its squares are beyond the range of float64: give the labels in another unit';
  expect(notes).toEqual([`root_mean_squared_error: ${why}`, `r2: ${why}`]);
  expect((results(kind, view).mean_absolute_error ?? 0) / unit).toBeCloseTo(2, 12);
});

const kinds: readonly TaskKind[] = [
  binary(),
  classification({ classes: ['a', 'b', 'c', 'd'] }),
  multilabel({ classes: ['a', 'b'] }),
  boundedRegression({ min: 0, max: 1 }),
  regression(),
];

test.each(kinds)('$kind without rows: every result is there, with the same name and no value', (kind) => {
  const width = kind.units;
  const one = viewOf(kind, {
    rows: 1,
    activated: Array(width).fill(0.25),
    labels: Array(kind.width).fill(0),
  });
  const none = results(kind, viewOf(kind, { rows: 0, activated: [], labels: [] }));
  expect(Object.keys(none)).toEqual(Object.keys(results(kind, one)));
  expect(Object.values(none).every((value) => value === null)).toBe(true);
});

test('the top ranks of a classification default to 3 and 5 below the number of classes', () => {
  const names = (count: number) =>
    classification({ classes: classesOf(count) })
      .metrics[0]?.start()
      .results()
      .map(({ name }) => name);
  expect(names(3)).toEqual(['accuracy']);
  expect(names(4)).toEqual(['accuracy', 'accuracy_top3']);
  expect(names(6)).toEqual(['accuracy', 'accuracy_top3', 'accuracy_top5']);
});

test('top-k breaks equal activations as decoding does: the class declared first ranks higher', () => {
  const kind = classification({ classes: ['a', 'b', 'c'], topK: 2 });
  const view = viewOf(kind, { rows: 3, activated: Array(9).fill(1 / 3), labels: [0, 1, 2] });
  expect(results(kind, view)).toMatchObject({ accuracy: 1 / 3, accuracy_top2: 2 / 3, roc_auc_macro: 0.5 });
});

test('accuracy_top5 beside a sort of each row; equal logits gain nothing, and chunks change nothing', () => {
  const kind = classification({ classes: classesOf(9) });
  const row = fc.record({
    logits: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 9, maxLength: 9 }), // many are equal
    label: fc.integer({ min: 0, max: 8 }),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 7 }), (rows, size) => {
      const hits = rows.filter(({ logits, label }) => {
        const order = logits.map((logit, i) => ({ logit, i })).sort((a, b) => b.logit - a.logit || a.i - b.i);
        return order.slice(0, 5).some(({ i }) => i === label);
      });
      const logits = Float32Array.from(rows.flatMap((one) => one.logits));
      const labels = rows.map(({ label }) => label);
      const view = viewOfLogits(kind, { rows: rows.length, logits, activated: [...logits], labels });
      expect(results(kind, ...chunks(kind, view, size)).accuracy_top5).toBe(hits.length / rows.length);
    }),
  );
  // a model that says the same of every class is right in 5 of 9
  const labels = classesOf(9).map((_, i) => i);
  const same = viewOfLogits(kind, { rows: 9, logits: new Float32Array(81), activated: Array(81).fill(1 / 9), labels });
  expect(results(kind, same).accuracy_top5).toBe(5 / 9);
});

test('a partly labelled multilabel counts elements, and says on how many rows a class rests', () => {
  const kind = multilabel({ classes: ['red', 'green', 'blue'] });
  const view = viewOf(kind, {
    rows: 3,
    activated: [0.9, 0.9, 0.9, 0.9, 0.1, 0.9, 0.1, 0.1, 0.9],
    labels: [1, 0, 0, 1, 0, 0, 1, 0, 0],
    counted: [1, 1, 0, 1, 1, 0, 1, 0, 0],
  });
  const all = allResults(kind, [view]);
  const find = (name: string) => all.find((result) => result.name === name);
  expect(find('accuracy')).toEqual({ name: 'accuracy', value: 3 / 5 });
  // no row is labelled in full: nothing can be said of whole rows
  expect(find('subset_accuracy')).toEqual({ name: 'subset_accuracy', value: null, rows: 0 });
  expect(find('recall[red]')).toEqual({ name: 'recall[red]', value: 2 / 3, rows: 3, class: 'red' });
  expect(find('precision[green]')).toEqual({ name: 'precision[green]', value: 0, rows: 2, class: 'green' });
  expect(find('f1_score[blue]')).toEqual({ name: 'f1_score[blue]', value: null, rows: 0, class: 'blue' });
  // means over red and green; blue has no label
  expect(find('f1_score_macro')?.value).toBeCloseTo((0.8 + 0) / 2, 12);
  expect(find('f1_score_micro')?.value).toBeCloseTo(4 / 6, 12);
});

test('an uncounted element changes no metric, whatever its label', () => {
  const kind = multilabel({ classes: ['red', 'green'] });
  const parts = { rows: 2, activated: [0.9, 0.2, 0.3, 0.6], counted: [1, 0, 1, 1] };
  const zero = viewOf(kind, { ...parts, labels: [1, 0, 0, 1] });
  const one = viewOf(kind, { ...parts, labels: [1, 1, 0, 1] });
  expect(results(kind, one)).toEqual(results(kind, zero));
});

const scored = fc.array(fc.record({ score: fc.integer({ min: 0, max: 6 }), label: fc.integer({ min: 0, max: 1 }) }), {
  minLength: 1,
  maxLength: 40,
});

const split = (rows: readonly { readonly score: number; readonly label: number }[]) => {
  const of = (label: number) => Float32Array.from(rows.flatMap((row) => (row.label === label ? [row.score] : [])));
  return { positives: of(1), negatives: of(0) };
};

test('ROC-AUC is the share of pairs ranked rightly, equal scores counting half', () => {
  fc.assert(
    fc.property(scored, (rows) => {
      let pairs = 0;
      let won = 0;
      for (const a of rows.filter(({ label }) => label === 1)) {
        for (const b of rows.filter(({ label }) => label === 0)) {
          pairs++;
          won += a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0;
        }
      }
      for (const received of [rankingOf(split(rows)).rocAuc, rocAucOf(split(rows))]) {
        if (pairs === 0) expect(received).toBeNull();
        else expect(received).toBeCloseTo(won / pairs, 12);
      }
    }),
  );
});

test('average precision is the area under the steps of precision over recall', () => {
  fc.assert(
    fc.property(scored, (rows) => {
      const positives = rows.filter(({ label }) => label === 1).length;
      let area = 0;
      let before = 0;
      for (const limit of [6, 5, 4, 3, 2, 1, 0]) {
        const selected = rows.filter(({ score }) => score >= limit);
        const hits = selected.filter(({ label }) => label === 1).length;
        if (selected.length > 0) area += (hits / positives - before) * (hits / selected.length);
        before = hits / positives;
      }
      const received = rankingOf(split(rows)).averagePrecision;
      if (positives === 0) expect(received).toBeNull();
      else expect(received).toBeCloseTo(area, 12);
    }),
  );
});
