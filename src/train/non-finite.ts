/** @file What becomes of a step whose loss or gradient is not finite: the fit ends, or goes on without it. */
import type { HostTensor, HostTensors } from '../engine/engine.js';
import { HeadgateError } from '../errors.js';
import { layoutOrder } from '../score/loss.js';
import { outputOf } from '../score/loss-sums.js';
import type { Layout } from '../tasks/layout.js';
import type { SkippedSteps } from './history.js';

/** `skip`: the step is left out; `backOff`: that, and all rates are half as great from then on. */
export type OnNonFinite = 'stop' | 'skip' | 'backOff';

/** Where a fit stands with the steps that it left out, as plain data. */
export interface Skipping {
  /** Multiplies the rates of the steps to come. */
  readonly rateFactor: number;
  /** Steps left out since one was taken. */
  readonly inRow: number;
  /** Of the running epoch; null for none. */
  readonly ofEpoch: SkippedSteps | null;
}

export const NOTHING_SKIPPED: Skipping = { rateFactor: 1, inRow: 0, ofEpoch: null };

/** Steps in a row of which none may be taken: then the fit ends. */
const TOO_MANY = 10;

interface Place {
  /** From 0. */
  readonly epoch: number;
  readonly step: number;
  readonly ids: ArrayLike<number>;
}

/** @throws HeadgateError `NON_FINITE_LOSS` of the loss, and of a gradient where the step looked at them */
export function requireFinite(layout: Layout, outputs: HostTensors, { epoch, step, ids }: Place): void {
  const loss = outputOf(outputs, 'loss').data[0];
  const isOfLoss = !Number.isFinite(loss);
  if (!isOfLoss && outputs.finite?.data[0] !== 0) return;
  const sums = outputOf(outputs, 'sums').data;
  const place = layoutOrder(layout).findIndex((_, i) => !Number.isFinite(sums[i]));
  const task = layout.slots[layoutOrder(layout)[place] ?? -1]?.task.path;
  const named = Array.from({ length: Math.min(5, ids.length) }, (_, i) => ids[i]).join(', ');
  const rows = ids.length > 5 ? `${named}, …` : named;
  const what = isOfLoss ? `the loss became ${loss}` : 'a gradient became NaN or infinite, though the loss did not,';
  throw new HeadgateError({
    code: 'NON_FINITE_LOSS',
    path: task ?? (isOfLoss && !areFinite(outputs.penalty) ? 'regularisation' : 'weights'),
    problem: `${what} in epoch ${epoch + 1}, step ${step} (rows ${rows})`,
    expected: isOfLoss ? 'a finite loss' : 'finite gradients',
    received: isOfLoss ? String(loss) : 'NaN or infinity',
    mend: 'The step was undone. Lower the learning rate, set `clipNorm`, or look at these rows.',
  });
}

/**
 * After a step that was undone.
 *
 * @throws the error itself where the fit ends by it; `NON_FINITE_LOSS` where too many steps in a row were skipped
 */
export function skipping(policy: OnNonFinite, before: Skipping, error: unknown): Skipping {
  if (policy === 'stop' || !(error instanceof HeadgateError) || error.code !== 'NON_FINITE_LOSS') throw error;
  const { path, problem } = error;
  const inRow = before.inRow + 1;
  if (inRow >= TOO_MANY) throw goneWrong(path, `${problem}, and the ${TOO_MANY - 1} steps before it were skipped`);
  return {
    rateFactor: policy === 'backOff' ? before.rateFactor / 2 : before.rateFactor,
    inRow,
    ofEpoch:
      before.ofEpoch === null ? { steps: 1, path, problem } : { ...before.ofEpoch, steps: before.ofEpoch.steps + 1 },
  };
}

/** An epoch has ended: at least one of its steps was taken, or it has no loss. */
export function requireSteps(taken: number, { ofEpoch }: Skipping): void {
  if (taken > 0 || ofEpoch === null) return;
  throw goneWrong(ofEpoch.path, `${ofEpoch.problem}, and all steps of the epoch were skipped`);
}

function goneWrong(path: string, problem: string): HeadgateError {
  return new HeadgateError({
    code: 'NON_FINITE_LOSS',
    path,
    problem,
    expected: 'finite losses and gradients, but for some steps',
    mend: 'Nothing was learnt from these steps. Lower the learning rate, set `clipNorm`, or look at these rows.',
  });
}

/** True of what is absent, too. */
function areFinite(tensor: HostTensor | undefined): boolean {
  return tensor === undefined || tensor.data.every(Number.isFinite);
}
