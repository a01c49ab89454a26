/** @file The metrics of a binary task. */
import { at } from '../arrays.js';
import type { Metric, MetricFold } from '../kind.js';
import { decisionConfusion } from './confusion.js';
import { accuracy, f1Score, precision, recall } from './counts.js';
import { startDecisions } from './decisions.js';
import { keepScores, POSITIVE, UNCOUNTED } from './kept-scores.js';
import { rankingOf } from './ranking.js';

/**
 * `accuracy`, `f1_score`, `precision`, `recall` of the decisions (0 where nothing is divided by nothing), `roc_auc`
 * (null with one class of labels) and `average_precision` (null without positives) of the logits.
 */
export const binaryMetrics: readonly Metric[] = Object.freeze([
  Object.freeze<Metric>({ name: 'decisions', direction: 'maximise', start: startDecisionMetrics }),
  Object.freeze<Metric>({ name: 'ranking', direction: 'maximise', start: startRanking }),
]);

const decisionsOf = startDecisions(1);
export const binaryConfusion = decisionConfusion([null], decisionsOf);

function startDecisionMetrics(): MetricFold {
  const decisions = decisionsOf();
  return {
    add: decisions.add,
    results: () => {
      const counts = decisions.of(0);
      const isEmpty = counts.tp + counts.fp + counts.tn + counts.fn === 0;
      return Object.entries({ accuracy, f1_score: f1Score, precision, recall }).map(([name, metric]) => ({
        name,
        value: isEmpty ? null : metric(counts),
      }));
    },
  };
}

function startRanking(): MetricFold {
  const kept = keepScores(1);
  return {
    add: ({ rows, logits, labels, counted }) => {
      if (!kept.hasRoom(rows)) return;
      kept.add(logits, (row) => (at(counted, row) === 0 ? UNCOUNTED : at(labels, row) === 1 ? POSITIVE : 0));
    },
    results: () => {
      const [scores] = kept.columns([0]);
      const note = kept.note();
      const { rocAuc, averagePrecision } = scores && note === null ? rankingOf(scores) : NOTHING;
      const told = note === null ? {} : { note };
      return [
        { name: 'roc_auc', value: rocAuc, ...told },
        { name: 'average_precision', value: averagePrecision, ...told },
      ];
    },
  };
}

const NOTHING = { rocAuc: null, averagePrecision: null };
