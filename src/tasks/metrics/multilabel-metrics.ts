/** @file The metrics of a multilabel, each over the label elements that count. */
import { at } from '../arrays.js';
import type { ConfusionFold, Metric, MetricFold, MetricResult } from '../kind.js';
import { decisionConfusion } from './confusion.js';
import { accuracy, type ConfusionCounts, type CountMetric, f1Score, precision, recall } from './counts.js';
import { startDecisions } from './decisions.js';
import { macroAverage } from './fold.js';
import { keepScores, POSITIVE, UNCOUNTED } from './kept-scores.js';
import { rankingOf } from './ranking.js';

/**
 * `accuracy` is elementwise (1 - Hamming loss), as in dnn_cool; `subset_accuracy` is the share of rows with every class
 * right, over the rows with every label present. `f1_score`, `precision` and `recall` come as `_macro` (mean over
 * classes), `_micro` (over all elements) and for each class, `f1_score[red]`; `roc_auc_macro` and
 * `average_precision_macro` are means over the classes where they are defined. A class without a single label has no
 * part in a mean.
 */
export function multilabelMetrics(classes: readonly string[]): readonly Metric[] {
  const metric = (name: string, start: Metric['start']): Metric =>
    Object.freeze<Metric>({ name, direction: 'maximise', start });
  return Object.freeze([
    metric('decisions', () => startDecisionMetrics(classes)),
    metric('ranking', () => startRanking(classes.length)),
  ]);
}

/** One 2×2 table for each class. */
export function multilabelConfusion(classes: readonly string[]): () => ConfusionFold {
  return decisionConfusion(classes, startDecisions(classes.length));
}

function startDecisionMetrics(classes: readonly string[]): MetricFold {
  const decisions = startDecisions(classes.length)();
  const subset = startSubsetAccuracy(classes.length);
  return {
    add: (view) => {
      decisions.add(view);
      subset.add(view);
    },
    results: () => {
      const counts = classes.map((_, i) => decisions.of(i));
      const all = counts.reduce(add, NONE);
      const micro = (metric: CountMetric): number | null => (labelsIn(all) === 0 ? null : metric(all));
      const family = (name: string, metric: CountMetric): readonly MetricResult[] => {
        const values = counts.map((own) => (labelsIn(own) === 0 ? null : metric(own)));
        const ofClass = (label: string, i: number): MetricResult => ({
          name: `${name}[${label}]`,
          value: values[i] ?? null, // null: not defined
          rows: labelsIn(counts[i] ?? NONE),
          class: label,
        });
        return [
          { name: `${name}_macro`, value: macroAverage(values) },
          { name: `${name}_micro`, value: micro(metric) },
          ...classes.map(ofClass),
        ];
      };
      return [
        { name: 'accuracy', value: micro(accuracy) },
        ...subset.results(),
        ...family('f1_score', f1Score),
        ...family('precision', precision),
        ...family('recall', recall),
      ];
    },
  };
}

const NONE: ConfusionCounts = { tp: 0, fp: 0, tn: 0, fn: 0 };

function add(a: ConfusionCounts, b: ConfusionCounts): ConfusionCounts {
  return { tp: a.tp + b.tp, fp: a.fp + b.fp, tn: a.tn + b.tn, fn: a.fn + b.fn };
}

function labelsIn({ tp, fp, tn, fn }: ConfusionCounts): number {
  return tp + fp + tn + fn;
}

function startSubsetAccuracy(width: number): MetricFold {
  let rows = 0;
  let hits = 0;
  return {
    add: (view) => {
      for (let row = 0; row < view.rows; row++) {
        let complete = true;
        let right = true;
        for (let i = row * width; i < (row + 1) * width && complete; i++) {
          complete = at(view.counted, i) === 1;
          right &&= at(view.decoded, i) === at(view.labels, i);
        }
        if (complete) rows++;
        if (complete && right) hits++;
      }
    },
    results: () => [{ name: 'subset_accuracy', value: rows === 0 ? null : hits / rows, rows }],
  };
}

function startRanking(classes: number): MetricFold {
  const kept = keepScores(classes);
  return {
    add: ({ rows, logits, labels, counted }) => {
      if (!kept.hasRoom(rows)) return;
      // packed: labels are eight bytes each, and are kept as long as the scores
      const sides = new Uint8Array(labels.length);
      for (let i = 0; i < sides.length; i++) {
        if (at(counted, i) === 0) sides[i] = UNCOUNTED;
        else if (at(labels, i) === 1) sides[i] = POSITIVE;
      }
      kept.add(logits, (place) => at(sides, place));
    },
    results: () => {
      const note = kept.note();
      const areas: (number | null)[] = [];
      const precisions: (number | null)[] = [];
      if (note === null) {
        for (const scores of kept.columns(Array.from({ length: classes }, (_, i) => i))) {
          const { rocAuc, averagePrecision } = rankingOf(scores);
          areas.push(rocAuc);
          precisions.push(averagePrecision);
        }
      }
      const told = note === null ? {} : { note };
      return [
        { name: 'roc_auc_macro', value: macroAverage(areas), ...told },
        { name: 'average_precision_macro', value: macroAverage(precisions), ...told },
      ];
    },
  };
}
