/** @file What TensorBoard is told of an epoch: a number by its tag. */
import type { EpochRecord, MetricValues } from '../train/history.js';

/**
 * Numbers by tag. What is not defined in this epoch, such as the loss of a task without a label, has no point at all:
 * TensorBoard has no null, and 0 would be a lie.
 */
export function epochScalars(record: EpochRecord): ReadonlyMap<string, number> {
  const scalars = new Map<string, number>();
  const add = (prefix: string, values: Readonly<Record<string, number | null>>): void => {
    for (const [name, value] of Object.entries(values)) if (value !== null) scalars.set(`${prefix}/${name}`, value);
  };
  const addMetrics = (prefix: string, metrics: MetricValues<string>): void => {
    for (const [path, values] of Object.entries(metrics)) add(`${prefix}/${path}`, values);
  };
  const { validation } = record;
  scalars.set('total_loss/train', record.loss);
  add('loss/train', record.tasks);
  if (validation !== null) {
    scalars.set('total_loss/validation', validation.loss);
    add('loss/validation', validation.tasks);
    addMetrics('metric/validation', validation.metrics);
    if (validation.endToEnd !== undefined) addMetrics('metric/end_to_end', validation.endToEnd);
  }
  add('weight', record.weights);
  scalars.set('fit/learning_rate', record.learningRate);
  scalars.set('fit/penalty', record.penalty);
  scalars.set('fit/data_wait', record.dataWait);
  scalars.set('fit/seconds', record.seconds);
  return scalars;
}
