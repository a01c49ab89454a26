/** @file How much each task weighs in the total loss, epoch by epoch. */
import { HeadgateError, show } from '../errors.js';
import { isRecord } from '../options.js';
import { declaredWeights, type Layout } from '../tasks/layout.js';
import type { tf } from '../tf.js';
import type { EpochRecord } from './history.js';

export interface BalanceProgress {
  /** Epochs finished, over the whole run. */
  readonly epoch: number;
  /** Their records. */
  readonly records: readonly EpochRecord[];
  /** The weights that the tasks were declared with, by path, in flow order. */
  readonly declared: Readonly<Record<string, number>>;
}

/** Weighs tasks by the losses of the epochs before (or by nothing): a pure function, asked before each epoch. */
export interface LossBalancer {
  readonly name: string;
  /** What it reads; balancers that read gradients will be told apart by it. */
  readonly needs: 'losses';
  /** By task path; a task that is left out keeps the weight that it was declared with. */
  readonly weights: (progress: BalanceProgress) => Readonly<Record<string, number>>;
}

/**
 * Learns the tasks' weights in the step: one number a task, kept and trained by the optimizer beside the network's
 * parameters, at the fit's rate and without decay. The step descends Σ declared weight × (factor × loss + penalty), over the
 * tasks that count in it; the number of a task that does not keeps its value and its moments, to the bit.
 */
export interface StepBalancer {
  readonly name: string;
  readonly needs: 'step';
  /** What each task's number begins at. */
  readonly initial: number;
  /** `[tasks]` numbers -> `[tasks]` factors of the tasks' losses. Traced into the step. */
  readonly factors: (learnt: tf.Tensor1D) => tf.Tensor1D;
  /** `[tasks]` numbers -> `[tasks]` penalties. Traced into the step. */
  readonly penalties: (learnt: tf.Tensor1D) => tf.Tensor1D;
  /** The same as `factors`, of one number: for the record of an epoch. */
  readonly factor: (learnt: number) => number;
}

export type Balancer = LossBalancer | StepBalancer;

/**
 * Weights that are known beforehand: the same in all epochs, or a function of the epoch (from 0).
 *
 * @example fixedWeights((epoch) => ({ 'person.faceX1': epoch < 3 ? 1 : 5 }))
 */
export function fixedWeights(
  weights: Readonly<Record<string, number>> | ((epoch: number) => Readonly<Record<string, number>>),
): LossBalancer {
  return Object.freeze({
    name: 'fixedWeights',
    needs: 'losses',
    weights: ({ epoch }: BalanceProgress) => (typeof weights === 'function' ? weights(epoch) : weights),
  });
}

/**
 * The tasks' weights in an epoch, in flow order; where the step learns factors of them, as they were declared.
 *
 * @throws HeadgateError `UNKNOWN_TASK`, `INVALID_TASK_WEIGHT`
 */
export function weightsOf(
  balancer: Balancer | null,
  layout: Layout,
  finished: Omit<BalanceProgress, 'declared'>,
): readonly number[] {
  const weights = [...declaredWeights(layout)];
  if (balancer === null || balancer.needs === 'step') return weights;
  const declared: Record<string, number> = Object.create(null);
  for (const { task } of layout.slots) declared[task.path] = task.kind.weight;
  const progress: BalanceProgress = { ...finished, declared };
  const given: unknown = balancer.weights(progress);
  if (!isRecord(given)) throw invalidWeight(balancer, 'weights', given, progress);
  for (const [path, weight] of Object.entries(given)) {
    if (typeof weight !== 'number' || !Number.isFinite(weight) || weight < 0) {
      throw invalidWeight(balancer, path, weight, progress);
    }
    weights[layout.slot(path).index] = weight;
  }
  return weights;
}

function invalidWeight({ name }: Balancer, path: string, received: unknown, { epoch }: BalanceProgress): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_TASK_WEIGHT',
    path,
    problem: `the balancer "${name}" gave no weight before epoch ${epoch + 1}`,
    expected: 'a finite number, 0 or more, by task path',
    received: show(received),
  });
}
