import { expect, expectTypeOf, test } from 'vitest';
import type { ValueOf } from '../../src/flow/declaration.js';
import { classification } from '../../src/tasks/classification.js';
import { tf } from '../../src/tf.js';
import { encode, errorOf } from './cell.js';
import { odds } from './view.js';

const shirt = classification({ classes: ['red', 'green', 'blue'] });

test('labels are class names or indices', () => {
  expect(['red', 'blue', 0, 2, null, undefined, Number.NaN].map((label) => encode(shirt, label)[0])).toEqual([
    0,
    2,
    0,
    2,
    null,
    null,
    null,
  ]);
});

test('a declared class by that name wins: numbers and booleans are named as they are written', () => {
  const digit = classification({ classes: ['2', '1', '0'] });
  for (const label of ['2', 2, '2.0', ' 2']) expect([label, encode(digit, label)]).toEqual([label, [0]]);
  expect(encode(classification({ classes: ['1', '2', '3'] }), 1)).toEqual([0]);
  const answer = classification({ classes: ['false', 'true', '007'] });
  expect([true, 'TRUE', false, '007'].map((label) => encode(answer, label)[0])).toEqual([1, 1, 0, 2]);
});

test('the text of an index is that index, as long as no class is called by a number', () => {
  expect([encode(shirt, '2'), encode(shirt, 2)]).toEqual([[2], [2]]);
  expect(errorOf(() => encode(shirt, '3')).code).toBe('INVALID_LABEL');
  expect(errorOf(() => encode(shirt, '02')).code).toBe('UNKNOWN_CLASS');
});

test.each([[0], ['0'], [4]])(
  'where classes are called by numbers, %s could be a name or an index: refused',
  (label) => {
    const error = errorOf(() => encode(classification({ classes: ['1', '2', '3'] }), label));
    expect(error).toMatchObject({
      code: 'UNKNOWN_CLASS',
      path: 'rows[3].task',
      expected: expect.stringContaining('1, 2, 3'),
    });
    expect(error.problem).toContain('a number is a name and no index');
  },
);

test('classes that no label could tell apart are refused', () => {
  for (const classes of [
    ['1', '1.0'],
    ['true', 'TRUE'],
    ['0', '-0'],
  ]) {
    const error = errorOf(() => classification({ classes }));
    expect([error.code, error.path]).toEqual(['INVALID_OPTIONS', 'classification.classes']);
  }
  expect(encode(classification({ classes: ['1', '01', 'a', 'A'] }), '01')).toEqual([1]);
});

test('an unknown class suggests the nearest', () => {
  expect(errorOf(() => encode(shirt, 'gren')).message).toBe(
    [
      'UNKNOWN_CLASS at rows[3].task: There is no class "gren".',
      '  expected: one of: red, green, blue',
      '  received: "gren"',
      '  did you mean "green"?',
    ].join('\n'),
  );
  expect(errorOf(() => encode(shirt, '__proto__')).code).toBe('UNKNOWN_CLASS');
});

test.each([[3], [-1], [1.5], [true], [Number.POSITIVE_INFINITY], [['red']], [1n]])(
  'the label %s is refused',
  (label) => {
    const error = errorOf(() => encode(shirt, label));
    expect(error.code).toBe('INVALID_LABEL');
    expect(error.expected).toBe('one of: red, green, blue; or an integer from 0 to 2; or null where it is missing');
  },
);

test('decodes the greatest activation, the first of equals', () => {
  const decoded = shirt.decode({ ...odds(0.2, 0.5, 0.3, 0.4, 0.2, 0.4), rows: 2 }, []);
  expect([...decoded]).toEqual([1, 0]);
  expect(shirt.value(decoded, 0)).toBe('green');
  expect(shirt.value(decoded, 1)).toBe('red');
  expect(shirt.thresholds).toBeNull();
});

test('a class may bear any name', () => {
  const odd = classification({ classes: ['__proto__', 'constructor'], classWeights: [2, 1] });
  const probabilities = odd.probability(Float32Array.of(0.25, 0.75), 0);
  expect(Object.entries(probabilities as object)).toEqual([
    ['__proto__', 0.25],
    ['constructor', 0.75],
  ]);
  expect(encode(odd, 'constructor')).toEqual([1]);
  const weights = JSON.parse('{"__proto__": 3}');
  expect(classification({ classes: ['__proto__', 'b'], classWeights: weights }).options).toEqual({
    classes: ['__proto__', 'b'],
    classWeights: [3, 1],
  });
});

