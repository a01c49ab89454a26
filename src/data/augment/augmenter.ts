/** @file Rows of a dataset as one epoch of training sees them: their pictures changed, and the labels that lie in them. */
import { predicatesIn } from '../../flow/conditions.js';
import { type Note, note } from '../../notes.js';
import type { Layout, TaskSlot } from '../../tasks/layout.js';
import { rowsOf } from '../batches.js';
import { type OnlyTasks, truthOf } from '../bind.js';
import type { Dataset, InputMatrix, LabelMatrix, Truth } from '../dataset.js';
import { positionsOfChosen } from '../ragged/extents.js';
import { type AxisMove, after } from './augmentation.js';
import { moveThing } from './coordinates.js';
import { drawsOf } from './draws.js';
import type { ReadAugment } from './options.js';
import { type AugmentPlan, movingSlots, plansOf } from './plan.js';

/** These rows of a dataset, in this order, as they are in this epoch. Pure: nothing of the dataset is written to. */
export type Augment = (dataset: Dataset, rows: Uint32Array, epoch: number) => Dataset;

export interface Augmenter {
  readonly augment: Augment;
  /** How many labels were moved, and how many of these left their picture or range. */
  readonly notes: () => readonly Note[];
}

interface Tally {
  moved: number;
  lost: number;
}

/**
 * What a row becomes depends on the seed, its number in its source, and the epoch: on no batch, chunk or order.
 *
 * @param only the tasks whose labels count
 * @throws HeadgateError `INVALID_OPTIONS` for what does not fit the flow
 */
export function createAugmenter(
  layout: Layout,
  { augment: given, seed, only }: { readonly augment: ReadAugment; readonly seed: number; readonly only: OnlyTasks },
): Augmenter {
  const plans = plansOf(layout, given);
  const moving = movingSlots(plans);
  const tallies = new Map<TaskSlot, Tally>(moving.map((slot) => [slot, { moved: 0, lost: 0 }]));
  const asked = new Set(layout.slots.flatMap(({ task }) => predicatesIn(task.condition).map(({ path }) => path)));
  const decides = moving.some(({ task }) => asked.has(task.path));
  const augment: Augment = (dataset, rows, epoch) => {
    const chosen = chooseRows(dataset, rows);
    for (const plan of plans) {
      for (let row = 0; row < rows.length; row++) {
        const move = changePicture(plan, chosen.inputs[plan.input] as InputMatrix, row, (step) =>
          drawsOf({ seed, stream: `augment/${plan.input}/${step}`, counter: epoch }, chosen.ids[row] as number),
        ); // a declared input, one id for each row
        if (move !== null) moveLabels(plan, move, chosen.labels, row, tallies);
      }
    }
    if (moving.length === 0) return chosen;
    return decides ? { ...chosen, ...truthAnew(chosen, only) } : { ...chosen, mask: presentOnly(chosen) };
  };
  return { augment, notes: () => lostNotes(tallies) };
}

type PictureMove = { readonly x: AxisMove | null; readonly y: AxisMove | null };

function changePicture(
  { height, width, channels, full, steps }: AugmentPlan,
  { values }: InputMatrix,
  row: number,
  drawsAt: (step: number) => ReturnType<typeof drawsOf>,
): PictureMove | null {
  const size = height * width * channels;
  if (values instanceof Int32Array) throw new Error('an image of int32'); // no binder makes one
  const own = values.subarray(row * size, (row + 1) * size);
  const picture = { values: own, height, width, channels, full: own instanceof Uint8Array ? 255 : full };
  let [x, y]: [AxisMove | null, AxisMove | null] = [null, null];
  for (const [i, step] of steps.entries()) {
    const move = step.apply(picture, drawsAt(i));
    if (move === null) continue;
    x = after(x, move.x);
    y = after(y, move.y);
  }
  return x === null && y === null ? null : { x, y };
}

function moveLabels(
  { things }: AugmentPlan,
  move: PictureMove,
  { values, present, width }: LabelMatrix,
  row: number,
  tallies: ReadonlyMap<TaskSlot, Tally>,
): void {
  const own = {
    values: values.subarray(row * width, (row + 1) * width),
    present: present.subarray(row * width, (row + 1) * width),
  };
  for (const thing of things) {
    for (const { slot, isLost } of moveThing(thing, move, own)) {
      const tally = tallies.get(slot) as Tally; // one for each
      tally.moved++;
      if (isLost) tally.lost++;
    }
  }
}

function presentOnly({ mask, labels }: Dataset): Uint8Array {
  return mask.map((counts, i) => counts & (labels.present[i] as number));
}

/** Where conditions ask about labels that have moved, other tasks may apply now. */
function truthAnew({ labels, layout, ids, weights, positions }: Dataset, only: OnlyTasks): Truth {
  const truth = truthOf(labels, layout, ids, { only, positions: positions ?? null });
  for (let row = 0; weights !== undefined && row < labels.rows; row++) {
    if (weights[row] === 0) truth.mask.fill(0, row * layout.width, (row + 1) * layout.width);
  }
  return truth;
}

function lostNotes(tallies: ReadonlyMap<TaskSlot, Tally>): readonly Note[] {
  return [...tallies].flatMap(([{ task }, { moved, lost }]) => {
    if (lost === 0) return [];
    const text =
      `Of ${moved} labels of ${task.path} that moved with their pictures, ${lost} left the picture or their range, and counted ` +
      'as missing there.';
    return [note('LABELS_MOVED_OUT', task.path, text)];
  });
}

/** Copies of these rows. */
function chooseRows(dataset: Dataset, rows: Uint32Array): Dataset {
  const { layout, labels, mask, applies, ids, weights, positions } = dataset;
  const { width } = labels;
  const inputs = Object.entries(dataset.inputs).map(([name, matrix]) => [name, rowsOf(matrix, rows)] as const);
  return {
    rows: rows.length,
    layout,
    inputs: Object.fromEntries(inputs),
    labels: {
      rows: rows.length,
      width,
      values: gathered(labels.values, width, rows, new Float64Array(rows.length * width)),
      present: gathered(labels.present, width, rows, new Uint8Array(rows.length * width)),
    },
    mask: gathered(mask, width, rows, new Uint8Array(rows.length * width)),
    applies: gathered(applies, layout.answers, rows, new Uint8Array(rows.length * layout.answers)),
    ids: gathered(ids, 1, rows, new Uint32Array(rows.length)),
    ...(positions ? { positions: positionsOfChosen(positions, dataset.rows, rows) } : {}),
    ...(weights === undefined ? {} : { weights: gathered(weights, 1, rows, new Float32Array(rows.length)) }),
  };
}

type Numbers = Float64Array | Float32Array | Uint8Array | Uint32Array;

function gathered<T extends Numbers>(from: T, width: number, rows: Uint32Array, to: T): T {
  for (const [i, row] of rows.entries()) to.set(from.subarray(row * width, (row + 1) * width), i * width);
  return to;
}
