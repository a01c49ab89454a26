/** @file Hidden tokens to be told from those around them: one logit a piece of the vocabulary, of which only the best leaves the engine. */
import type { Json } from '../flow/graph.js';
import { invalidOption, listOf, number, option, readOptions, text, wholeNumber, withDefault } from '../options.js';
import { tf } from '../tf.js';
import { at } from './arrays.js';
import { decimal } from './explain.js';
import type { KindScores, TaskKind } from './kind.js';
import { invalidLabel } from './labels.js';
import { sparseSoftmaxCrossEntropy } from './losses/sparse-softmax-cross-entropy.js';
import { languageMetrics } from './metrics/language-metrics.js';
import { optionsJson, taskWeight, unless } from './options.js';
import { logFrequencies } from './priors.js';
import { type Vocabulary, vocabularyFingerprint } from './vocabulary.js';

export interface MaskedLanguageModelOptions {
  /** That of the `text` input whose tokens are hidden: the one input that names the axis which the task answers along. */
  readonly tokenizer: Vocabulary;
  /** Share of a row's tokens that are hidden: at least one, and else the nearest whole number of them. Default 0.15. */
  readonly rate?: number;
  /** Weight of the task in the total loss. Default 1. */
  readonly weight?: number;
}

export type MaskedLanguageModelKind = TaskKind<string, Readonly<Record<never, never>>, number>;

const rate = withDefault(number({ above: 0, most: 1 }), 0.15);

const schema = {
  tokenizer: option(
    'a tokenizer: what trainTokenizer or readTokenizer gives',
    (given): given is Vocabulary =>
      typeof given === 'object' && given !== null && 'pieces' in given && 'special' in given,
  ),
  rate,
  weight: taskWeight,
};

const id = wholeNumber({ least: 0 });
/** As a saved flow has them. */
const savedSchema = {
  pieces: listOf(text, { least: 2 }),
  special: listOf(id),
  padding: id,
  mask: id,
  rate,
  weight: taskWeight,
};

/**
 * Masked language modelling (Devlin et al., "BERT", 2019): in each epoch anew, 15 % of the tokens of a row are hidden from
 * the network, which is to say what they were. Of those hidden, 80 % become the mask token, 10 % another token, 10 % stay
 * as they are. It needs no labels; a row takes part where its conditions hold. Declare it along the axis of the tokens:
 *
 * Metrics: `accuracy`, `cross_entropy` (nats) and `perplexity`, over hidden tokens alone; evaluation hides the same ones each
 * time. A prediction is the likeliest piece at each position, of the text as it is: give it `[MASK]` where a word is to be found.
 *
 * @throws HeadgateError `INVALID_OPTIONS`, also for a tokenizer without a mask token
 * @example
 * const tokenizer = trainTokenizer(['to be or not to be'], { kind: 'words' });
 * const tasks = { word: along('token', maskedLanguageModel({ tokenizer })) };
 */
export function maskedLanguageModel(options: MaskedLanguageModelOptions): MaskedLanguageModelKind {
  const { tokenizer, rate, weight } = readOptions('maskedLanguageModel', schema, options);
  const { padding, mask, all } = tokenizer.special;
  if (mask === null) {
    throw invalidOption('maskedLanguageModel.tokenizer', tokenizer.special, {
      problem: 'this tokenizer has no mask token, which stands where a token is hidden',
      expected: 'a tokenizer with [MASK] or <mask> among its added tokens',
      mend: 'Train one with trainTokenizer, or add the token to the file.',
    });
  }
  if (new Set(all).size >= tokenizer.pieces.length) {
    throw invalidOption('maskedLanguageModel.tokenizer', tokenizer.pieces, {
      problem: 'all pieces of this tokenizer are special: there is none to be hidden',
      expected: 'a vocabulary of pieces of texts',
    });
  }
  return kindOf({ pieces: tokenizer.pieces, special: all, padding, mask, rate, weight });
}

/** From the options of a saved flow. */
export function savedMaskedLanguageModel(options: Json): MaskedLanguageModelKind {
  const read = readOptions('maskedLanguageModel', savedSchema, options);
  for (const own of [...read.special, read.padding, read.mask]) {
    if (own >= read.pieces.length) {
      throw invalidOption('maskedLanguageModel.special', own, { expected: `ids below ${read.pieces.length}` });
    }
  }
  return kindOf(read);
}

interface Facts {
  readonly pieces: readonly string[];
  readonly special: readonly number[];
  readonly padding: number;
  readonly mask: number;
  readonly rate: number;
  readonly weight: number;
}

/** What leaves the engine at each position: the best piece, and how probable it is. */
const SUMMARY = 2;

function kindOf({ pieces, special, padding, mask, rate, weight }: Facts): MaskedLanguageModelKind {
  const size = pieces.length;
  const vocabulary = vocabularyFingerprint({ pieces, special: { padding, mask, all: special } });
  return Object.freeze<MaskedLanguageModelKind>({
    kind: 'maskedLanguageModel',
    options: optionsJson({
      pieces: [...pieces],
      special: [...special],
      padding,
      mask,
      rate: unless(0.15, rate),
      weight: unless(1, weight),
    }),
    width: 1,
    units: size,
    weight,
    predicates: {},
    lossKey: null,
    trainingOptions: Object.freeze(['rate', 'weight']),
    classes: pieces,
    prior: (labels) => logFrequencies(labels, () => 1),
    thresholds: null,
    metrics: languageMetrics,
    summary: Object.freeze({ units: SUMMARY, of: bestPiece, activate: probabilityOfBest }),
    hides: Object.freeze({ vocabulary, size, special: Object.freeze([...special]), mask, rate }),
    encode: (label, _cell, where) => {
      throw invalidLabel(label, where, {
        problem: 'The labels of a masked language model are the tokens of its input, not a column of their own.',
        expected: 'no column of this name',
        mend: 'Rename the column, or the task.',
      });
    },
    loss: sparseSoftmaxCrossEntropy,
    activate: (logits) => tf.softmax(logits),
    decode: ({ rows, logits }: KindScores) => {
      const decoded = new Float64Array(rows);
      for (let row = 0; row < rows; row++) decoded[row] = at(logits, row * SUMMARY);
      return decoded;
    },
    value: (decoded, offset) => pieces[at(decoded, offset)] as string, // an id that the network gave, one for each logit
    probability: (activated, offset) => at(activated, offset + 1),
    explain: (name, { decoded, activated }) => ({
      text: `${name}: ${pieces[at(decoded, 0)]} | activated: ${decimal(at(activated, 1))}`,
    }),
  });
}

/** logits `[..., size]` -> `[..., 2]`: the id of the greatest, and the log of its probability. */
function bestPiece(logits: tf.Tensor): tf.Tensor {
  const greatest = logits.max(-1, true);
  const log = logits.sub(greatest).exp().sum(-1, true).log().neg();
  return tf.concat([logits.argMax(-1).cast('float32').expandDims(-1), log], -1);
}

/** `[..., 2]` -> `[..., 2]`: the id, and its probability. */
function probabilityOfBest(summary: tf.Tensor): tf.Tensor {
  const [id, log] = tf.split(summary, 2, -1) as [tf.Tensor, tf.Tensor]; // as many as asked for
  return tf.concat([id, log.exp()], -1);
}
