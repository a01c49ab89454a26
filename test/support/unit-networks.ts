/** @file Random small networks, from lists of numbers: maps, then vectors, with residuals and concatenations between. */
import fc from 'fast-check';
import { tf } from '../../src/tf.js';

type Symbol = tf.SymbolicTensor;
type Apply = { apply: (input: Symbol | Symbol[]) => unknown };

const at = (layer: Apply, ...inputs: Symbol[]): Symbol =>
  layer.apply(inputs.length === 1 ? (inputs[0] as Symbol) : inputs) as Symbol; // of symbolic inputs

/** One step: what is done with the last tensor, and with which of those before it. */
export interface Step {
  readonly kind: number;
  readonly units: number;
  readonly other: number;
  readonly activation: 'linear' | 'relu' | 'sigmoid' | 'tanh';
  readonly useBias: boolean;
}

export const steps = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      kind: fc.nat(99),
      units: fc.integer({ min: 1, max: 4 }),
      other: fc.nat(99),
      activation: fc.constantFrom('linear', 'relu', 'sigmoid', 'tanh'),
      useBias: fc.boolean(),
    }),
    { minLength: 1, maxLength },
  );

type Make = (x: Symbol, step: Step, before: readonly Symbol[]) => Symbol;

const channels = (x: Symbol): number => x.shape.at(-1) ?? 1;
/** An earlier tensor of the same shape, if there is one: tfjs disposes of a tensor too early that a layer reads twice. */
const sameShape = (x: Symbol, { other, activation }: Step, before: readonly Symbol[]): Symbol => {
  const fitting = before.filter((tensor) => tensor !== x && String(tensor.shape) === String(x.shape));
  return fitting[other % fitting.length] ?? at(tf.layers.activation({ activation }), x);
};

const normalised: Make = (x) => at(tf.layers.batchNormalization(), x);
const gru: Make = (x, { units }) => {
  const line = at(tf.layers.reshape({ targetShape: [channels(x), 1] }), x);
  return at(tf.layers.gru({ units, recurrentActivation: 'sigmoid' }), line);
};
const lstm: Make = (x, { units }) => {
  const line = at(tf.layers.repeatVector({ n: 2 }), x);
  return at(tf.layers.lstm({ units, recurrentActivation: 'sigmoid' }), line);
};

/** A channel that is zero does not stay so, or is zero on the way alone. */
const LOSES_ZERO: readonly Make[] = [normalised, gru, lstm];

/** Steps of any tensor. */
const ANY: readonly Make[] = [
  (x, { units, activation, useBias }) => at(tf.layers.dense({ units, activation, useBias }), x),
  normalised,
  (x) => at(tf.layers.leakyReLU(), x),
  (x, { activation }) => at(tf.layers.activation({ activation }), x),
  (x, step, before) => at(tf.layers.add(), x, sameShape(x, step, before)),
  (x, step, before) => at(tf.layers.concatenate(), x, sameShape(x, step, before)),
  (x, { activation, useBias }) => {
    const inner = at(tf.layers.dense({ units: channels(x), activation, useBias }), x);
    return at(tf.layers.add(), x, inner);
  },
  (x, { units, activation }) => {
    const own = tf.input({ shape: x.shape.slice(1) });
    const hidden = at(tf.layers.dense({ units, activation }), own);
    const inner = tf.model({ inputs: own, outputs: at(tf.layers.dense({ units: 2 }), hidden) });
    return at(inner, x);
  },
];

const MAP: readonly Make[] = [
  ...ANY,
  (x, { units, activation, useBias }) =>
    at(tf.layers.conv2d({ filters: units, kernelSize: 2, padding: 'same', activation, useBias }), x),
  (x, { units, activation, useBias }) =>
    at(tf.layers.conv2d({ filters: units, kernelSize: 1, activation, useBias }), x),
  (x, { units, activation }) =>
    at(tf.layers.depthwiseConv2d({ kernelSize: 2, padding: 'same', depthMultiplier: 1 + (units % 2), activation }), x),
  (x, { units, useBias }) =>
    at(tf.layers.separableConv2d({ filters: units, kernelSize: 2, padding: 'same', useBias }), x),
  (x, { units }) => at(tf.layers.conv2dTranspose({ filters: units, kernelSize: 2, padding: 'same' }), x),
  (x) => at(tf.layers.maxPooling2d({ poolSize: 2, strides: 1, padding: 'same' }), x),
  (x) => at(tf.layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }), x),
  (x) => at(tf.layers.prelu(), x),
  (x, { activation }) => {
    const squeezed = at(tf.layers.globalAveragePooling2d({}), x);
    return at(tf.layers.multiply(), x, at(tf.layers.dense({ units: channels(x), activation }), squeezed));
  },
];

const VECTOR: readonly Make[] = [
  ...ANY,
  gru,
  (x, { units, activation }) => {
    const line = at(tf.layers.repeatVector({ n: 2 }), x);
    return at(tf.layers.flatten(), at(tf.layers.dense({ units, activation }), line));
  },
  lstm,
];

const after = (x: Symbol, list: readonly Step[], makers: readonly Make[]): Symbol => {
  const before = [x];
  for (const step of list) before.push((makers[step.kind % makers.length] as Make)(before.at(-1) ?? x, step, before));
  return before.at(-1) ?? x;
};

export const inputShape = [3, 3, 2];

/** Features of a map `[3, 3, 2]`: one behind all steps, one behind those of maps. */
export function randomFeatures(
  maps: readonly Step[],
  vectors: readonly Step[],
  { keepsZero = false } = {},
): Record<string, Symbol> {
  const of = (makers: readonly Make[]): readonly Make[] =>
    keepsZero ? makers.filter((make) => !LOSES_ZERO.includes(make)) : makers;
  const changed = (list: readonly Step[]): readonly Step[] =>
    keepsZero
      ? list.map((step) => ({ ...step, activation: step.activation === 'sigmoid' ? 'tanh' : step.activation }))
      : list;
  const x = tf.input({ shape: inputShape });
  const map = after(x, changed(maps), of(MAP));
  const flat = vectors.length % 2 === 0 ? tf.layers.flatten() : tf.layers.globalMaxPooling2d({});
  const vector = after(at(flat, map), changed(vectors), of(VECTOR));
  return { last: at(tf.layers.dense({ units: 3 }), vector), pooled: at(tf.layers.globalAveragePooling2d({}), map) };
}
