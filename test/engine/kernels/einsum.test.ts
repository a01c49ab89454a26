import { beforeAll, expect, test } from 'vitest';
import { onBackend } from '../../../src/engine/backend.js';
import { createEngine } from '../../../src/engine/select.js';
import { normals } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';
import { worst } from '../host.js';

beforeAll(async () => {
  await createEngine('cpu');
  await createEngine('wasm');
});

const size = { a: 2, b: 3, c: 4, d: 5, e: 6 } as const;

test.each([
  'ab,bc->ac',
  'ab,cb->ca',
  'ba,bc->ca',
  'ab,ab->',
  'ab,ab->ab',
  'a,b->ab',
  'a,a->a',
  'abc,abd->acd',
  'abcd,aecd->acbe',
  'abc,cde->abde',
  'acbe,aecd->abcd',
  'abc,ad->b',
  'abc,b->ac',
  'ab,c->c',
  'abc->cab',
  'abc->b',
  'abc->',
  'ab -> ba',
  'ab,->ab',
])('%s', (equation) => {
  const terms = equation.replace(/\s/g, '').split('->')[0]?.split(',') ?? [];
  const shapes = terms.map((term) => [...term].map((label) => size[label as keyof typeof size]));
  const data = shapes.map((shape, i) => normals({ seed: 3, stream: `${i}`, counter: 0 }, tf.util.sizeFromShape(shape)));
  const received = onBackend('wasm', () =>
    tf.tidy(() => {
      const result = tf.einsum(equation, ...data.map((values, i) => tf.tensor(values, shapes[i])));
      return { shape: result.shape, data: Float32Array.from(result.dataSync()) };
    }),
  );
  const expected = naive(equation, data);
  expect(received.shape).toEqual(expected.shape);
  expect(worst(received.data, expected.data)).toBeLessThan(1e-5);
});

/** By definition: over every value of every letter. (tfjs's cpu kernel gets `ab,c->c` wrong.) */
function naive(equation: string, data: readonly Float32Array[]): { shape: number[]; data: Float64Array } {
  const [terms, result] = equation.replace(/\s/g, '').split('->') as [string, string];
  const letters = [...new Set(terms.replace(',', ''))] as (keyof typeof size)[];
  const at = (labels: string, values: ReadonlyMap<string, number>): number =>
    [...labels].reduce((offset, l) => offset * size[l as keyof typeof size] + (values.get(l) ?? 0), 0);
  const shape = [...result].map((letter) => size[letter as keyof typeof size]);
  const sums = new Float64Array(tf.util.sizeFromShape(shape));
  const visit = (depth: number, values: Map<string, number>): void => {
    const letter = letters[depth];
    if (letter !== undefined) {
      for (let i = 0; i < size[letter]; i++) visit(depth + 1, values.set(letter, i));
      return;
    }
    const product = terms.split(',').reduce((value, labels, i) => value * (data[i]?.[at(labels, values)] ?? 0), 1);
    const to = at(result, values);
    sums[to] = (sums[to] ?? 0) + product;
  };
  visit(0, new Map());
  return { shape, data: sums };
}

test('of integers stays exact beyond float32', () => {
  const product = onBackend('wasm', () =>
    tf.tidy(() => {
      const [a, b] = [tf.tensor2d([[16777217, 1]], [1, 2], 'int32'), tf.tensor2d([[1], [2]], [2, 1], 'int32')];
      const result = tf.einsum('ab,bc->ac', a, b);
      return [result.dtype, ...result.dataSync()];
    }),
  );
  expect(product).toEqual(['int32', 16777219]);
});

test('refuses what tfjs refuses', () => {
  onBackend('wasm', () => {
    tf.tidy(() => {
      expect(() => tf.einsum('aa->a', tf.ones([2, 2]))).toThrow(/duplicate/i);
      expect(() => tf.einsum('ab,bc->ac', tf.ones([2, 3]), tf.ones([4, 2]))).toThrow(/dimension/i);
    });
  });
});
