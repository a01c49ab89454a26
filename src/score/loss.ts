/** @file The masked loss of all tasks at once (rule 4), one expression for each group of sibling tasks. */
import type { Layout, LossGroup } from '../tasks/layout.js';
import { withGradient } from '../tasks/losses/with-gradient.js';
import { tf } from '../tf.js';

export interface LossArguments {
  /** By feature, `[instances, layout.featureUnits]`: one instance a row, or one for each position of each row. */
  readonly logits: ReadonlyMap<string, tf.Tensor2D>;
  /** `[batch, layout.width]`, in loss units, 0 where missing. */
  readonly targets: tf.Tensor2D;
  /** `[batch, layout.width]`, 1 where the element counts, else 0. */
  readonly mask: tf.Tensor2D;
  /** How much each row counts, `[batch]`; absent: all as one. */
  readonly rowWeights?: tf.Tensor1D | undefined;
  /**
   * By feature, int32: the instances whose logits there are, in their order, where these are not all. What is not among them
   * does not count.
   */
  readonly chosen?: ChosenInstances | undefined;
}

export type ChosenInstances = ReadonlyMap<string, tf.Tensor1D>;

/** The tasks' flow-order indices in the order in which their columns lie. */
export function layoutOrder(layout: Layout): readonly number[] {
  return layout.groups.flatMap((group) => group.slots.map((slot) => slot.index));
}

/**
 * The numerators of rule 4: the sum of the masked element losses of each task, `[tasks]` in layout order. What does not
 * count is left out, not multiplied by 0: its losses are replaced by 0, and so are the slopes that come back to its
 * logits, whatever the logits are: large, infinite or NaN. Where rows have weights, each loss counts as often as its row's says:
 * the loss of a task is then Σ weight × masked element losses / Σ weight × mask.
 */
export function maskedSums(layout: Layout, { logits, targets, mask, rowWeights, chosen }: LossArguments): tf.Tensor1D {
  const sums: tf.Tensor1D[] = [];
  for (const group of layout.groups) {
    const tasks = group.slots.length;
    // Sums over one axis are the fastest, so a width of 1 is left out.
    const [shape, axes] =
      group.width === 1
        ? [[-1, tasks], [0]]
        : [
            [-1, tasks, group.width],
            [0, 2],
          ];
    const own = chosen?.get(group.feature);
    const picked = (all: tf.Tensor): tf.Tensor => (own === undefined ? all : all.gather(own));
    const counts = picked(groupColumns(layout, group, mask)).cast('bool');
    const losses = countedLosses(group, logits, picked(groupColumns(layout, group, targets)), counts);
    const weighed =
      rowWeights === undefined
        ? losses.reshape(shape)
        : losses.reshape(shape).mul(picked(weightsOf(group, rowWeights, shape.length)));
    sums.push(weighed.sum<tf.Tensor1D>(axes));
  }
  return concat(sums);
}

/**
 * Rule 4: the loss of a task is Σ masked element losses / number of counted elements, and 0 when none counts; the total
 * is Σ weight × task loss. So each task's sum counts `weight / max(1, count)` times, `[tasks]` like both arguments. The
 * counts may be of more rows than the sums: the losses of the parts of a batch add up to the loss of the whole.
 */
export function sumFactors(counts: tf.Tensor1D, weights: tf.Tensor1D): tf.Tensor1D {
  return weights.div(counts.maximum(1));
}

/** As `sumFactors`, where rows have weights: the counts are sums of these, which may lie below 1. */
export function weighedFactors(counts: tf.Tensor1D, weights: tf.Tensor1D): tf.Tensor1D {
  return weights.div(tf.where(counts.greater(0), counts, tf.onesLike(counts)));
}

/** Of each instance its row's weight, `[instances, 1]` or `[instances, 1, 1]`. */
function weightsOf({ slots }: LossGroup, rowWeights: tf.Tensor1D, rank: number): tf.Tensor {
  const positions = slots[0]?.positions ?? 1; // of one group all have as many
  const each = positions === 1 ? rowWeights : rowWeights.expandDims(1).tile([1, positions]);
  return each.reshape(rank === 2 ? [-1, 1] : [-1, 1, 1]);
}

