/** @file Random backbones over 32 numbers, which the same choices build again: for a project, and for who checks it. */
import fc from 'fast-check';
import { MaskedTransformerEncoderLayer } from '../../../src/model/masked/masked-transformer-encoder-layer.js';
import { tf } from '../../../src/tf.js';

type Symbol = tf.SymbolicTensor;
type Apply = { apply: (input: Symbol | Symbol[]) => unknown };

export const width = 32;

const at = (layer: Apply, ...inputs: Symbol[]): Symbol =>
  layer.apply(inputs.length === 1 ? (inputs[0] as Symbol) : inputs) as Symbol; // of symbolic inputs

/** What one layer is made of; which of it a layer uses is its own affair. */
export interface Choice {
  readonly kind: string;
  readonly units: number;
  readonly activation: 'linear' | 'relu' | 'tanh' | 'sigmoid';
  readonly useBias: boolean;
}

/** Layers are named by their place: weights of one building fit another. */
type Make = (x: Symbol, choice: Choice, name: string) => Symbol;

const channels = (x: Symbol): number => x.shape.at(-1) ?? 1;
const biased = { biasInitializer: 'randomUniform' } as const;
const map = { kernelSize: 2, padding: 'same', ...biased } as const;
const gates = { recurrentActivation: 'sigmoid', returnSequences: true, ...biased } as const;

const ANY: Readonly<Record<string, Make>> = {
  dense: (x, { units, activation, useBias }, name) =>
    at(tf.layers.dense({ units, activation, useBias, name, ...biased }), x),
  batchNorm: (x, _, name) => at(tf.layers.batchNormalization({ name, momentum: 0.8 }), x),
  layerNorm: (x, _, name) => at(tf.layers.layerNormalization({ name }), x),
  residual: (x, { activation }, name) =>
    at(
      tf.layers.add({ name: `${name}sum` }),
      x,
      at(tf.layers.dense({ units: channels(x), activation, name, ...biased }), x),
    ),
  fork: (x, { units, activation }, name) =>
    at(
      tf.layers.concatenate({ name: `${name}both` }),
      at(tf.layers.dense({ units, activation, name: `${name}left`, ...biased }), x),
      at(tf.layers.dense({ units: 4, name: `${name}right`, ...biased }), x),
    ),
};

const MAP: Readonly<Record<string, Make>> = {
  conv2d: (x, { units: filters, activation, useBias }, name) =>
    at(tf.layers.conv2d({ filters, activation, useBias, name, ...map }), x),
  transposed: (x, { units: filters, activation }, name) =>
    at(tf.layers.conv2dTranspose({ filters, activation, name, ...map }), x),
  depthwise: (x, { activation }, name) =>
    at(
      tf.layers.depthwiseConv2d({ kernelSize: 2, padding: 'same', depthMultiplier: 2, activation, name, ...biased }),
      x,
    ),
  separable: (x, { units: filters, activation }, name) =>
    at(tf.layers.separableConv2d({ filters, activation, name, ...map }), x),
  pooled: (x, _, name) => at(tf.layers.averagePooling2d({ poolSize: 2, strides: 1, name }), x),
};

const LINE: Readonly<Record<string, Make>> = {
  conv1d: (x, { units: filters, activation, useBias }, name) =>
    at(tf.layers.conv1d({ filters, activation, useBias, name, ...map }), x),
  simpleRNN: (x, { units }, name) => at(tf.layers.simpleRNN({ units, name, returnSequences: true, ...biased }), x),
  lstm: (x, { units }, name) => at(tf.layers.lstm({ units, name, ...gates }), x),
  gru: (x, { units }, name) => at(tf.layers.gru({ units, name, ...gates }), x),
  encoder: (x, _, name) =>
    at(new MaskedTransformerEncoderLayer({ numHeads: 1, feedForwardSize: 6, dropout: 0, name }), x),
};

const VOLUME: Readonly<Record<string, Make>> = {
  conv3d: (x, { units: filters, activation }, name) => at(tf.layers.conv3d({ filters, activation, name, ...map }), x),
};

interface Form {
  readonly shape: readonly number[];
  readonly makers: Readonly<Record<string, Make>>;
  /** Positions that the layers see are row numbers of a table. */
  readonly isTokens?: boolean;
}

const FORMS: Readonly<Record<string, Form>> = {
  vector: { shape: [32], makers: ANY },
  map: { shape: [4, 4, 2], makers: { ...ANY, ...MAP, ...MAP } },
  line: { shape: [8, 4], makers: { ...ANY, ...LINE } },
  tokens: { shape: [32], makers: { ...ANY, conv1d: LINE.conv1d as Make, gru: LINE.gru as Make }, isTokens: true },
  volume: { shape: [2, 4, 4, 1], makers: { ...VOLUME, batchNorm: ANY.batchNorm as Make } },
};

export interface Spec {
  readonly form: string;
  readonly layers: readonly Choice[];
  readonly flat: boolean;
}

/** Two to four layers of one form, then a vector, then a dense layer. */
export const specs: fc.Arbitrary<Spec> = fc.constantFrom(...Object.keys(FORMS)).chain((form) =>
  fc.record({
    form: fc.constant(form),
    layers: fc.array(
      fc.record({
        kind: fc.constantFrom(...Object.keys(FORMS[form]?.makers ?? {})),
        units: fc.integer({ min: 4, max: 6 }),
        activation: fc.constantFrom('linear', 'relu', 'tanh', 'sigmoid'),
        useBias: fc.boolean(),
      }),
      { minLength: 2, maxLength: form === 'line' || form === 'tokens' ? 3 : 4 },
    ),
    flat: fc.boolean(),
  }),
);

export function backboneOf({ form, layers, flat }: Spec): (x: Symbol) => Symbol {
  const { shape, makers, isTokens = false } = FORMS[form] as Form; // one of them
  return (x) => {
    let value = shape.length === 1 ? x : at(tf.layers.reshape({ targetShape: [...shape], name: 'shaped' }), x);
    if (isTokens) value = at(tf.layers.embedding({ inputDim: 9, outputDim: 5, name: 'table' }), value);
    layers.forEach((choice, i) => {
      value = (makers[choice.kind] as Make)(value, choice, `layer${i}`); // one of them
    });
    if (value.shape.length > 2) {
      const pool =
        value.shape.length === 4 ? tf.layers.globalAveragePooling2d({}) : tf.layers.globalAveragePooling1d({});
      const isPooled = !flat && value.shape.length < 5;
      value = at(isPooled ? pool : tf.layers.flatten(), value);
    }
    return at(tf.layers.dense({ units: 6, activation: 'tanh', name: 'last', ...biased }), value);
  };
}

/** Rows for a form: numbers around 0, or row numbers of a table. */
export const isOfTokens = ({ form }: Spec): boolean => FORMS[form]?.isTokens === true;
