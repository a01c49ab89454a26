/** @file Pruning in place: which weights of a model's masked layers stay. */
import { HeadgateError } from '../../errors.js';
import {
  flag,
  invalidOption,
  listOf,
  number,
  oneOf,
  optional,
  readOptions,
  text,
  unchecked,
  wholeNumber,
  withDefault,
} from '../../options.js';
import type { tf } from '../../tf.js';
import { type Choice, heldBy, keepEach, keepOfTheFree, keepOwnLessHeld, type RefuseCapacity } from './mask-choice.js';
import { type GradientOptions, gradientSizes, type Loss, magnitudes } from './mask-scores.js';
import { type MaskTarget, maskTargets, requireModel } from './mask-targets.js';
import { isMultiLayer } from './multi-layer.js';
import { keptAtPercentile, keptAtSparsity } from './top-k.js';

interface CommonOptions extends GradientOptions {
  /** 0 to 100: of n entries `n − ⌈percentile · (n − 1) / 100⌉` stay. Either this or `sparsity`. */
  readonly percentile?: number | undefined;
  /** 0 to below 1: the share of entries that go, rounded down. */
  readonly sparsity?: number | undefined;
  /** Whether biases are masked, too. MANN masks them; default: false. */
  readonly biases?: boolean | undefined;
  /** Names of the layers that are masked, at any depth; default: all that have masks. */
  readonly include?: readonly string[] | undefined;
  /** Names of layers that are not, such as the heads. */
  readonly exclude?: readonly string[] | undefined;
}

export interface MaskModelOptions extends CommonOptions {
  /** What counts: the size of a loss's gradient for `x` and `y`, or that of the weight. Default: `'gradients'`. */
  readonly method?: 'gradients' | 'magnitude' | undefined;
  /** Whether the tasks of a Multi layer keep no position in common. Default: true. */
  readonly exclusive?: boolean | undefined;
}

export interface MaskTaskOptions extends CommonOptions {
  /** Which task of each Multi layer, from 0 on. */
  readonly task: number;
  /** Default: `'magnitude'`. */
  readonly method?: 'gradients' | 'magnitude' | undefined;
}

const methods = oneOf(['gradients', 'magnitude']);
const common = {
  percentile: optional(number({ least: 0, most: 100 })),
  sparsity: optional(number({ least: 0, below: 1 })),
  biases: withDefault(flag, false),
  include: optional(listOf(text)),
  exclude: withDefault(listOf(text), []),
  x: optional(unchecked<GradientOptions['x']>('a tensor, or a list of one for each input')),
  y: optional(unchecked<GradientOptions['y']>('a tensor, or a list of one for each output')),
  loss: optional(unchecked<Loss>('what `model.compile` takes as loss')),
};

/**
 * Masks the masked layers of a model in place, nested models too, and returns it. Each weight keeps its highest scores,
 * exactly as many as asked, ties to the lower index; in a Multi layer each task's part by itself. What is masked
 * already stays masked. Nothing else changes: the model stays compiled, optimizers keep their moments.
 *
 * With `exclusive`, no position of a Multi layer is kept by two tasks. Scored by gradients, each task takes the best of
 * what earlier tasks left, all of them as many; scored by magnitude, it keeps what earlier tasks left of its own best,
 * so that later tasks keep fewer, as in MANN.
 *
 * @param x scored rows, for `'gradients'`: one tensor an input
 * @param y their labels, one tensor an output
 * @param loss as `model.compile` takes it; default: that of the compiled model
 * @throws HeadgateError `MASK_CAPACITY` when a task finds no room beside the earlier ones, `NO_GRADIENT` when the loss does
 *   not depend on a task's weights, `NON_FINITE_SCORE`, `NOTHING_TO_MASK` when no layer has masks, `UNKNOWN_LAYER`,
 *   `INVALID_OPTIONS`, `LENGTH_MISMATCH`; no mask is changed then
 * @example
 * const x = tf.input({ shape: [8] });
 * const trunk = new MaskedDense({ units: 16, activation: 'relu', name: 'trunk' }).apply(x) as tf.SymbolicTensor;
 * const head = new MaskedDense({ units: 1, name: 'head' }).apply(trunk) as tf.SymbolicTensor;
 * const model = tf.model({ inputs: x, outputs: head });
 * maskModel(model, { sparsity: 0.9, method: 'magnitude', exclude: ['head'] });
 */
export function maskModel(model: tf.LayersModel, options: MaskModelOptions): tf.LayersModel {
  const schema = { ...common, method: withDefault(methods, 'gradients'), exclusive: withDefault(flag, true) };
  requireModel(model, 'maskModel');
  const read = readOptions('maskModel', schema, options);
  const countOf = counter(read, 'maskModel');
  const targets = maskTargets(model, read, 'maskModel');
  const choices = choicesOf(model, targets, read, countOf, 'maskModel');
  const masks = choices.map((choice, i) => {
    const target = at(targets, i);
    if (target.tasks === 1 || !read.exclusive) return keepEach(choice);
    const keep = read.method === 'gradients' ? keepOfTheFree : keepOwnLessHeld;
    return keep(choice, refusing(target));
  });
  write(targets, masks);
  return model;
}

/**
 * Masks one task's part of each Multi layer, in place, and returns the model: the best of what no other task holds. A
 * task whose mask is still all ones holds nothing yet, and other tasks' masks stay as they are. What a sequential run
 * calls once a task, in any order.
 *
 * @throws HeadgateError as `maskModel`, and `INVALID_OPTIONS` for a task that a layer does not have
 * @example
 * const inputs = [tf.input({ shape: [8] }), tf.input({ shape: [8] })];
 * const outputs = new MultiMaskedDense({ units: 4 }).apply(inputs) as tf.SymbolicTensor[];
 * const model = tf.model({ inputs, outputs });
 * maskTask(model, { task: 0, sparsity: 0.5 });
 * maskTask(model, { task: 1, sparsity: 0.5 });
 */
