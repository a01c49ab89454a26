import { expect, test } from 'vitest';
import { binary, type InputSpec, image, Project, tensor, vector } from '../../src/index.js';
import { refusal } from './refusal.js';

test('inputs are data, frozen', () => {
  expect(image({ height: 4, width: 6, channels: 3 })).toEqual({
    kind: 'image',
    shape: [4, 6, 3],
    scale: 1 / 255,
    columns: null,
    encoder: { kind: 'range', state: null },
  });
  const scaled = image({ height: 4, width: 6, channels: 1, scale: 1 });
  expect([scaled.scale, 'encoder' in scaled]).toEqual([1, false]);
  expect(image({ height: 4, width: 6, channels: 3, normalise: 'imagenet' }).normalise).toEqual({
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
  });
  const means = [0.5];
  const grey = image({ height: 4, width: 6, channels: 1, normalise: { mean: means, deviation: [0.25] } });
  means[0] = 7;
  expect(grey.normalise).toEqual({ mean: [0.5], deviation: [0.25] });
  const plain = { kind: 'vector', shape: [5], scale: 1, columns: null };
  const encoder = { kind: 'standardise', state: null };
  expect(vector({ size: 5 })).toEqual({ ...plain, encoder });
  expect(vector({ size: 5, standardise: false })).toEqual(plain);
  expect(vector({ columns: ['a', 'b'] })).toEqual({
    kind: 'vector',
    shape: [2],
    scale: 1,
    columns: ['a', 'b'],
    encoder,
  });
  expect(tensor({ shape: [2, 3, 4, 5] })).toEqual({ kind: 'tensor', shape: [2, 3, 4, 5], scale: 1, columns: null });
  const columns = ['a', 'b'];
  const input = vector({ columns });
  columns.push('c');
  expect(input.columns).toEqual(['a', 'b']);
  for (const part of [input, input.shape, input.columns]) expect(Object.isFrozen(part)).toBe(true);
});

test.each<[string, () => unknown, string, string, string]>([
  ['no height', () => image({ height: 0, width: 1, channels: 1 }), 'image.height', 'a whole number from 1 on', '0'],
  ['half a channel', () => image({ height: 1, width: 1, channels: 0.5 }), 'image.channels', 'a whole number', '0.5'],
  ['a scale of 0', () => image({ height: 1, width: 1, channels: 1, scale: 0 }), 'image.scale', 'other than 0', '0'],
  [
    'a scale of NaN',
    () => image({ height: 1, width: 1, channels: 1, scale: Number.NaN }),
    'image.scale',
    'a finite number other than 0',
    'NaN',
  ],
  [
    'ImageNet of grey',
    () => image({ height: 1, width: 1, channels: 1, normalise: 'imagenet' }),
    'image.normalise',
    '3 channels, where this image has 1',
    '"imagenet"',
  ],
  [
    'a misspelt name',
    () => image({ height: 1, width: 1, channels: 3, normalise: 'imagnet' as never }),
    'image.normalise',
    'imagenet, or a record of: mean, deviation',
    '"imagnet"',
  ],
  [
    'two means of three',
    () => image({ height: 1, width: 1, channels: 3, normalise: { mean: [0, 0], deviation: [1, 1, 1] } }),
    'image.normalise.mean',
    '3 numbers, one for each channel',
    '[0,0]',
  ],
  [
    'a deviation of 0',
    () => image({ height: 1, width: 1, channels: 1, normalise: { mean: [0], deviation: [0] } }),
    'image.normalise.deviation[0]',
    'a number above 0',
    '0',
  ],
  ['a misspelt option', () => vector({ sise: 2 } as never), 'vector.sise', 'size, columns', '"sise"'],
  ['neither size nor columns', () => vector({} as never), 'vector', '{ size } or { columns }', '{}'],
  ['both', () => vector({ size: 1, columns: ['a'] } as never), 'vector.size', 'no size', '1'],
  ['nothing', () => vector(undefined as never), 'vector', 'a record of options', 'undefined'],
  ['a negative size', () => vector({ size: -1 }), 'vector.size', 'a whole number from 1 on', '-1'],
  ['no columns', () => vector({ columns: [] }), 'vector.columns', 'at least 1', '[]'],
  ['a column twice', () => vector({ columns: ['a', 'b', 'a'] }), 'vector.columns', 'different', '["a","b","a"]'],
  [
    'a frame of 3e18',
    () => image({ height: 1e9, width: 1e9, channels: 3 }),
    'image',
    '2147483647 numbers',
    '[1000000000,1000000000,3]',
  ],
  ['a size of 2 ** 31', () => vector({ size: 2 ** 31 }), 'vector', '2147483647 numbers', '[2147483648]'],
  ['no axes', () => tensor({ shape: [] }), 'tensor.shape', 'at least 1', '[]'],
])('%s is refused', (_, declare, path, expected, received) => {
  const error = refusal(declare);
  expect(error.code).toBe('INVALID_OPTIONS');
  expect(error.path).toBe(path);
  expect(error.expected).toContain(expected);
  expect(error.received).toBe(received);
});

test('what is wrong with columns and axes made by hand is said', () => {
  const made = (more: object) => ({ kind: 'tensor', shape: [2, 2], scale: 1, columns: null, ...more }) as InputSpec;
  const problem = (more: object) =>
    refusal(() => new Project({ name: 'p', inputs: { x: made(more) }, tasks: { a: binary() } })).problem;
  expect(problem({ columns: ['a', 'a'] })).toContain('no two of them the same');
  expect(problem({ axes: ['a'] })).toContain('a name of its own, or null, for each of the 2 axes of the shape');
  expect(problem({ dtype: 'float16' })).toContain('it must be ');
  expect(problem({ scale: 0 })).toContain('a finite number other than 0');
  expect(problem({ axes: ['a b', null] })).toContain('a name');
  expect(problem({ encoder: { kind: 'k', state: () => 1 } })).toContain('JSON');
});

test.each<[string, unknown, string]>([
  ['a shape alone', [64, 64, 3], 'inputs.frame'],
  ['one made by hand without a scale', { kind: 'image', shape: [2], columns: null }, 'inputs.frame.scale'],
  ['one with a wrong axis', { kind: 'image', shape: [2, 0], scale: 1, columns: null }, 'inputs.frame.shape[1]'],
  ['a function that was not called', image, 'inputs.frame'],
  [
    'one with the same column twice',
    { kind: 'vector', shape: [2], scale: 1, columns: ['a', 'a'] },
    'inputs.frame.columns',
  ],
  [
    'one with the same axis twice',
    { kind: 'tensor', shape: [2, 2], scale: 1, columns: null, axes: ['a', 'a'] },
    'inputs.frame.axes',
  ],
  [
    'one with an axis too few',
    { kind: 'tensor', shape: [2, 2], scale: 1, columns: null, axes: ['a'] },
    'inputs.frame.axes',
  ],
  ['one scaled by 0', { kind: 'image', shape: [2], scale: 0, columns: null }, 'inputs.frame.scale'],
])('%s is no input', (_, input, path) => {
  const inputs = { frame: input as InputSpec };
  const error = refusal(() => new Project({ name: 'p', inputs, tasks: { a: binary() } }));
  expect(error.code).toBe('NOT_AN_INPUT');
  expect(error.path).toBe(path);
  expect(error.expected).toBe('what image(…), vector(…), tensor(…), columns(…), number() and the like give');
});
