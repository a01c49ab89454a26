/** @file What `augment` says of a flow, checked: its inputs are images, its tasks are there, and no coordinate was forgotten. */
import { didYouMean, type HeadgateError, listed } from '../../errors.js';
import type { InputSpec } from '../../flow/graph.js';
import { invalidOption } from '../../options.js';
import type { Layout, TaskSlot } from '../../tasks/layout.js';
import { encoderOf } from '../encoders/encoder.js';
import type { Augmentation } from './augmentation.js';
import { type Coordinate, type Ruler, slotsOf, type Thing } from './coordinates.js';
import type { ReadAugment, ReadMoves } from './options.js';

/** Of one input. */
export interface AugmentPlan {
  readonly input: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** What stands for white in floats. */
  readonly full: number;
  readonly steps: readonly Augmentation[];
  readonly things: readonly Thing[];
}

const PATH = 'fit.augment';

/** @throws HeadgateError `INVALID_OPTIONS` */
export function plansOf(layout: Layout, augment: ReadAugment): readonly AugmentPlan[] {
  const { inputs } = layout.flow.graph;
  const named = new Map<TaskSlot, string>();
  const taken = (slot: TaskSlot, path: string): TaskSlot => {
    const before = named.get(slot);
    if (before !== undefined) throw invalidOption(path, slot.task.path, { expected: `another task than at ${before}` });
    named.set(slot, path);
    return slot;
  };
  const plans = Object.entries(augment).map(([input, { steps, moves, stays }]): AugmentPlan => {
    const path = `${PATH}.${input}`;
    const spec = Object.hasOwn(inputs, input) ? inputs[input] : undefined;
    if (spec === undefined || !isImage(spec)) throw noImage(input, inputs);
    const [height, width, channels] = spec.shape;
    for (const [i, name] of stays.entries())
      taken(numberTask(layout, name, `${path}.stays[${i}]`), `${path}.stays[${i}]`);
    const slot = (name: string, at: string) => taken(numberTask(layout, name, at), at);
    const things = moves === undefined ? [] : thingsOf(moves, { height, width }, slot, `${path}.moves`);
    return { input, height, width, channels, full: fullOf(input, spec), steps, things };
  });
  const mover = plans.find(({ steps }) => steps.some(({ movesPoints }) => movesPoints));
  if (mover !== undefined) requireTold(layout, named, mover);
  return plans;
}

type ImageSpec = InputSpec & { readonly shape: readonly [number, number, number] };

const isImage = (spec: InputSpec): spec is ImageSpec => spec.kind === 'image' && spec.shape.length === 3;

function noImage(input: string, inputs: Readonly<Record<string, InputSpec>>): HeadgateError {
  const images = Object.keys(inputs).filter((name) => isImage(inputs[name] as InputSpec)); // one of its own names
  return invalidOption(`${PATH}.${input}`, input, {
    expected:
      images.length === 0 ? 'no `augment`: this project has no image' : `the name of an image: ${listed(images)}`,
    suggestion: didYouMean(input, images),
  });
}

/** Of floats: what the scale makes 1. */
function fullOf(input: string, spec: InputSpec): number {
  const encoder = encoderOf(spec, `inputs.${input}`);
  return Math.abs(1 / (encoder?.kind === 'range' ? encoder.state.scale : spec.scale));
}

/** A task each of whose labels is one number. */
function isNumber({ task, axis }: TaskSlot): boolean {
  const { width, thresholds, classes } = task.kind;
  return axis === null && width === 1 && thresholds === null && classes === undefined;
}

function numberTask(layout: Layout, name: string, path: string): TaskSlot {
  const found = layout.slots.filter(({ task }) => task.path === name || task.name === name);
  const exact = found.find(({ task }) => task.path === name) ?? (found.length === 1 ? found[0] : undefined);
  if (exact !== undefined && isNumber(exact)) return exact;
  const paths = layout.slots.filter(isNumber).map((slot) => slot.task.path);
  throw invalidOption(path, name, {
    expected: `a task whose label is one number${paths.length === 0 ? ', of which there is none' : `: ${listed(paths)}`}`,
    suggestion: didYouMean(name, paths),
  });
}

function thingsOf(
  moves: ReadMoves,
  picture: { readonly width: number; readonly height: number },
  slot: (name: string, path: string) => TaskSlot,
  path: string,
): readonly Thing[] {
  const { size = picture, counts, boxes } = moves;
  const rulerOf = (side: 'width' | 'height'): Ruler => {
    const unit = size[side] / picture[side];
    return { span: size[side], unit, middle: counts === 'pixels' ? unit / 2 : 0 };
  };
  const [across, down] = [rulerOf('width'), rulerOf('height')];
  const place = (ruler: Ruler, name: string, at: string): Coordinate => ({ ruler, at: slot(name, at), reach: null });
  const edge = (ruler: Ruler, at: TaskSlot | null, reach: TaskSlot | number | null): Coordinate | null =>
    at === null && (reach === null || typeof reach === 'number') ? null : { ruler, at, reach };
  return [
    ...moves.x.map((name, i): Thing => ({ x: place(across, name, `${path}.x[${i}]`), y: null })),
    ...moves.y.map((name, i): Thing => ({ x: null, y: place(down, name, `${path}.y[${i}]`) })),
    ...boxes.map((box, i): Thing => {
      const at = `${path}.boxes[${i}]`;
      for (const [first, reach] of [
        ['x', 'width'],
        ['y', 'height'],
      ] as const) {
        if (box[first] === undefined || box[reach] !== undefined) continue;
        throw invalidOption(`${at}.${reach}`, undefined, {
          expected: 'a task, or a number where every box is as large: the other edge becomes this one in a mirror',
          mend: `Where ${box[first]} is no edge but a point, say so in moves.${first}.`,
        });
      }
      const own = (name: 'x' | 'y' | 'width' | 'height') => {
        const given = box[name];
        return typeof given === 'string' ? slot(given, `${at}.${name}`) : (given ?? null);
      };
      const asSlot = (given: TaskSlot | number | null) => (typeof given === 'number' ? null : given);
      return { x: edge(across, asSlot(own('x')), own('width')), y: edge(down, asSlot(own('y')), own('height')) };
    }),
  ];
}

/** A coordinate that stays where it is while the picture is mirrored teaches the opposite, and nothing would say so. */
function requireTold(layout: Layout, named: ReadonlyMap<TaskSlot, string>, { input, steps }: AugmentPlan): void {
  const untold = layout.slots.filter((slot) => isNumber(slot) && !named.has(slot)).map(({ task }) => task.path);
  if (untold.length === 0) return;
  const name = steps.find(({ movesPoints }) => movesPoints)?.name ?? '';
  throw invalidOption(`${PATH}.${input}`, untold, {
    problem: `${name} moves what is in the picture, and nothing says whether these tasks' labels are places in it`,
    expected: 'each task of numbers in `moves`, where its labels move, or in `stays`',
    mend: `For example moves: { x: ['${untold[0]}'] }, or stays: ['${untold[0]}'].`,
  });
}

/** The tasks whose labels may move. */
export function movingSlots(plans: readonly AugmentPlan[]): readonly TaskSlot[] {
  return plans.flatMap(({ things }) => things.flatMap(slotsOf));
}
