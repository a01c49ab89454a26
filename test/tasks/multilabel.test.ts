import { expect, expectTypeOf, test } from 'vitest';
import type { ValueOf } from '../../src/flow/declaration.js';
import { multilabel } from '../../src/tasks/multilabel.js';
import { encode, errorOf } from './cell.js';
import { odds } from './view.js';

const traits = multilabel({ classes: ['red', 'green', 'blue'] });

test.each([
  ['names of the present', ['blue', 'red'], [1, 0, 1]],
  ['no name: none is present', [], [0, 0, 0]],
  ['a name twice', ['red', 'red'], [1, 0, 0]],
  ['booleans', [true, false, true], [1, 0, 1]],
  ['flags with missing ones', [1, null, Number.NaN], [1, null, null]],
  ['flags that all are missing', [null, undefined, null], [null, null, null]],
  ['typed arrays', Uint8Array.of(0, 1, 1), [0, 1, 1]],
  ['typed arrays with NaN', Float32Array.of(0, Number.NaN, 1), [0, null, 1]],
  ['a record', { green: true, red: 0 }, [0, 1, null]],
  ['a record with nulls', { green: null, blue: false }, [null, null, 0]],
  ['a record without a prototype', Object.assign(Object.create(null), { red: 1 }), [1, null, null]],
  ['null', null, [null, null, null]],
  ['undefined', undefined, [null, null, null]],
  ['NaN', Number.NaN, [null, null, null]],
])('labels: %s', (_, label, encoded) => {
  expect(encode(traits, label)).toEqual(encoded);
});

test.each([
  ['text', 'red,green', 'INVALID_LABEL', 'rows[3].task'],
  ['a number', 1, 'INVALID_LABEL', 'rows[3].task'],
  ['a boolean', true, 'INVALID_LABEL', 'rows[3].task'],
  ['too few flags', [1, 0], 'INVALID_LABEL', 'rows[3].task'],
  ['names and flags mixed', ['red', 0, 1], 'INVALID_LABEL', 'rows[3].task.red'],
  ['a sentinel', [1, -1, 0], 'INVALID_LABEL', 'rows[3].task.green'],
  ['a share', { blue: 0.5 }, 'INVALID_LABEL', 'rows[3].task.blue'],
  ['a date', new Date(0), 'INVALID_LABEL', 'rows[3].task'],
  ['a map', new Map([['red', true]]), 'INVALID_LABEL', 'rows[3].task'],
  ['an unknown name', ['rod'], 'UNKNOWN_CLASS', 'rows[3].task'],
  ['an unknown key', { rod: true }, 'UNKNOWN_CLASS', 'rows[3].task'],
])('%s is refused', (_, label, code, path) => {
  const error = errorOf(() => encode(traits, label));
  expect([error.code, error.path]).toEqual([code, path]);
});

test('the elements of a good label make no text: a row may have ten thousand', () => {
  const classes = Array.from({ length: 500 }, (_, i) => `class ${i}`);
  const wide = multilabel({ classes });
  let asked = 0;
  const where = () => {
    asked++;
    return 'rows[3].task';
  };
  const record = Object.fromEntries(classes.map((name, i) => [name, i % 2]));
  for (const label of [classes.slice(9), classes.map((_, i) => i % 3 === 0), new Uint8Array(500), record]) {
    wide.encode(label, { values: new Float64Array(500), present: new Uint8Array(500), offset: 0 }, where);
  }
  expect(asked).toBe(0);
  const cell = { values: new Float64Array(500), present: new Uint8Array(500), offset: 0 };
  expect(() => wide.encode({ ...record, 'class 7': 7 }, cell, where)).toThrow(
    expect.objectContaining({ code: 'INVALID_LABEL', path: 'rows[3].task.class 7' }),
  );
  expect(() => wide.encode(['class 900'], cell, where)).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_CLASS', path: 'rows[3].task' }),
  );
});

test('the JSON text of a label is that label', () => {
  for (const label of [['red'], [], [1, null, 0], { blue: true }]) {
    expect(encode(traits, JSON.stringify(label))).toEqual(encode(traits, label));
  }
});

