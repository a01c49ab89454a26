/** @file Following units through recurrent layers, whose weights hold one block of units for each gate. */
import type { tf } from '../../tf.js';
import { childrenOf } from '../layers.js';
import { activationName, type Call, type Follow, isElementwise, note, sizeOf, weightsOf } from './call.js';
import { along, type Channels, repeatAll } from './channels.js';

type Layer = tf.layers.Layer;

/** Blocks of units along the last axis of a cell's weights, in this order; and how many tensors its state is. */
const CELLS: Readonly<Record<string, { readonly gates: number; readonly states: number }>> = {
  SimpleRNNCell: { gates: 1, states: 1 },
  GRUCell: { gates: 3, states: 1 },
  LSTMCell: { gates: 4, states: 2 },
  ConvLSTM2DCell: { gates: 4, states: 2 },
};

/** What a recurrent layer gives: its units along the last axis of its output, then of each tensor of its state. */
export function unitsOfCells(
  call: Call,
  layer: Layer,
  [input, ...initial]: readonly Channels[],
): Channels['ids'][] | null {
  const cells = childrenOf(layer).flatMap(({ layer: cell }) =>
    cell.getClassName() === 'StackedRNNCells' ? childrenOf(cell).map((child) => child.layer) : [cell],
  );
  const kinds = cells.map((cell) => CELLS[cell.getClassName()]);
  const read = input && along(input, input.shape.length - 1);
  if (!read || cells.length === 0 || kinds.some((kind) => kind === undefined)) return null;
  if (cells.some((cell) => cell.getConfig().dataFormat === 'channelsFirst')) return null;
  const states = kinds.reduce((sum, kind) => sum + (kind?.states ?? 0), 0);
  const begun = initial.map((state) => along(state, state.shape.length - 1)?.ids);
  if (begun.includes(undefined) || (begun.length > 0 && begun.length !== states)) return null;

  let reads = read.ids;
  const made = cells.map((cell, i) => {
    const maker = cells.length === 1 ? layer : cell;
    reads = unitsOfCell(call, { maker, cell, reads, gates: kinds[i]?.gates ?? 1 });
    return Array<Channels['ids']>(kinds[i]?.states ?? 1).fill(reads);
  });
  // tfjs lists the state of the last cell first.
  const of = made.reverse().flat();
  const because = `the layer ${layer.name} begins with a state that no layer makes`;
  for (const [i, ids] of of.entries()) if (begun[i]) call.book.couple(ids, begun[i], because);
  return [reads, ...of];
}

/** `kernel [..., in, gates * units]`, `recurrent_kernel [..., units, gates * units]`, `bias [gates * units]`. */
function unitsOfCell(
  call: Call,
  { maker, cell, reads, gates }: { maker: Layer; cell: Layer; reads: readonly number[]; gates: number },
): readonly number[] {
  const { kernel, recurrent_kernel: recurrent, bias } = weightsOf(cell, 'kernel', 'recurrent_kernel', 'bias');
  const last = kernel.shape.length - 1;
  const units = call.book.made(maker, sizeOf(kernel, last) / gates);
  const gated = repeatAll(units, gates);
  note(call, kernel, last - 1, 'reads', reads);
  note(call, kernel, last, 'makes', gated);
  note(call, recurrent, last - 1, 'reads', units);
  note(call, recurrent, last, 'makes', gated);
  note(call, bias, 0, 'makes', gated);
  for (const name of [activationName(cell), activationName(cell, 'recurrentActivation')]) {
    if (!isElementwise(name)) call.book.fix(units, `the activation ${name} mixes them`);
  }
  return units;
}

export const recurrent: Follow = (call) => {
  const units = unitsOfCells(call, call.layer, call.inputs);
  return units && lastOf(call, units);
};

/** The same sequence forwards and backwards; both outputs put together as `mergeMode` says. */
export const bidirectional: Follow = (call) => {
  const [input, ...initial] = call.inputs;
  if (input === undefined) return null;
  const [forward, backward] = ['forwardLayer', 'backwardLayer'].map((field, i) => {
    const half = initial.length / 2;
    const layer: Layer = Reflect.get(call.layer, field);
    return unitsOfCells(call, layer, [input, ...initial.slice(i * half, (i + 1) * half)]);
  });
  if (!forward || !backward) return null;
  const [[ahead = [], ...statesAhead], [back = [], ...statesBack]] = [forward, backward];
  const mode: unknown = call.layer.getConfig().mergeMode;
  const states = [...statesAhead, ...statesBack];
  if (mode === null || mode === undefined) return lastOf(call, [ahead, back, ...states]);
  if (mode === 'concat') return lastOf(call, [[...ahead, ...back], ...states]);
  const because = `both directions of the layer ${call.layer.name} are put together`;
  return lastOf(call, [call.book.couple(ahead, back, because), ...states]);
};

/** The outputs that there are, each with its units along the last axis. */
function lastOf(call: Call, units: readonly Channels['ids'][]): readonly Channels[] {
  return call.shapes.map((shape, i) => ({ shape, axis: shape.length - 1, ids: units[i] ?? [] }));
}
