/** @file What sets of units have in common, beside the predecessor's figures, which were wrong. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { UnitGraph } from '../../../src/model/units/graph.js';
import { containmentOf, intersectionOverUnion, overlapOf } from '../../../src/pathways/unit-masks/overlap.js';
import { unitMasksOf } from '../../../src/pathways/unit-masks/result.js';

const { iou: golden } = JSON.parse(readFileSync('test/fixtures/mann_dum_fixtures.json', 'utf8'));

test('defect: golden iou divided by |a| + |b|. It is the union now, and identical sets have 1', () => {
  expect(golden.reference_IOU).toBeCloseTo(1 / 3, 12);
  expect(intersectionOverUnion(golden.a, golden.b)).toBe(golden.true_IoU);
  expect(intersectionOverUnion(golden.a, golden.a)).toBe(1);
  expect(containmentOf(golden.a, golden.b)).toBeCloseTo(golden.reference_IOB, 12);
});

test('defect: containment of an empty set divided by zero', () => {
  expect(containmentOf([1, 0], [0, 0])).toBe(1);
  expect(containmentOf([0, 0], [1, 0])).toBe(0);
  expect(intersectionOverUnion([0, 0], [0, 0])).toBe(1);
  expect(() => intersectionOverUnion([1], [1, 0])).toThrow('MASK_MISMATCH');
});

const graph: UnitGraph = {
  count: 7,
  groups: [
    { name: 'one', layers: ['one'], units: Int32Array.of(0, 1, 2), fixed: null },
    { name: 'fixed', layers: ['fixed'], units: Int32Array.of(3, 4), fixed: 'a softmax mixes them' },
    { name: 'two', layers: ['two'], units: Int32Array.of(5, 6), fixed: null },
  ],
  axes: new Map(),
  features: {},
};

const masks = (of: string, logits: readonly number[]) =>
  unitMasksOf({
    graph,
    maskable: {
      units: Int32Array.of(0, 1, 2, 5, 6),
      always: Uint8Array.of(0, 0, 0, 1, 1, 0, 0),
      rows: new Map(),
      features: new Map(),
    },
    trained: { logits: Float32Array.from(logits), head: {}, history: [], partial: null, steps: 7, ended: 'completed' },
    tasks: [of],
    class: null,
    metrics: [{ task: of, metric: 'accuracy', rows: 9, unmasked: 0.9, masked: 0.8, inverse: 0.5, baseline: null }],
  });

test('defect: the threshold of ½ was put to logits. A unit is in where its logit is above 0, and units that stay are', () => {
  const { units, layers, kept, maskable } = masks('a', [0.4, -0.1, 0, 2, 0.01]);
  expect([...units]).toEqual([1, 0, 0, 1, 1, 1, 1]);
  expect([kept, maskable]).toEqual([3, 5]);
  expect(layers.map(({ name, kept: own, units: of, always }) => [name, own, of, always])).toEqual([
    ['one', 1, 3, 0],
    ['fixed', 0, 0, 2],
    ['two', 2, 2, 0],
  ]);
});

test('each beside each, in all and by layer; units that stay are left out', () => {
  const overlap = overlapOf([masks('a', [1, 1, -1, 1, -1]), masks('b', [1, -1, -1, -1, 1])]);
  expect(overlap.of).toEqual(['a', 'b']);
  expect(overlap.iou).toEqual([
    [1, 1 / 4],
    [1 / 4, 1],
  ]);
  expect(overlap.containment).toEqual([
    [1, 1 / 2],
    [1 / 3, 1],
  ]);
  expect(overlap.layers.map(({ name, iou }) => [name, iou[0]?.[1]])).toEqual([
    ['one', 1 / 2],
    ['two', 0],
  ]);
  expect(String(overlap)).toBe(
    [
      '                                                   union  of first of second',
      'a and b                                           0.2500    0.3333    0.5000',
      '  one                                             0.5000    0.5000    1.0000',
      '  two                                             0.0000    0.0000    0.0000',
    ].join('\n'),
  );
  expect(overlapOf([]).iou).toEqual([]);
});

test('a result is frozen, prints as a table, and gives a pathway of its units', () => {
  const found = masks('a', [1, 1, -1, 1, -1]);
  expect(Object.isFrozen(found) && Object.isFrozen(found.layers) && Object.isFrozen(found.metrics)).toBe(true);
  expect(String(found)).toBe(
    [
      'a: 3 of 5 units kept, after 7 steps',
      '',
      '                                              kept   units  always',
      '  one                                            2       3       0',
      '  fixed                                          0       0       2',
      '  two                                            1       2       0',
      '',
      '                               unmasked     masked    inverse   baseline    rows',
      '  a accuracy                     0.9000     0.8000     0.5000          –       9',
    ].join('\n'),
  );
  const pathway = found.pathway();
  expect(pathway).toMatchObject({ name: 'a', tasks: ['a'], copies: [] });
  expect(pathway.units).toEqual(found.units);
  expect(found.pathway('mine').name).toBe('mine');
});
