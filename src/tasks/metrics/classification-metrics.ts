/** @file The metrics of a classification. */
import { at } from '../arrays.js';
import type { ConfusionMatrix, Metric, MetricView } from '../kind.js';
import { confusionTable, oneVersusRest, topAccuracy } from './classes.js';
import { addCounts, type ConfusionCounts, type CountMetric, f1Score, precision, recall } from './counts.js';
import { rocAuc } from './ranking.js';
import { macroAverage, single } from './view.js';

/**
 * `accuracy` of the decoded class and `accuracy_top{k}`; `f1`, `precision` and `recall` as `_macro` (mean over the
 * classes that occur among labels or predictions, as scikit-learn) and `_micro` (over all decisions, which with one
 * class a row equals accuracy); `roc_auc_macro` (each class against the rest; mean over the classes where it is
 * defined).
 */
export function classificationMetrics(classes: number, tops: readonly number[]): readonly Metric[] {
  return Object.freeze([accuracyMetric(classes, tops), ...averaged(classes), rocAucMetric(classes)]);
}

function accuracyMetric(classes: number, tops: readonly number[]): Metric {
  return Object.freeze<Metric>({
    name: 'accuracy',
    direction: 'maximise',
    compute: (view) => [
      { name: 'accuracy', value: view.rows === 0 ? null : hits(view) / view.rows },
      ...tops
        .filter((k) => k > 1)
        .map((k) => ({ name: `accuracy_top${k}`, value: topAccuracy(view.activated, view.labels, classes, k) })),
    ],
  });
}

function hits(view: MetricView): number {
  let count = 0;
  for (let row = 0; row < view.rows; row++) if (at(view.decoded, row) === at(view.labels, row)) count++;
  return count;
}

function averaged(classes: number): readonly Metric[] {
  const family = (name: string, metric: CountMetric): Metric =>
    Object.freeze<Metric>({
      name,
      direction: 'maximise',
      compute: (view) => {
        const counts = oneVersusRest(confusionTable(view.decoded, view.labels, classes));
        const occurring = counts.filter(({ tp, fp, fn }) => tp + fp + fn > 0);
        return [
          { name: `${name}_macro`, value: macroAverage(occurring.map(metric)) },
          { name: `${name}_micro`, value: view.rows === 0 ? null : metric(counts.reduce(addCounts, NONE)) },
        ];
      },
    });
  return [family('f1', f1Score), family('precision', precision), family('recall', recall)];
}

const NONE: ConfusionCounts = { tp: 0, fp: 0, tn: 0, fn: 0 };

function rocAucMetric(classes: number): Metric {
  return single('roc_auc_macro', (view) =>
    macroAverage(
      Array.from({ length: classes }, (_, c) => {
        const scores = new Float32Array(view.rows).map((_, row) => at(view.activated, row * classes + c));
        const labels = new Uint8Array(view.rows).map((_, row) => (at(view.labels, row) === c ? 1 : 0));
        return rocAuc(scores, labels);
      }),
    ),
  );
}

export function classificationConfusion(classes: readonly string[]): (view: MetricView) => readonly ConfusionMatrix[] {
  return (view) => [{ name: null, classes, counts: confusionTable(view.decoded, view.labels, classes.length) }];
}