export function maskTask(model: tf.LayersModel, options: MaskTaskOptions): tf.LayersModel {
  const schema = { ...common, task: wholeNumber({ least: 0 }), method: withDefault(methods, 'magnitude') };
  requireModel(model, 'maskTask');
  const read = readOptions('maskTask', schema, options);
  const countOf = counter(read, 'maskTask');
  const targets = maskTargets(model, read, 'maskTask').filter(({ layer }) => isMultiLayer(layer));
  const { task } = read;
  const short = targets.find(({ tasks }) => task >= tasks);
  if (short !== undefined || targets.length === 0) {
    const least = Math.min(...targets.map(({ tasks }) => tasks));
    const expected =
      short === undefined ? 'a model with MultiMasked layers' : `a task of ${short.layer.name}, 0 to ${least - 1}`;
    throw invalidOption('maskTask.task', task, { expected });
  }
  const choices = choicesOf(model, targets, read, countOf, 'maskTask');
  const masks = choices.map(({ scores, open, count }, i) => {
    const others = open.filter((_, other) => other !== task);
    const [own, ownOpen] = [at(scores, task), at(open, task)];
    const refuse: RefuseCapacity = (facts) => refusing(at(targets, i))({ ...facts, task });
    const [kept] = keepOfTheFree({ scores: [own], open: [ownOpen], count }, refuse, heldBy(others, own.length));
    return open.map((before, other) => (other === task && kept !== undefined ? kept : before));
  });
  write(targets, masks);
  return model;
}

function counter(
  { percentile, sparsity }: { readonly percentile: number | undefined; readonly sparsity: number | undefined },
  path: string,
): (size: number) => number {
  if (percentile !== undefined && sparsity === undefined) return (size) => keptAtPercentile(size, percentile);
  if (sparsity !== undefined && percentile === undefined) return (size) => keptAtSparsity(size, sparsity);
  throw invalidOption(
    path,
    { percentile, sparsity },
    { expected: 'either percentile or sparsity', problem: 'it must say how many weights stay, once' },
  );
}

function choicesOf(
  model: tf.LayersModel,
  targets: readonly MaskTarget[],
  read: GradientOptions & { readonly method: 'gradients' | 'magnitude'; readonly task?: number },
  countOf: (size: number) => number,
  path: string,
): Choice[] {
  const isByGradient = read.method === 'gradients';
  const scores = isByGradient ? gradientSizes(model, targets, read, path) : magnitudes(targets);
  return targets.map((target, i) => {
    const all = at(scores, i);
    if (!all.every(Number.isFinite)) throw nonFinite(target);
    const size = all.length / target.tasks;
    const open = parts(Uint8Array.from(target.mask.read().dataSync()), size);
    const own = parts(all, size);
    const deaf = own.findIndex((part, task) => (read.task ?? task) === task && !part.some((score) => score > 0));
    if (isByGradient && deaf >= 0) throw noGradient(target, deaf);
    return { scores: own, open, count: countOf(size) };
  });
}

function parts<Values extends Float32Array | Uint8Array>(all: Values, size: number): Values[] {
  const count = size === 0 ? 0 : all.length / size;
  return Array.from({ length: count }, (_, task) => all.slice(task * size, (task + 1) * size) as Values); // as it was
}

/** Layer by layer, so that each is written at once. */
function write(targets: readonly MaskTarget[], masks: readonly (readonly Uint8Array[])[]): void {
  const chosen = new Map(
    targets.map(({ mask }, i) => [mask, Uint8Array.from(at(masks, i).flatMap((part) => [...part]))]),
  );
  for (const layer of new Set(targets.map((target) => target.layer))) {
    layer.setMasks(layer.maskedWeights.map(({ mask }) => chosen.get(mask) ?? mask.read()));
  }
}

const placeOf = ({ layer, name }: MaskTarget): string => `${layer.name}.${name}`;

function refusing(target: MaskTarget): RefuseCapacity {
  return ({ task, asked, free, elsewhere }) => {
    throw new HeadgateError({
      code: 'MASK_CAPACITY',
      path: placeOf(target),
      problem: `task ${task} finds no room beside the tasks before it; no mask was changed`,
      expected: `${asked} positions of ${target.weight.read().size / target.tasks} for task ${task}`,
      received: elsewhere ? `${free} free, none among its own ${asked} largest` : `${free} free`,
      mend: 'Keep fewer weights a task, make the layer larger, or let tasks share positions by `exclusive: false`.',
    });
  };
}

function nonFinite(target: MaskTarget): HeadgateError {
  return new HeadgateError({
    code: 'NON_FINITE_SCORE',
    path: placeOf(target),
    problem: 'a score is not finite, so that scores have no order; no mask was changed',
    mend: 'Look for NaN in the weights, and in `x` and `y`.',
  });
}

function noGradient(target: MaskTarget, task: number): HeadgateError {
  return new HeadgateError({
    code: 'NO_GRADIENT',
    path: placeOf(target),
    problem: `the loss of these rows depends on no weight${target.tasks > 1 ? ` of task ${task}` : ''}; no mask was changed`,
    expected: 'a gradient that says which weights matter',
    received: '0 everywhere',
    mend: "Give other rows, leave the layer out by `exclude`, or score by `method: 'magnitude'`.",
  });
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new Error(`there is no element ${index}`);
  return value;
}