test('explains itself by ranks', () => {
  const kind = classification({ classes: ['red', 'green', 'blue'], topK: 2 });
  const logits = Float32Array.of(0.5, 2, 1);
  const activated = tf.tidy(() => kind.activate(tf.tensor2d(logits, [1, 3])).dataSync() as Float32Array);
  expect(kind.explain('shirt', { logits, activated, decoded: Float64Array.of(1) })).toEqual({
    text: 'shirt',
    children: ['0: green | activated: 0.6285, logits: 2.0000', '1: blue | activated: 0.2312, logits: 1.0000'],
  });
});

test('equal tasks have equal options: defaults left out, class weights in class order', () => {
  const classes = ['a', 'b', 'c'] as const;
  expect(classification({ classes }).options).toEqual({ classes });
  const plain = classification({ classes, classWeights: { a: 1 }, labelSmoothing: 0, focal: { gamma: 0 }, weight: 1 });
  expect(plain.options).toEqual({ classes });
  expect(plain.lossKey).toBe(classification({ classes }).lossKey);
  const byName = classification({ classes, classWeights: { c: 3, b: 2 }, topK: [3, 1, 3] });
  expect(byName.options).toEqual({ classes, classWeights: [1, 2, 3], topK: [1, 3] });
  expect(byName.options).toEqual(classification({ classes, classWeights: [1, 2, 3], topK: [1, 3] }).options);
  expect(classification({ classes, topK: 2 }).options).toEqual({ classes, topK: [2] });
});

test('the loss key covers the number of classes, not their names', () => {
  const key = (options: object) => classification({ classes: ['a', 'b'], ...options }).lossKey;
  expect(key({})).toBe(key({ classes: ['x', 'y'], topK: 2, weight: 4 }));
  const keys = [
    key({}),
    key({ classes: ['a', 'b', 'c'] }),
    key({ classWeights: [1, 2] }),
    key({ labelSmoothing: 0.1 }),
    key({ focal: { gamma: 1 } }),
  ];
  expect(new Set(keys).size).toBe(5);
});

test.each([
  [{}, 'classification.classes'],
  [{ classes: ['only'] }, 'classification.classes'],
  [{ classes: ['a', 'a'] }, 'classification.classes'],
  [{ classes: ['a', ''] }, 'classification.classes[1]'],
  [{ classes: ['a', 'b'], topK: 3 }, 'classification.topK'],
  [{ classes: ['a', 'b'], topK: 0 }, 'classification.topK'],
  [{ classes: ['a', 'b'], classWeights: [1] }, 'classification.classWeights'],
  [{ classes: ['a', 'b'], classWeights: [1, -1] }, 'classification.classWeights'],
  [{ classes: ['a', 'b'], classWeights: 'many' }, 'classification.classWeights'],
  [{ classes: ['a', 'b'], focal: { gamma: -1 } }, 'classification.focal.gamma'],
])('the options %j are refused', (options, path) => {
  const error = errorOf(() => classification(options as { classes: string[] }));
  expect([error.code, error.path]).toEqual(['INVALID_OPTIONS', path]);
});

test('a weight for an unknown class is refused with a suggestion', () => {
  const weights: object = { greem: 2 };
  const error = errorOf(() => classification({ classes: ['red', 'green'], classWeights: weights }));
  expect([error.code, error.path, error.suggestion]).toEqual(['UNKNOWN_CLASS', 'classification.classWeights', 'green']);
});

test('conditions ask for one class or several', () => {
  expect(shirt.predicates.is('blue')).toEqual({ element: 0, oneOf: [2] });
  expect(shirt.predicates.in(['blue', 'red'])).toEqual({ element: 0, oneOf: [2, 0] });
  const loose: { is: (name: string) => unknown; in: (names: readonly string[]) => unknown } = classification({
    classes: ['red', 'green'] as string[],
  }).predicates;
  expect(errorOf(() => loose.is('rod')).suggestion).toBe('red');
  expect(errorOf(() => loose.in(['red', 'rod'])).code).toBe('UNKNOWN_CLASS');
  expect(errorOf(() => loose.in([])).code).toBe('INVALID_PREDICATE');
});

test('class names are types', () => {
  expectTypeOf<ValueOf<typeof shirt>>().toEqualTypeOf<'red' | 'green' | 'blue'>();
  expectTypeOf(shirt.predicates.is).parameter(0).toEqualTypeOf<'red' | 'green' | 'blue'>();
  // @ts-expect-error there is no class rod
  expect(() => shirt.predicates.is('rod')).toThrow('UNKNOWN_CLASS');
  // @ts-expect-error there is no class rod
  expect(() => classification({ classes: ['red', 'green'], classWeights: { rod: 1 } })).toThrow('UNKNOWN_CLASS');
});
