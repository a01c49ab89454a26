/** @file A small flow with tasks of a row and tasks at each token, and rows for it. */
import { along, binary, Project, tensor, tf } from '../../src/index.js';
import { uniforms } from '../../src/random.js';

export interface TokenProjectOptions {
  readonly tokens?: number;
}

/** `english` says whether a row counts; `isName` is asked at each token; `isFirst` at each that is a name. */
export function tokenProject({ tokens = 4 }: TokenProjectOptions = {}) {
  return new Project({
    name: 'tokens',
    inputs: { text: tensor({ shape: [tokens, 3], axes: ['token', null] }) },
    tasks: { english: binary(), isName: along('token', binary()), isFirst: along('token', binary({ weight: 2 })) },
    backbone: ({ text }) => {
      const hidden = tf.layers.dense({ units: 8, activation: 'tanh', kernelInitializer: 'glorotNormal' }).apply(text);
      return { tokens: hidden, whole: tf.layers.flatten().apply(hidden as tf.SymbolicTensor) };
    },
    seed: 4,
    onNote: () => {},
  }).flow('full', (task, x) => {
    const english = task.english(x.whole);
    const isName = task.isName(x.tokens).given(english);
    return [english, isName, task.isFirst(x.tokens).given(isName)];
  });
}

/** Labels that the inputs decide, some missing: at a token, and of a whole row. */
export function tokenRows(rows: number, tokens = 4) {
  return Array.from({ length: rows }, (_, i) => {
    const drawn = uniforms({ seed: 2, stream: 'rows', counter: i }, tokens * 3);
    const text = Array.from({ length: tokens }, (_, t) =>
      Array.from(drawn.subarray(t * 3, t * 3 + 3), (value) => Math.fround(value * 2 - 1)),
    );
    const at = (t: number, k: number): number => text[t]?.[k] ?? Number.NaN;
    const isName = text.map((_, t) => (at(t, 2) > 0.9 ? null : at(t, 0) > 0));
    return {
      text,
      english: i % 7 === 3 ? null : at(0, 1) > -0.4,
      isName: i % 11 === 5 ? null : isName,
      isFirst: text.map((_, t) => at(t, 1) > 0),
    };
  });
}
