import { expect, test } from 'vitest';
import { binary, type InputSpec, image, Project, tensor, vector } from '../../src/index.js';
import { refusal } from './refusal.js';

test('inputs are data, frozen', () => {
  expect(image({ height: 4, width: 6, channels: 3 })).toEqual({
    kind: 'image',
    shape: [4, 6, 3],
    scale: 1 / 255,
    columns: null,
  });
  expect(image({ height: 4, width: 6, channels: 1, scale: 1 }).scale).toBe(1);
  expect(vector({ size: 5 })).toEqual({ kind: 'vector', shape: [5], scale: 1, columns: null });
  expect(vector({ columns: ['a', 'b'] })).toEqual({ kind: 'vector', shape: [2], scale: 1, columns: ['a', 'b'] });
  expect(tensor({ shape: [2, 3, 4, 5] })).toEqual({ kind: 'tensor', shape: [2, 3, 4, 5], scale: 1, columns: null });
  const columns = ['a', 'b'];
  const input = vector({ columns });
  columns.push('c');
  expect(input.columns).toEqual(['a', 'b']);
  for (const part of [input, input.shape, input.columns]) expect(Object.isFrozen(part)).toBe(true);
});

test.each<[string, () => InputSpec, string, string, string]>([
  ['no height', () => image({ height: 0, width: 6, channels: 3 }), 'image', 'whole numbers above 0', '[0,6,3]'],
  [
    'half a channel',
    () => image({ height: 1, width: 1, channels: 0.5 }),
    'image',
    'whole numbers above 0',
    '[1,1,0.5]',
  ],
  ['a scale of 0', () => image({ height: 1, width: 1, channels: 1, scale: 0 }), 'image.scale', 'other than 0', '0'],
  [
    'a scale of NaN',
    () => image({ height: 1, width: 1, channels: 1, scale: Number.NaN }),
    'image.scale',
    'a finite number other than 0',
    'NaN',
  ],
  ['a negative size', () => vector({ size: -1 }), 'vector', 'whole numbers above 0', '[-1]'],
  ['no columns', () => vector({ columns: [] }), 'vector.columns', 'at least one', '[]'],
  ['a column twice', () => vector({ columns: ['a', 'b', 'a'] }), 'vector.columns', 'different', '["a","b","a"]'],
  ['no axes', () => tensor({ shape: [] }), 'tensor', 'whole numbers above 0', '[]'],
])('%s is refused', (_, declare, path, expected, received) => {
  const error = refusal(declare);
  expect(error.code).toBe('INVALID_OPTIONS');
  expect(error.path).toBe(path);
  expect(error.expected).toContain(expected);
  expect(error.received).toBe(received);
});

test.each<[string, unknown, string]>([
  ['a shape alone', [64, 64, 3], 'inputs.frame'],
  ['one made by hand without a scale', { kind: 'image', shape: [2], columns: null }, 'inputs.frame.scale'],
  ['one with a wrong axis', { kind: 'image', shape: [2, 0], scale: 1, columns: null }, 'inputs.frame.shape.1'],
  ['a function that was not called', image, 'inputs.frame'],
])('%s is no input', (_, input, path) => {
  const inputs = { frame: input as InputSpec };
  const error = refusal(() => new Project({ name: 'p', inputs, tasks: { a: binary() } }));
  expect(error.code).toBe('NOT_AN_INPUT');
  expect(error.path).toBe(path);
  expect(error.expected).toBe('what image(…), vector(…) or tensor(…) gives');
});
