/** @file An independent reference for the metrics of a binary task, one instance after another; no code of the library. */

/** One answer that counts: what was true, and the logit that was given. */
export interface Answer {
  readonly label: boolean;
  readonly logit: number;
}

const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);

/** Accuracy, precision, recall, F1 at probability 0.5, and ROC-AUC by counting pairs. */
export function naiveBinaryMetrics(answers: readonly Answer[]): Readonly<Record<string, number | null>> {
  const count = (label: boolean, decided: boolean): number =>
    answers.filter((answer) => answer.label === label && answer.logit > 0 === decided).length;
  const [tp, fp, fn, tn] = [count(true, true), count(false, true), count(true, false), count(false, false)];
  const precision = ratio(tp, tp + fp);
  const recall = ratio(tp, tp + fn);
  let wins = 0;
  let pairs = 0;
  for (const positive of answers.filter(({ label }) => label)) {
    for (const negative of answers.filter(({ label }) => !label)) {
      pairs++;
      wins += positive.logit > negative.logit ? 1 : positive.logit === negative.logit ? 0.5 : 0;
    }
  }
  return {
    accuracy: ratio(tp + tn, answers.length),
    precision,
    recall,
    f1_score: ratio(2 * precision * recall, precision + recall),
    roc_auc: pairs === 0 ? null : wins / pairs,
  };
}