/** Losses of a group, `[instances, tasks, width]`, 0 where `counts` (of that shape) is false. */
function countedLosses(
  group: LossGroup,
  logits: ReadonlyMap<string, tf.Tensor2D>,
  targets: tf.Tensor,
  counts: tf.Tensor,
): tf.Tensor {
  const kind = kindOf(group);
  const alone = kind.lossKey === null;
  const rows = (part: tf.Tensor): tf.Tensor => (alone ? part.squeeze([1]) : part);
  const elementwise = group.units === group.width || group.width === 1;
  const own = groupLogits(group, logits);
  const guarded = withoutSlope(own, rows(elementwise ? counts : counts.all(2, true)), group.width === 1);
  const losses = kind.loss(guarded, alone ? targets.reshape([-1, group.width]) : targets);
  const zero: tf.Tensor = tf.scalar(0);
  return tf.where(counts, losses.reshape(counts.shape), zero);
}

/**
 * `x` itself; the slope that comes back is 0 where `counts` is false. Of a task that counts in part (`whole` is false)
 * only what is not finite: a kind may mix its logits, and the rest of an uncounted element's slope is 0 already.
 */
function withoutSlope(x: tf.Tensor, counts: tf.Tensor, whole: boolean): tf.Tensor {
  return withGradient(
    x,
    (same) => ({ value: same.clone(), keep: { counts } }),
    (slope, kept) => {
      const passes = whole ? kept.counts : tf.logicalOr(kept.counts, slope.isFinite());
      return tf.where(passes, slope, tf.scalar(0));
    },
  );
}

/** Unmasked losses of every label element, `[batch, layout.width]`. Where the label is missing the value means nothing. */
export function elementLosses(
  layout: Layout,
  { logits, targets }: Pick<LossArguments, 'logits' | 'targets'>,
): tf.Tensor2D {
  const batch = targets.shape[0];
  const parts = layout.groups.map((group) => {
    const { positions, width, slots } = group;
    const losses = groupLosses(layout, group, logits, targets);
    const byTask = isInterleaved(group) ? losses.reshape([batch, positions, slots.length, width]) : losses;
    const inPlace = byTask === losses ? losses : byTask.transpose([0, 2, 1, 3]);
    return inPlace.reshape<tf.Tensor2D>([batch, slots.length * positions * width]);
  });
  return tf.concat2d(parts, 1);
}

function groupLosses(
  layout: Layout,
  group: LossGroup,
  logits: ReadonlyMap<string, tf.Tensor2D>,
  targets: tf.Tensor2D,
): tf.Tensor {
  const grouped = groupColumns(layout, group, targets);
  const kind = kindOf(group);
  const alone = kind.lossKey === null;
  return kind.loss(groupLogits(group, logits), alone ? grouped.reshape([grouped.shape[0], group.width]) : grouped);
}

/** `[instances, tasks, units]`, or `[instances, units]` for a kind that is always called alone. */
export function groupLogits(group: LossGroup, logits: ReadonlyMap<string, tf.Tensor2D>): tf.Tensor {
  const all = logits.get(group.feature) as tf.Tensor2D; // the network gives every feature of the layout
  const tasks = group.slots.length;
  const own = columns(all, group.unitOffset, tasks * group.units, all.shape[1]);
  return kindOf(group).lossKey === null ? own : own.reshape([all.shape[0], tasks, group.units]);
}

/** The group's columns of a label-shaped matrix, `[instances, tasks, width]`. */
function groupColumns(layout: Layout, group: LossGroup, matrix: tf.Tensor2D): tf.Tensor3D {
  const { positions, width, slots } = group;
  const [batch, tasks] = [matrix.shape[0], slots.length];
  const own = columns(matrix, group.offset, tasks * positions * width, layout.width);
  const byInstance = isInterleaved(group)
    ? own.reshape<tf.Tensor4D>([batch, tasks, positions, width]).transpose([0, 2, 1, 3])
    : own;
  return byInstance.reshape([batch * positions, tasks, width]);
}

/** Labels lie task by task, logits position by position: of one task, or one position, that is the same. */
function isInterleaved({ positions, slots }: LossGroup): boolean {
  return positions > 1 && slots.length > 1;
}

function columns(matrix: tf.Tensor2D, start: number, count: number, all: number): tf.Tensor2D {
  return count === all ? matrix : matrix.slice([0, start], [-1, count]);
}

function concat(parts: readonly tf.Tensor1D[]): tf.Tensor1D {
  return parts.length === 1 ? (parts[0] as tf.Tensor1D) : tf.concat1d([...parts]);
}

/** All tasks of a group share their loss; the first answers for them. */
function kindOf(group: LossGroup): LossGroup['slots'][number]['task']['kind'] {
  return (group.slots[0] as LossGroup['slots'][number]).task.kind;
}
