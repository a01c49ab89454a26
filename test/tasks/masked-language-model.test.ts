import { expect, test } from 'vitest';
import { normals } from '../../src/random.js';
import { maskedLanguageModel } from '../../src/tasks/masked-language-model.js';
import { kindFromOptions } from '../../src/tasks/registry.js';
import { tf } from '../../src/tf.js';
import { numberedWords, wordTokenizer } from '../support/word-tokenizer.js';
import { encode, errorOf } from './cell.js';

const tokenizer = wordTokenizer(numberedWords(6));
const word = maskedLanguageModel({ tokenizer });
const SIZE = 11;

/** log Σ exp x - x_y in float64, with its slopes. */
function naive(logits: ArrayLike<number>, label: number) {
  const values = Array.from(logits);
  const greatest = Math.max(...values);
  const normaliser = greatest + Math.log(values.reduce((sum, x) => sum + Math.exp(x - greatest), 0));
  const slopes = values.map((x, c) => Math.exp(x - normaliser) - (c === label ? 1 : 0));
  return { loss: normaliser - (values[label] ?? Number.NaN), slopes };
}

test.each([1, 30, 1e4])('loss and slopes are those of softmax cross-entropy, at logits of size %s', (size) => {
  const rows = 5;
  const logits = normals({ seed: 1, stream: 'logits', counter: 0 }, rows * SIZE).map((x) => Math.fround(x * size));
  const labels = [5, 10, 7, 7, 0];
  const upstream = [1, 0, 2, -1, 0.5];
  const [losses, slopes] = tf.tidy(() => {
    const loss = (x: tf.Tensor) => word.loss(x.reshape([rows, SIZE]), tf.tensor2d(labels, [rows, 1]));
    const x = tf.tensor1d(logits);
    return [
      loss(x).dataSync(),
      tf
        .grad(loss)(x, tf.tensor2d(upstream, [rows, 1]))
        .dataSync(),
    ];
  });
  for (const [row, label] of labels.entries()) {
    const own = naive(logits.subarray(row * SIZE, (row + 1) * SIZE), label);
    expect(Math.abs((losses[row] ?? Number.NaN) - own.loss)).toBeLessThanOrEqual(1e-6 * Math.max(1, size));
    for (const [c, slope] of own.slopes.entries()) {
      expect(slopes[row * SIZE + c]).toBeCloseTo(slope * (upstream[row] ?? Number.NaN), 5);
    }
  }
});

test('what leaves the engine is the best piece and its probability', () => {
  const logits = [0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const { summary } = word;
  if (summary === undefined) throw new Error('the kind has a summary');
  const [of, activated] = tf.tidy(() => {
    const own = summary.of(tf.tensor2d(logits, [2, SIZE]));
    return [own.dataSync<'float32'>(), summary.activate(own).dataSync<'float32'>()];
  });
  expect([of.length, of[0], of[2]]).toEqual([2 * summary.units, 7, 0]);
  const probabilities = [Math.exp(3) / (Math.exp(3) + 10), Math.exp(9) / (Math.exp(9) + 10)];
  for (const [row, probability] of probabilities.entries()) {
    expect(of[row * 2 + 1]).toBeCloseTo(Math.log(probability), 5);
    expect(activated[row * 2 + 1]).toBeCloseTo(probability, 6);
  }
  const decoded = word.decode({ rows: 2, logits: of, activated }, []);
  expect(Array.from(decoded, (_, row) => word.value(decoded, row))).toEqual(['w2', '[PAD]']);
  expect(word.probability(activated, 2)).toBe(activated[3]);
  expect(word.explain('word', { logits: of, activated, decoded }).text).toBe('word: w2 | activated: 0.6676');
});

test('the metrics are means over the hidden tokens, and the perplexity is not the mean of perplexities', () => {
  const view = (labels: number[], decoded: number[], losses: number[]) => ({
    rows: labels.length,
    logits: new Float32Array(2 * labels.length),
    activated: new Float32Array(2 * labels.length),
    decoded: Float64Array.from(decoded),
    labels: Float64Array.from(labels),
    counted: new Uint8Array(labels.length).fill(1),
    losses: Float32Array.from(losses),
  });
  const results = (views: readonly ReturnType<typeof view>[]) =>
    word.metrics.flatMap((metric) => {
      const fold = metric.start();
      for (const one of views) fold.add(one);
      return fold.results().map(({ name, value }) => [name, value] as const);
    });
  const parts = [view([5, 6, 7], [5, 6, 6], [0.5, 0.25, 3]), view([5], [6], [2.25])];
  const expected = { accuracy: 0.5, cross_entropy: 1.5, perplexity: Math.exp(1.5) };
  expect(Object.fromEntries(results(parts))).toEqual(expected);
  expect(Object.fromEntries(results([]))).toEqual({ accuracy: null, cross_entropy: null, perplexity: null });
  const { losses: _, ...scored } = view([5], [5], [1]);
  const [, entropy] = word.metrics;
  const fold = entropy?.start();
  fold?.add(scored);
  expect(fold?.results()).toMatchObject([{ name: 'cross_entropy', value: null, note: expect.any(String) }]);
});

test('it comes back from its options as JSON, and hides as it did', () => {
  const kind = maskedLanguageModel({ tokenizer, rate: 0.3, weight: 2 });
  const again = kindFromOptions(kind.kind, JSON.parse(JSON.stringify(kind.options)));
  expect([again.options, again.hides, again.units, again.weight]).toEqual([kind.options, kind.hides, 11, 2]);
  expect(kind.hides).toMatchObject({ size: 11, mask: 4, rate: 0.3, special: [0, 1, 2, 3, 4] });
  for (const options of [null, {}, { pieces: ['a'] }, { pieces: ['a', 'b'], special: [0], padding: 0, mask: 2 }]) {
    expect(errorOf(() => kindFromOptions('maskedLanguageModel', options)).code).toBe('INVALID_OPTIONS');
  }
});

test('a head begins at how often each piece occurs', () => {
  const classes = [0, 0, 0, 0, 0, 8, 4, 2, 1, 1, 0];
  const prior = word.prior?.({ elements: [], classes }) ?? [];
  const ratio = Math.exp((prior[5] ?? 0) - (prior[6] ?? 0));
  expect(ratio).toBeCloseTo(8.5 / 4.5, 10);
});

test('what it cannot work with is refused', () => {
  const withoutMask = { ...tokenizer, special: { ...tokenizer.special, mask: null } };
  expect(errorOf(() => maskedLanguageModel({ tokenizer: withoutMask }))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'maskedLanguageModel.tokenizer',
  });
  for (const rate of [0, 1.5, Number.NaN]) {
    expect(errorOf(() => maskedLanguageModel({ tokenizer, rate })).path).toBe('maskedLanguageModel.rate');
  }
  expect(errorOf(() => encode(word, 'w1'))).toMatchObject({ code: 'INVALID_LABEL', path: 'rows[3].task' });
  const special = {
    ...wordTokenizer([]),
    pieces: ['[PAD]', '[MASK]'],
    special: { padding: 0, mask: 1, unknown: null, all: [0, 1] },
  };
  expect(errorOf(() => maskedLanguageModel({ tokenizer: special })).path).toBe('maskedLanguageModel.tokenizer');
});
