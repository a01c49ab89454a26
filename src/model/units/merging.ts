/** @file Following units through layers that read several tensors. */
import { noUnit } from './book.js';
import { type Call, type Follow, output } from './call.js';
import { along, type Channels, hasUnits } from './channels.js';

/** Addition, products and the like, element by element: channels that meet are one unit. */
export const elementwiseMerge: Follow = (call) => {
  const rank = Math.max(...call.inputs.map(({ shape }) => shape.length));
  const inputs = aligned(call.inputs.map((input) => expanded(input, rank)));
  if (!inputs) return null;
  const [first] = inputs;
  if (first === undefined) return null;
  // A single channel that meets several belongs to none of them.
  const isSingle = ({ ids }: Channels): boolean => ids.length === 1 && inputs.some((input) => input.ids.length > 1);
  const because = `one channel meets several in the layer ${call.layer.name} (${call.layer.getClassName()})`;
  for (const { ids } of inputs.filter(isSingle)) call.book.fix(ids, because);
  const ids = coupled(
    call,
    inputs.filter((input) => !isSingle(input)),
  );
  return [output(call, ids, first.axis)];
};

/** Behind each other along the axis of the channels; along another axis, channels that lie on each other are one unit. */
export const concatenate: Follow = (call) => {
  const inputs = aligned(call.inputs);
  const [first] = inputs ?? [];
  if (!inputs || first === undefined) return null;
  const { axis: given } = call.layer.getConfig();
  const axis = Number(given ?? -1) < 0 ? first.shape.length + Number(given ?? -1) : Number(given);
  const ids = axis === first.axis ? inputs.flatMap((input) => input.ids) : coupled(call, inputs);
  return [output(call, ids, first.axis)];
};

/** All inputs along the axis of those with units; null where they differ. */
function aligned(inputs: readonly Channels[]): readonly Channels[] | null {
  const axis = (inputs.find(hasUnits) ?? inputs[0])?.axis ?? 0;
  const found = inputs.map((input) => along(input, axis));
  return found.every((input) => input !== null) ? found : null;
}

/** tfjs puts the axes that a tensor lacks behind the batch. */
function expanded({ shape: [batch = null, ...sizes], axis, ids }: Channels, rank: number): Channels {
  const missing = rank - 1 - sizes.length;
  return { shape: [batch, ...Array<number>(missing).fill(1), ...sizes], axis: axis + missing, ids };
}

function coupled({ book, layer }: Call, inputs: readonly Channels[]): readonly number[] {
  const because = `the layer ${layer.name} (${layer.getClassName()}) brings them together with what no layer makes`;
  const [first, ...rest] = inputs.map(({ ids }) => ids);
  return rest.reduce((ids, other) => book.couple(ids, other, because), first ?? [noUnit]);
}