test('the message tells how to mend text', () => {
  expect(errorOf(() => encode(traits, 'red,green')).message).toBe(
    [
      'INVALID_LABEL at rows[3].task: A label of a multilabel must be a list or a record.',
      '  expected: names out of: red, green, blue; or a flag (true, false, 1, 0, null) for each; or null where it is missing',
      '  received: "red,green"',
      '  Split the text into a list of class names first.',
    ].join('\n'),
  );
});

test('each class is decoded by its own threshold, strictly', () => {
  const decoded = traits.decode({ ...odds(0.5, 0.5, 0.5, 0.25, 0.3, 0.9), rows: 2 }, [0.5, 0.25, 0.75]);
  expect([...decoded]).toEqual([0, 1, 0, 0, 1, 1]);
  expect({ ...traits.value(decoded, 3) }).toEqual({ red: false, green: true, blue: true });
  expect(traits.probability(Float32Array.of(0.5, 0.25, 0), 0)).toMatchObject({ red: 0.5, green: 0.25, blue: 0 });
  expect(errorOf(() => traits.decode({ ...odds(0.5, 0.5, 0.5), rows: 1 }, [0.5])).code).toBe('THRESHOLD_COUNT');
  expect(multilabel({ classes: ['a', 'b'], threshold: 0.3 }).thresholds).toMatchObject({
    names: ['a', 'b'],
    initial: 0.3,
  });
});

test('explains each class', () => {
  const row = {
    logits: Float32Array.of(1, -1, 0.5),
    activated: Float32Array.of(0.7311, 0.2689, 0.6225),
    decoded: Float64Array.of(1, 0, 1),
  };
  expect(traits.explain('traits', row)).toEqual({
    text: 'traits',
    children: [
      '0: red | decoded: True, activated: 0.7311, logits: 1.0000',
      '1: green | decoded: False, activated: 0.2689, logits: -1.0000',
      '2: blue | decoded: True, activated: 0.6225, logits: 0.5000',
    ],
  });
});

test('equal tasks have equal options', () => {
  const classes = ['a', 'b'] as const;
  expect(multilabel({ classes, positiveWeights: 1, threshold: 0.5, weight: 1 }).options).toEqual({ classes });
  expect(multilabel({ classes, positiveWeights: 2 }).options).toEqual({ classes, positiveWeights: [2, 2] });
  expect(multilabel({ classes, positiveWeights: { b: 2 } }).options).toEqual({ classes, positiveWeights: [1, 2] });
});

test('the loss key covers the number of classes and the weights, not names and thresholds', () => {
  const key = (options: object) => multilabel({ classes: ['a', 'b'], ...options }).lossKey;
  expect(key({})).toBe(key({ classes: ['x', 'y'], threshold: 0.2, weight: 4 }));
  const keys = [key({}), key({ classes: ['a'] }), key({ positiveWeights: 2 }), key({ positiveWeights: [2, 1] })];
  expect(new Set([...keys, key({ labelSmoothing: 0.1 }), key({ focal: { gamma: 1 } })]).size).toBe(6);
});

test.each([
  [{ classes: [] }, 'multilabel.classes'],
  [{ classes: ['a', 'a'] }, 'multilabel.classes'],
  [{ classes: 'ab' }, 'multilabel.classes'],
  [{ classes: ['a'], positiveWeights: [1, 2] }, 'multilabel.positiveWeights'],
  [{ classes: ['a'], positiveWeights: Number.NaN }, 'multilabel.positiveWeights'],
  [{ classes: ['a'], threshold: -0.1 }, 'multilabel.threshold'],
])('the options %j are refused', (options, path) => {
  const error = errorOf(() => multilabel(options as { classes: string[] }));
  expect([error.code, error.path]).toEqual(['INVALID_OPTIONS', path]);
});

test('conditions ask for a class; names are types', () => {
  expect(traits.predicates.has('green')).toEqual({ element: 1, oneOf: [1] });
  expectTypeOf<ValueOf<typeof traits>>().toEqualTypeOf<Readonly<Record<'red' | 'green' | 'blue', boolean>>>();
  // @ts-expect-error there is no class rod
  expect(errorOf(() => traits.predicates.has('rod')).suggestion).toBe('red');
});
