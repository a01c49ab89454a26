/** @file The metrics of a classification. What is kept of the decisions grows with the classes, never with their square. */
import { at } from '../arrays.js';
import type { Metric, MetricFold, MetricResult } from '../kind.js';
import { type ConfusionCounts, type CountMetric, f1Score, precision, recall } from './counts.js';
import { increment, macroAverage } from './fold.js';
import { keepScores, NEGATIVE, POSITIVE } from './kept-scores.js';
import { oneVersusRestKeys } from './one-versus-rest.js';
import { rocAucOf } from './ranking.js';

/**
 * `accuracy` of the decoded class and `accuracy_top{k}`; `f1_score`, `precision` and `recall` as `_macro` (mean over the
 * classes that occur among labels or predictions, as scikit-learn) and `_micro` (over all decisions, which with one
 * class a row equals accuracy); `roc_auc_macro` (each class against the rest; mean over the classes where it is
 * defined).
 */
export function classificationMetrics(classes: number, tops: readonly number[]): readonly Metric[] {
  const metric = (name: string, start: Metric['start']): Metric =>
    Object.freeze<Metric>({ name, direction: 'maximise', start });
  return Object.freeze([
    metric('accuracy', () => startAccuracy(classes, tops)),
    metric('decisions', () => startAverages(classes)),
    metric('ranking', () => startRanking(classes)),
  ]);
}

/**
 * The share of rows whose label is decoded, and whose label is among the k classes of highest logit: of equal logits
 * the class that was declared first ranks higher, as in decoding.
 */
function startAccuracy(classes: number, tops: readonly number[]): MetricFold {
  const ranks = tops.filter((k) => k > 1);
  const within = new Float64Array(ranks.length);
  let rows = 0;
  let hits = 0;
  const rankOf = (logits: Float32Array, from: number, label: number): number => {
    const own = at(logits, from + label);
    let higher = 0;
    for (let c = 0; c < classes; c++) {
      const other = at(logits, from + c);
      if (other > own || (other === own && c < label)) higher++;
    }
    return higher;
  };
  return {
    add: (view) => {
      rows += view.rows;
      for (let row = 0; row < view.rows; row++) {
        const label = at(view.labels, row);
        if (at(view.decoded, row) === label) hits++;
        if (ranks.length === 0) continue;
        const rank = rankOf(view.logits, row * classes, label);
        for (let i = 0; i < ranks.length; i++) if (rank < at(ranks, i)) increment(within, i);
      }
    },
    results: () => [
      { name: 'accuracy', value: rows === 0 ? null : hits / rows },
      ...ranks.map((k, i) => ({ name: `accuracy_top${k}`, value: rows === 0 ? null : at(within, i) / rows })),
    ],
  };
}

function startAverages(classes: number): MetricFold {
  const right = new Float64Array(classes);
  const labelled = new Float64Array(classes);
  const decided = new Float64Array(classes);
  let rows = 0;
  let hits = 0;
  // true negatives are left out: none of the three asks for them
  const countsOf = (c: number): ConfusionCounts => {
    const tp = at(right, c);
    return { tp, fn: at(labelled, c) - tp, fp: at(decided, c) - tp, tn: 0 };
  };
  const averages = (name: string, metric: CountMetric): MetricResult[] => {
    const values = Array.from({ length: classes }, (_, c) =>
      at(labelled, c) + at(decided, c) > 0 ? metric(countsOf(c)) : null,
    );
    const micro = metric({ tp: hits, fp: rows - hits, fn: rows - hits, tn: 0 });
    return [
      { name: `${name}_macro`, value: macroAverage(values) },
      { name: `${name}_micro`, value: rows === 0 ? null : micro },
    ];
  };
  return {
    add: (view) => {
      rows += view.rows;
      for (let row = 0; row < view.rows; row++) {
        const label = at(view.labels, row);
        const decoded = at(view.decoded, row);
        increment(labelled, label);
        increment(decided, decoded);
        if (label !== decoded) continue;
        increment(right, label);
        hits++;
      }
    },
    results: () => [
      ...averages('f1_score', f1Score),
      ...averages('precision', precision),
      ...averages('recall', recall),
    ],
  };
}

function startRanking(classes: number): MetricFold {
  const kept = keepScores(classes);
  const occurring = new Set<number>();
  return {
    add: ({ rows, logits, labels }) => {
      if (!kept.hasRoom(rows)) return;
      for (let row = 0; row < rows; row++) occurring.add(at(labels, row));
      kept.add(oneVersusRestKeys(logits, rows, classes), (place, column) =>
        at(labels, (place - column) / classes) === column ? POSITIVE : NEGATIVE,
      );
    },
    results: () => {
      const note = kept.note();
      const name = 'roc_auc_macro';
      if (note !== null) return [{ name, value: null, note }];
      return [{ name, value: macroAverage(areas()) }];
    },
  };

  /** A class without a label has no area; neither has one that every row has. */
  function* areas(): Generator<number | null> {
    const chosen = [...occurring].sort((a, b) => a - b);
    for (const scores of kept.columns(chosen)) yield rocAucOf(scores);
  }
}
