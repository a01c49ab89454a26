/** @file dnn_cool's second dataset (reference section 12.4): documents of sentences of tokens, made by a generator of our own. */
import { along, binary, maskOf, Project, tensor, tf } from '../../src/index.js';
import { uniforms } from '../../src/random.js';

export const SENTENCES = 10;
export const TOKENS = 19;

/** A document with its labels: which tokens are 0, and which are 2. */
export interface Document extends Record<string, unknown> {
  readonly document: number[][];
  readonly isZero: boolean[][];
  readonly isTwo: boolean[][];
}

/** Documents of 6 to 10 sentences of 2 to 19 tokens, each 0, 1 or 2. */
export function documents(count: number, seed: number): Document[] {
  return Array.from({ length: count }, (_, i) => {
    const drawn = uniforms({ seed, stream: 'document', counter: i }, 1 + SENTENCES * (1 + TOKENS));
    let next = 0;
    const below = (bound: number): number => Math.floor((drawn[next++] ?? 0) * bound);
    const document = Array.from({ length: 6 + below(5) }, () => Array.from({ length: 2 + below(18) }, () => below(3)));
    const where = (token: number) => document.map((sentence) => sentence.map((own) => own === token));
    return { document, isZero: where(0), isTwo: where(2) };
  });
}

export interface DocumentOptions {
  readonly shape?: readonly [number, number];
  readonly padding?: number;
}

const applied = (layer: tf.layers.Layer, x: tf.SymbolicTensor): tf.SymbolicTensor =>
  layer.apply(x) as tf.SymbolicTensor; // of one symbolic input

/** Embedding 3 → 64, then 64 → 32 → 16, at each token; B is asked where A does not hold. */
export function documentProject({ shape = [SENTENCES, TOKENS], padding = 0 }: DocumentOptions = {}) {
  return new Project({
    name: 'documents',
    inputs: {
      document: tensor({ shape, axes: ['sentence', 'token'], ragged: true, padding }),
      present: maskOf('document'),
    },
    tasks: { isZero: along(['sentence', 'token'], binary()), isTwo: along(['sentence', 'token'], binary()) },
    backbone: ({ document, present }) => {
      const embedded = applied(tf.layers.embedding({ inputDim: 3, outputDim: 64 }), document);
      const hidden = applied(tf.layers.dense({ units: 32, activation: 'relu' }), embedded);
      const tokens = applied(tf.layers.dense({ units: 16, activation: 'relu' }), hidden);
      // the heads would not care, since padded positions never count; whoever looks across tokens does
      const there = applied(tf.layers.reshape({ targetShape: [...shape, 1] }), present);
      return { tokens: tf.layers.multiply().apply([tokens, there]) as tf.SymbolicTensor };
    },
    seed: 3,
    onNote: () => {},
  }).flow('full', (task, x) => {
    const isZero = task.isZero(x.tokens);
    return [isZero, task.isTwo(x.tokens).given(isZero.not())];
  });
}
