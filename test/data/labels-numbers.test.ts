/** @file Labels that are numbers, of which equal ones are encoded once: what each would be by itself. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bindLabels } from '../../src/data/labels.js';
import { binary, classification, multilabel, Project, regression, Table, vector } from '../../src/index.js';
import { layoutOf } from '../../src/tasks/layout.js';

const kinds = {
  open: binary(),
  shirt: classification({ classes: ['red', 'blue', 'green'] }),
  traits: multilabel({ classes: ['a', 'b'] }),
  size: regression(),
};
const { resolved } = new Project({
  name: 'numbers',
  inputs: { x: vector({ columns: ['x'] }) },
  tasks: kinds,
}).flow('full', (task, x) => [
  task.open(x.features),
  task.shirt(x.features),
  task.traits(x.features),
  task.size(x.features),
]);
const layout = layoutOf(resolved);

const missing = fc.constantFrom(null, Number.NaN, undefined);
const cells = fc.record({
  open: fc.oneof(missing, fc.constantFrom(0, 1, -0)),
  shirt: fc.oneof(missing, fc.constantFrom(0, 1, 2)),
  size: fc.oneof(
    missing,
    fc.constantFrom(0, -0, 1, 1e20, -1e20, 0.1, 5e-324),
    fc.double({ noNaN: true, min: -1e30, max: 1e30 }),
  ),
});

/** Each label by itself. */
function alone(rows: readonly Readonly<Record<string, unknown>>[]) {
  const values = new Float64Array(rows.length * layout.width);
  const present = new Uint8Array(rows.length * layout.width);
  for (const [row, record] of rows.entries()) {
    for (const { task, offset } of layout.slots) {
      const cell = { values, present, offset: row * layout.width + offset };
      task.kind.encode(record[task.name] ?? null, cell, () => 'here');
    }
  }
  return { values, present };
}

const bitsOf = (values: Float64Array): string => Buffer.from(values.buffer).toString('hex');

test('labels of numbers are each what it is by itself, to the bit', () =>
  fc.assert(
    fc.property(fc.array(cells, { minLength: 1, maxLength: 60 }), (records) => {
      const rows = records.map((record) => ({ x: 1, ...record }));
      const { labels } = bindLabels(Table.fromRecords(rows), layout, new Set(['x']));
      const expected = alone(rows);
      expect(labels.present).toEqual(expected.present);
      expect(bitsOf(labels.values)).toBe(bitsOf(expected.values));
    }),
    { numRuns: 300 },
  ));

test('a label that cannot be read is named with its row, after many that were copied', () => {
  const rows = Array.from({ length: 50 }, (_, i) => ({ x: 1, open: i === 43 ? 2 : i % 2 }));
  expect(() => bindLabels(Table.fromRecords(rows), layout, new Set())).toThrow(
    expect.objectContaining({ code: 'INVALID_LABEL', path: 'rows[43].open' }),
  );
});
