import { expect, test } from 'vitest';
import { binary } from '../../src/tasks/binary.js';
import { boundedRegression } from '../../src/tasks/bounded-regression.js';
import { classification } from '../../src/tasks/classification.js';
import type { TaskKind } from '../../src/tasks/kind.js';
import { multilabel } from '../../src/tasks/multilabel.js';
import { kindFromOptions } from '../../src/tasks/registry.js';
import { regression } from '../../src/tasks/regression.js';
import { errorOf } from './cell.js';
import { count, countReader } from './external-kind.js';

const kinds: readonly TaskKind[] = [
  binary({ threshold: 0.3, positiveWeight: 2, labelSmoothing: 0.1, focal: { gamma: 2, alpha: 0.25 }, weight: 3 }),
  classification({ classes: ['a', 'b', 'c'], classWeights: { b: 2 }, focal: { gamma: 1 }, topK: [1, 2], weight: 2 }),
  multilabel({ classes: ['a', 'b'], positiveWeights: 3, threshold: 0.1, focal: { gamma: 1 } }),
  boundedRegression({ min: -3, max: 5, loss: 'huber', delta: 0.7 }),
  regression({ loss: 'huber', delta: 2, standardise: { mean: 1, deviation: 2 } }),
  count({ weight: 2 }),
];

test.each(kinds)('$kind comes back from its options as JSON', (kind) => {
  const again = kindFromOptions(kind.kind, JSON.parse(JSON.stringify(kind.options)), [countReader]);
  expect(again.options).toEqual(kind.options);
  expect([again.kind, again.width, again.units, again.weight, again.lossKey, again.target, again.thresholds]).toEqual([
    kind.kind,
    kind.width,
    kind.units,
    kind.weight,
    kind.lossKey,
    kind.target,
    kind.thresholds,
  ]);
});

test('an unknown kind suggests the nearest and tells how to bring one', () => {
  expect(errorOf(() => kindFromOptions('binari', {})).message).toBe(
    [
      'UNKNOWN_KIND at kind: There is no task kind "binari".',
      '  expected: one of: binary, boundedRegression, classification, maskedLanguageModel, multilabel, regression',
      '  received: "binari"',
      '  did you mean "binary"?',
      '  For a kind of your own, pass its reader: { kind, read }.',
    ].join('\n'),
  );
  expect(errorOf(() => kindFromOptions('constructor', {})).code).toBe('UNKNOWN_KIND');
});

test('two kinds of one name are refused', () => {
  expect(errorOf(() => kindFromOptions('binary', {}, [{ ...countReader, kind: 'binary' }])).code).toBe(
    'DUPLICATE_KIND',
  );
});

test.each([[null], [[]], ['text'], [{ classes: 5 }]])('options %j from a file are checked', (options) => {
  expect(errorOf(() => kindFromOptions('classification', options)).code).toBe('INVALID_OPTIONS');
});

test('the options of each built-in kind that only training and decisions read', () => {
  expect(Object.fromEntries(kinds.slice(0, 5).map(({ kind, trainingOptions }) => [kind, trainingOptions]))).toEqual({
    binary: ['threshold', 'positiveWeight', 'labelSmoothing', 'focal', 'weight'],
    classification: ['classWeights', 'labelSmoothing', 'focal', 'topK', 'weight'],
    multilabel: ['positiveWeights', 'threshold', 'labelSmoothing', 'focal', 'weight'],
    boundedRegression: ['loss', 'delta', 'weight'],
    regression: ['loss', 'delta', 'weight'],
  });
});
