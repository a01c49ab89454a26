/** @file MANN's two ready-made models. */
import { flag, listOf, number, readOptions, wholeNumber, withDefault } from '../../options.js';
import { tf } from '../../tf.js';
import { DotProductAttention } from './dot-product-attention.js';
import { MultiDense } from './multi-dense.js';

export interface TransformerBlockOptions {
  /** `[steps, size]`. */
  readonly inputShape: readonly number[];
  /** Size of one head. */
  readonly embedDim: number;
  readonly numHeads: number;
  /** Width between the two dense layers. */
  readonly neurons: number;
  /** Default: 0.1. */
  readonly dropout?: number | undefined;
  /** Whether scores are scaled by 1/√embedDim. MANN's are not; default: false. */
  readonly scaled?: boolean | undefined;
}

type Symbolic = tf.SymbolicTensor;

/** Of symbolic inputs, one output. */
const applied = (layer: tf.layers.Layer, x: Symbolic | Symbolic[]): Symbolic => layer.apply(x) as Symbolic;

/**
 * MANN's transformer block as a model, `[batch, steps, size]` -> `[batch, steps, embedDim · numHeads]`: each head
 * projects the input to `embedDim` by itself; the heads' results are concatenated, dropped out and normalised; two
 * dense layers follow, with a residual around them and a second normalisation. There is no residual around the
 * attention, as in MANN.
 *
 * Each head attends by softmax(Q Kᵀ) V. MANN hands `[query, key, value]` to a layer of Keras that reads
 * `[query, value, key]`, so that its keys and values change places: to take its weights over, exchange the second and
 * third `MultiDense`.
 *
 * Its dense layers have no masks: `addLayerMasks(block)` gives them.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example
 * const block = buildTransformerBlock({ inputShape: [6, 8], embedDim: 8, numHeads: 2, neurons: 16 });
 * const features = block.apply(tf.input({ shape: [6, 8] }));
 */
export function buildTransformerBlock(options: TransformerBlockOptions): tf.LayersModel {
  const size = wholeNumber({ least: 1 });
  const { inputShape, embedDim, numHeads, neurons, dropout, scaled } = readOptions(
    'buildTransformerBlock',
    {
      inputShape: listOf(size, { least: 2 }),
      embedDim: size,
      numHeads: size,
      neurons: size,
      dropout: withDefault(number({ least: 0, below: 1 }), 0.1),
      scaled: withDefault(flag, false),
    },
    options,
  );
  const x = tf.input({ shape: [...inputShape] });
  const copies = Array.from({ length: numHeads }, () => x);
  const projected = (): Symbolic[] => [new MultiDense({ units: embedDim }).apply(copies)].flat() as Symbolic[]; // as above
  const [queries, keys, values] = [projected(), projected(), projected()];
  const heads = queries.map((query, i) => {
    const [key, value] = [keys[i], values[i]];
    if (key === undefined || value === undefined) throw new Error(`head ${i} has no key or value`);
    return applied(new DotProductAttention({ scaled }), [query, key, value]);
  });
  const together = numHeads === 1 ? heads[0] : applied(tf.layers.concatenate(), heads);
  if (together === undefined) throw new Error('there is no head');
  const attended = normalised(applied(tf.layers.dropout({ rate: dropout }), together));
  const wide = applied(tf.layers.dense({ units: neurons, activation: 'relu' }), attended);
  const narrow = applied(tf.layers.dense({ units: embedDim * numHeads }), wide);
  const sum = applied(tf.layers.add(), [attended, applied(tf.layers.dropout({ rate: dropout }), narrow)]);
  return tf.model({ inputs: x, outputs: normalised(sum) });
}

const normalised = (x: Symbolic): Symbolic => applied(tf.layers.layerNormalization({ epsilon: 1e-6 }), x);

export interface TokenPositionEmbeddingOptions {
  readonly sequenceLength: number;
  readonly vocabularySize: number;
  readonly embedDim: number;
}

/**
 * Learnt embeddings of tokens and positions, added: a model of two inputs `[tokens, positions]`, each
 * `[batch, sequenceLength]` of whole numbers, -> `[batch, sequenceLength, embedDim]`. Tokens are numbered below
 * `vocabularySize`, positions below `sequenceLength`.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example
 * const embedding = buildTokenPositionEmbeddingBlock({ sequenceLength: 16, vocabularySize: 1000, embedDim: 32 });
 */
export function buildTokenPositionEmbeddingBlock(options: TokenPositionEmbeddingOptions): tf.LayersModel {
  const size = wholeNumber({ least: 1 });
  const { sequenceLength, vocabularySize, embedDim } = readOptions(
    'buildTokenPositionEmbeddingBlock',
    { sequenceLength: size, vocabularySize: size, embedDim: size },
    options,
  );
  const [tokens, positions] = [tf.input({ shape: [sequenceLength] }), tf.input({ shape: [sequenceLength] })];
  const embedded = [
    applied(tf.layers.embedding({ inputDim: vocabularySize, outputDim: embedDim }), tokens),
    applied(tf.layers.embedding({ inputDim: sequenceLength, outputDim: embedDim }), positions),
  ];
  return tf.model({ inputs: [tokens, positions], outputs: applied(tf.layers.add(), embedded) });
}
