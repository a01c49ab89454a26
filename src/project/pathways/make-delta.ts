/** @file Makes a delta of a project and its base. */
import { HeadgateError } from '../../errors.js';
import { deltaOf } from '../../pathways/delta/delta.js';
import { emptyMask, type Mask, packMask } from '../../pathways/masks/mask.js';
import type { Thresholds } from '../../score/scores.js';
import { baseOf, frameOf } from './delta-base.js';
import type { Resolved } from './resolved.js';
import { seen } from './seen.js';
import { type WeightDelta, weightDelta } from './weight-delta.js';

/**
 * @param tasks paths that it is limited to, in flow order; null for all
 * @throws HeadgateError `PARAMETER_MISMATCH`, `DELTA_BASE_MISMATCH`
 */
export function madeDelta(own: Resolved, base: Resolved, tasks: readonly string[] | null): WeightDelta {
  const [values, before] = [own, base].map(({ network, weights }) => network.store.split(weights));
  if (values === undefined || before === undefined) throw new Error('there are two');
  const masks = tasks === null ? {} : masksFor(own, tasks);
  const changes = deltaOf(before, values, { masks });
  if (frameOf(own) !== frameOf(base)) {
    throw new HeadgateError({
      code: 'DELTA_BASE_MISMATCH',
      path: 'pathways.delta.base',
      problem:
        'the two learnt other things of their data, or have other pathways: these weights mean nothing over the base’s',
      expected: `what ${own.name} began with`,
      received: base.name,
      mend: 'Load or adopt the base before the fit that tunes it; assign pathways before.',
    });
  }
  const thresholds = changedThresholds(own.thresholds, base.thresholds, tasks);
  return weightDelta({ project: own.name, base: baseOf({ ...base, values: before }), tasks, thresholds, changes });
}

/** Of each parameter what the tasks see of it: nothing of others' heads, all where one of them sees all. */
function masksFor({ network, pathways }: Resolved, tasks: readonly string[]): Readonly<Record<string, Mask>> {
  const masks: Record<string, Mask> = {};
  for (const { name, shape, owners } of network.store.parameters) {
    const own = tasks.filter((task) => owners.includes(task));
    if (own.length === 0) {
      masks[name] = emptyMask(shape);
      continue;
    }
    const sets = own.map((task) => {
      const pathway = pathways.find((one) => one.tasks.includes(task));
      return pathway === undefined ? null : seen({ network }, pathway, name);
    });
    if (sets.includes(null)) continue;
    const size = sets[0]?.length ?? 0;
    const any = Uint8Array.from({ length: size }, (_, i) => (sets.some((set) => set?.[i] === 1) ? 1 : 0));
    masks[name] = packMask(name, shape, any);
  }
  return masks;
}

function changedThresholds(own: Thresholds, base: Thresholds, tasks: readonly string[] | null): Thresholds {
  return new Map(
    [...own].filter(([path, numbers]) => {
      const before = base.get(path);
      const isOther = before === undefined || numbers.some((number, i) => !Object.is(number, before[i]));
      return isOther && (tasks === null || tasks.includes(path));
    }),
  );
}
