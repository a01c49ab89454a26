/** @file A selection: which elements of which parameters a fit may move. Everything else stays as it is, to the bit. */
import { HeadgateError, show } from '../../errors.js';
import type { Network } from '../../model/network.js';
import type { Parameter } from '../../model/store.js';
import type { Focus } from '../../train/focus.js';
import { countOf, type Mask, maskAt } from '../masks/mask.js';
import { sameShape, shapeText, sizeOf } from '../shape.js';

export interface WeightSelection {
  /** Name of the project whose network it is of. */
  readonly project: string;
  /** By parameter, a bit an element; parameters that are not named rest. */
  readonly masks: ReadonlyMap<string, Mask>;
  /** Elements that may move, of those of all parameters. */
  readonly count: number;
  readonly of: number;
  readonly toString: () => string;
}

/** Of each selection, the shapes of all parameters of its network. What is in here was made by `selectionOf`. */
const networks = new WeakMap<WeightSelection, ReadonlyMap<string, readonly number[]>>();

export function selectionOf(
  project: string,
  parameters: readonly Parameter[],
  masks: ReadonlyMap<string, Mask>,
): WeightSelection {
  const count = [...masks.values()].reduce((sum, mask) => sum + countOf(mask), 0);
  const of = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const selection = Object.freeze<WeightSelection>({
    ...{ project, masks, count, of },
    toString: () => `${count} of ${of} elements of ${project}, in ${masks.size} parameters`,
  });
  networks.set(selection, new Map(parameters.map(({ name, shape }) => [name, shape])));
  return selection;
}

export function isSelection(given: unknown): given is WeightSelection {
  return typeof given === 'object' && given !== null && networks.has(given as WeightSelection); // a key of any kind
}

/**
 * @throws HeadgateError `PARAMETER_MISMATCH` at the first parameter that is not the same in both networks
 */
export function requireOwnSelection(
  selection: WeightSelection,
  project: string,
  parameters: readonly Parameter[],
  path: string,
): void {
  const theirs = networks.get(selection) ?? new Map<string, readonly number[]>();
  const ours = new Map(parameters.map(({ name, shape }) => [name, shape]));
  for (const name of new Set([...theirs.keys(), ...ours.keys()])) {
    const [wanted, given] = [ours.get(name), theirs.get(name)];
    if (wanted !== undefined && given !== undefined && sameShape(wanted, given)) continue;
    throw new HeadgateError({
      code: 'PARAMETER_MISMATCH',
      path: `${path}.${name}`,
      problem: `the selection is of another network, that of ${show(selection.project)}`,
      expected: wanted === undefined ? `no such parameter in ${show(project)}` : shapeText(wanted),
      received: given === undefined ? 'none' : shapeText(given),
      mend: 'Select anew: `project.pathways.select(…)`, after pathways were assigned or removed as well.',
    });
  }
}

/** What moves in a fit with this selection; moving averages rest. */
export function focusOfSelection(
  { tensors, store: { parameters } }: Pick<Network, 'tensors' | 'store'>,
  { masks }: WeightSelection,
  tasks: number,
): Focus {
  const open = new Map<string, Uint8Array>();
  const resting = new Set<string>();
  for (const { name, shape, role } of tensors) {
    if (role === 'mask') continue;
    const values = new Uint8Array(sizeOf(shape));
    for (const parameter of parameters) if (parameter.lies.tensor === name) paste(parameter, shape, masks, values);
    if (role === 'average' || !values.includes(1)) resting.add(name);
    else if (values.includes(0)) open.set(name, values);
  }
  return withSomethingToDifferentiate(tensors, {
    tasks: new Set(Array.from({ length: tasks }, (_, i) => i)),
    ...{ resting, open },
  });
}

function paste(
  { name, lies }: Parameter,
  shape: readonly number[],
  masks: ReadonlyMap<string, Mask>,
  values: Uint8Array,
): void {
  const mask = masks.get(name);
  if (mask === undefined) return;
  const width = shape.at(-1) ?? 1;
  const [start, count] = lies.columns ?? [0, width];
  for (let i = 0; i < sizeOf(mask.shape); i++) {
    if (maskAt(mask, i) === 1) values[Math.floor(i / count) * width + start + (i % count)] = 1;
  }
}

/** A step without any trained tensor has no gradient to take: one stays in it, with every element closed. */
function withSomethingToDifferentiate(tensors: Network['tensors'], { tasks, resting, open }: Focus): Focus {
  const trainable = tensors.filter(({ trainable: may, role }) => may && role !== 'mask');
  const [first] = trainable;
  if (first === undefined || trainable.some(({ name }) => !resting.has(name))) return { tasks, resting, open };
  const others = new Set([...resting].filter((name) => name !== first.name));
  return { tasks, resting: others, open: new Map(open).set(first.name, new Uint8Array(sizeOf(first.shape))) };
}

/** What may move by both. */
export function bothFoci(a: Focus | null, b: Focus | null, tensors: Network['tensors']): Focus | null {
  if (a === null || b === null) return a ?? b;
  const open = new Map(a.open);
  for (const [name, values] of b.open) {
    const own = open.get(name);
    open.set(name, own === undefined ? values : values.map((value, i) => (value === 1 && own[i] === 1 ? 1 : 0)));
  }
  const resting = new Set([...a.resting, ...b.resting]);
  for (const name of resting) open.delete(name);
  const tasks = new Set([...a.tasks].filter((task) => b.tasks.has(task)));
  return withSomethingToDifferentiate(tensors, { tasks, resting, open });
}
