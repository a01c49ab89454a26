import { expect, test } from 'vitest';
import { layerName } from '../../src/model/layer-name.js';

test.each([
  ['doorOpen', 'doorOpen'],
  ['person.faceX1', 'person.faceX1'],
  ['größe', 'gr.uf6..udf.e'],
  ['_x', 'x_x'],
  ['-x', 'x-x'],
  ['a b', 'a.u20.b'],
  ['东', 'x.u4e1c.'],
  ['𝔸', 'x.u1d538.'],
])('%s -> %s, which tfjs allows', (name, expected) => {
  expect(layerName(name, new Set())).toBe(expected);
  expect(expected).toMatch(/^[A-Za-z0-9][-A-Za-z0-9_./]*$/);
});

test('a name that is taken is another one', () => {
  const taken = new Set(['x', 'x_']);
  expect(layerName('x', taken)).toBe('x__');
  expect(layerName('x', taken)).toBe('x___');
});
