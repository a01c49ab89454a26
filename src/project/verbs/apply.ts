/** @file The verb `pathways.apply`. */
import { HeadgateError, listed } from '../../errors.js';
import { applyDelta, conflictsBetween, type Delta, isApplied, valuesAt } from '../../pathways/delta/delta.js';
import type { Thresholds } from '../../score/scores.js';
import type { Model } from '../model.js';
import type { AppliedDelta } from '../pathways/applied.js';
import { baseOf } from '../pathways/delta-base.js';
import { givenDelta, only } from '../pathways/given-delta.js';

/** Puts a delta's values in place. See `ProjectPathways.apply`. The caller holds the lock. */
export async function apply(model: Model, delta: unknown): Promise<void> {
  const { id, base, changes, thresholds } = await givenDelta(model, delta, 'pathways.apply.delta');
  const { network, pathways, learnt } = model;
  const values = network.store.split(model.snapshot().weights);
  const standing = model.applied.filter((one) => isApplied(values, one.changes));
  if (standing.some((one) => one.id === id)) {
    throw new HeadgateError({
      code: 'DELTA_APPLIED',
      path: 'pathways.apply.delta',
      problem: 'the project has this delta already',
      expected: 'a delta that is not applied',
      mend: 'Revert it first: `project.pathways.revert(delta)`.',
    });
  }
  const bare = standing.reduce((rest, one) => applyDelta(rest, one.before), values);
  if (baseOf({ values: bare, network, pathways, learnt }) !== base) throw otherBase(standing.length);
  requireDisjoint([...standing.map((one) => one.changes), changes]);
  requireThresholds(model, thresholds);
  const entry: AppliedDelta = {
    ...{ id, changes, thresholds, before: valuesAt(values, changes) },
    thresholdsBefore: new Map([...model.thresholds].filter(([path]) => thresholds.has(path))),
  };
  network.store.write(only(applyDelta(values, changes), Object.keys(changes)));
  model.keepThresholds(thresholds);
  model.applied = [...standing, entry];
}

function requireDisjoint(deltas: readonly Delta[]): void {
  const last = deltas.length - 1;
  const conflict = conflictsBetween(deltas).find(({ second }) => second === last);
  if (conflict === undefined) return;
  const { parameter, indices } = conflict;
  throw new HeadgateError({
    code: 'DELTA_CONFLICT',
    path: `${parameter}[${indices[0]}]`,
    problem: 'a delta that is applied changes this value, too',
    expected: 'deltas that change different values',
    received: `${indices.length} values of ${parameter} that both change`,
    mend: 'Revert the other delta first.',
  });
}

function requireThresholds({ thresholds: own }: Model, thresholds: Thresholds): void {
  for (const [path, numbers] of thresholds) {
    const expected = own.get(path);
    if (expected?.length === numbers.length) continue;
    throw new HeadgateError({
      code: 'INVALID_DELTA',
      path: `thresholds.${path}`,
      problem: 'the delta brings thresholds that the project has no place for',
      expected: expected === undefined ? `a task with thresholds: ${listed(own.keys())}` : `${expected.length} of them`,
      received: String(numbers.length),
    });
  }
}

function otherBase(others: number): HeadgateError {
  const without = others === 0 ? '' : `, without the ${others} deltas that it has applied`;
  return new HeadgateError({
    code: 'DELTA_BASE_MISMATCH',
    path: 'pathways.apply.delta',
    problem: `the delta was made over other weights than the project has${without}`,
    expected: 'the base of the delta, to the bit',
    mend: 'Load the base that the delta was made over.',
  });
}
