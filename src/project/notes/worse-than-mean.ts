/** @file Notes about a regression that says less of the validation rows than the mean of their labels does. */
import { type Note, note } from '../../notes.js';
import type { History } from '../../train/history.js';

/** Of the epoch whose weights the project has; none without validation rows. */
export function worseThanMean({ epochs, kept }: History): readonly Note[] {
  const record = kept === null ? epochs.at(-1) : epochs.find(({ epoch }) => epoch === kept.epoch);
  const metrics = record?.validation?.metrics ?? {};
  return Object.entries(metrics).flatMap(([path, { r2 = null }]) => {
    if (r2 === null || r2 >= 0) return [];
    const text =
      `On the validation rows its R² is ${r2.toPrecision(2)}: the mean of their labels, which is 0, says more. ` +
      'More epochs, standardised inputs or another loss may help; or the inputs say nothing of it.';
    return note('WORSE_THAN_MEAN', path, text);
  });
}
