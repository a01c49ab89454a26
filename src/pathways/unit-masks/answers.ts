/** @file Yes and no, counted: what labels say of a question, what a decision says, and how good that is. */

import type { Truth } from '../../data/dataset.js';
import type { Feed } from '../../data/feed.js';
import { MASK, TARGETS } from '../../data/ports.js';
import { labelStart } from '../../tasks/layout.js';
import type { ClassCounts, Question } from './question.js';

/** How often each answer counts in an epoch of a feed. */
export async function countAnswers(feed: Feed, { slot, element, value }: Question): Promise<ClassCounts> {
  const counts: ClassCounts = { yes: 0, no: 0 };
  for await (const { batch } of feed.batches(0, null)) {
    const targets = batch.tensors[TARGETS];
    const mask = batch.tensors[MASK];
    const [rows = 0, width = 0] = mask?.shape ?? [];
    for (let instance = 0; instance < rows * slot.positions; instance++) {
      const place = labelStart({ width }, slot, instance) + element;
      if (mask?.data[place] !== 1) continue;
      counts[targets?.data[place] === value ? 'yes' : 'no']++;
    }
  }
  return counts;
}

/** What was said of rows whose answer is known. */
export interface Answers {
  truePositives: number;
  falsePositives: number;
  trueNegatives: number;
  falseNegatives: number;
}

export const noAnswers = (): Answers => ({ truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 });

/**
 * Adds what is said of some rows.
 *
 * @param says of an instance: a row, or a position of one
 */
export function addAnswers(
  answers: Answers,
  { slot, element, value }: Question,
  { rows, layout, labels, mask }: Truth,
  says: (instance: number) => boolean,
): void {
  for (let instance = 0; instance < rows * slot.positions; instance++) {
    const place = labelStart(layout, slot, instance) + element;
    if (mask[place] !== 1) continue;
    const isYes = labels.values[place] === value;
    if (says(instance)) answers[isYes ? 'truePositives' : 'falsePositives']++;
    else answers[isYes ? 'falseNegatives' : 'trueNegatives']++;
  }
}

/** The answer of a decoded value. */
export function isDecodedYes(
  { slot, element, value }: Pick<Question, 'slot' | 'element' | 'value'>,
  decoded: Float64Array,
) {
  return (instance: number): boolean => decoded[instance * slot.width + element] === value;
}

/** Numbers of rows that count. */
export const totalOf = (answers: Answers): number => Object.values(answers).reduce((sum, count) => sum + count, 0);

export const answerMetrics = ['accuracy', 'balanced_accuracy', 'recall'] as const;

/** Each null where it is not defined; `balanced_accuracy` is the mean share of right answers among yes and among no. */
export function metricsOf(answers: Answers): Readonly<Record<(typeof answerMetrics)[number], number | null>> {
  const { truePositives, trueNegatives, falsePositives, falseNegatives } = answers;
  const total = totalOf(answers);
  const [yes, no] = [truePositives + falseNegatives, trueNegatives + falsePositives];
  const balanced = yes === 0 || no === 0 ? null : (truePositives / yes + trueNegatives / no) / 2;
  return {
    accuracy: total === 0 ? null : (truePositives + trueNegatives) / total,
    balanced_accuracy: balanced,
    recall: yes === 0 ? null : truePositives / yes,
  };
}

/** The same rows, answered by what most of them are; no where both are as many. */
export function majorityOf({ truePositives, trueNegatives, falsePositives, falseNegatives }: Answers): Answers {
  const [yes, no] = [truePositives + falseNegatives, trueNegatives + falsePositives];
  if (yes > no) return { ...noAnswers(), truePositives: yes, falsePositives: no };
  return { ...noAnswers(), trueNegatives: no, falseNegatives: yes };
}
