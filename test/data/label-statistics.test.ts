import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bindTable } from '../../src/data/bind.js';
import { labelStatistics } from '../../src/data/label-statistics.js';
import { binary, classification, multilabel, Project, regression, Table, vector } from '../../src/index.js';
import { layoutOf } from '../../src/tasks/layout.js';

const project = new Project({
  name: 'statistics',
  inputs: { x: vector({ columns: ['x'] }) },
  tasks: {
    open: binary(),
    age: regression(),
    sort: classification({ classes: ['a', 'b', 'c'] }),
    traits: multilabel({ classes: ['p', 'q'] }),
  },
}).flow('full', (task, x) => {
  const open = task.open(x.features);
  return [open, task.age(x.features).given(open), task.sort(x.features), task.traits(x.features)];
});
const layout = layoutOf(project.resolved);

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const row = fc.record({
  x: fc.constant(0),
  open: maybe(fc.boolean()),
  age: maybe(fc.integer({ min: -50, max: 50 })),
  sort: maybe(fc.constantFrom('a', 'b', 'c')),
  traits: maybe(fc.tuple(maybe(fc.boolean()), maybe(fc.boolean()))),
});

test('counts, means, deviations and classes of the labels that count, however rows are cut', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 30 }), (rows, size) => {
      const table = Table.fromRecords([...rows, { x: 0, open: true, age: 1, sort: 'a', traits: [true, false] }]);
      const fold = labelStatistics(layout.slots);
      for (let start = 0; start < table.rows; start += size) {
        fold.see(bindTable(table.slice(start, Math.min(table.rows, start + size)), layout));
      }
      const found = fold.result();
      const of = (path: string) => {
        const own = found.get(layout.slot(path));
        if (own === undefined) throw new Error(path);
        return own;
      };
      const all = [...rows, { open: true, age: 1, sort: 'a', traits: [true, false] }];
      const ages = all.flatMap(({ open, age }) => (open === true && age !== null ? [age] : []));
      const mean = ages.reduce((sum, age) => sum + age, 0) / ages.length;
      const variance = ages.reduce((sum, age) => sum + (age - mean) ** 2, 0) / ages.length;
      expect(of('age').counted).toBe(ages.length);
      expect([...of('age').sample.values]).toEqual(ages);
      expect(of('age').elements[0]?.mean).toBeCloseTo(mean, 9);
      expect(of('age').elements[0]?.deviation).toBeCloseTo(Math.sqrt(variance), 9);
      expect(of('age').classes).toBeNull();
      expect(of('sort').classes).toEqual(['a', 'b', 'c'].map((name) => all.filter(({ sort }) => sort === name).length));
      const qs = all.flatMap(({ traits }) => (traits?.[1] === null || traits === null ? [] : [Number(traits?.[1])]));
      expect(of('traits').elements[1]?.count).toBe(qs.length);
      expect(of('traits').elements[1]?.mean).toBeCloseTo(qs.reduce((a, b) => a + b, 0) / Math.max(1, qs.length), 9);
    }),
    { numRuns: 60 },
  );
});

test('a task of which no label counts has none, and of many labels some are kept, spread over all', () => {
  const rows = Array.from({ length: 40_000 }, (_, i) => ({ x: 0, open: i >= 20_000, sort: 'b' }));
  const found = labelStatistics(layout.slots);
  found.see(bindTable(Table.fromRecords(rows), layout));
  const result = found.result();
  expect([...result.keys()].map(({ task }) => task.path)).toEqual(['open', 'sort']);
  const sample = result.get(layout.slot('open'))?.sample;
  expect(sample?.rows).toBeLessThanOrEqual(8192);
  const share = (sample?.values.reduce((a, b) => a + b, 0) ?? 0) / (sample?.rows ?? 1);
  expect(share).toBeCloseTo(0.5, 2);
});
