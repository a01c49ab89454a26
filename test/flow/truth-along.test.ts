/** @file Truth at positions, against a recursion over one position at a time, and against rows that were positions. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bindTable, createBinder } from '../../src/data/bind.js';
import { asTable } from '../../src/data/table.js';
import { predicatesIn } from '../../src/flow/conditions.js';
import type { FlowGraph, FlowNode, TaskNode } from '../../src/flow/graph.js';
import { resolveFlow } from '../../src/flow/resolve.js';
import { knownTruths, TRUE, truthColumns, truths, UNKNOWN } from '../../src/flow/truth.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { applies, labelAt, naiveLeaves, truth } from '../support/naive-loss.js';
import { cellRows, type RandomFlow, randomMixedFlow, TOKENS } from '../support/random-flow.js';

const cases = fc.record({
  random: randomMixedFlow,
  rows: fc.integer({ min: 1, max: 7 }),
  seed: fc.nat({ max: 1e6 }),
});

function bound(flow: RandomFlow['flow'], rows: readonly Record<string, unknown>[]) {
  const layout = layoutOf(flow);
  const dataset = bindTable(
    rows.map((row) => ({ x: Array(flow.graph.inputs.x?.shape.reduce((a, b) => a * b, 1)).fill(0), ...row })),
    layout,
  );
  return { layout, dataset, columns: { ...dataset.labels, offsetOf: (path: string) => layout.slot(path).offset } };
}

test('applies and the mask, at each position of each row, are those of a naive recursion', () => {
  let along = 0;
  fc.assert(
    fc.property(cases, ({ random, rows: count, seed }) => {
      const rows = cellRows(random.flow, count, seed);
      fc.pre(rows.some((row) => Object.values(row).some((cell) => cell !== null)));
      const { layout, dataset, columns } = bound(random.flow, rows);
      const leaves = naiveLeaves(random.graph);
      const all = truths(random.flow, columns);
      for (const [index, leaf] of leaves.entries()) {
        const slot = layout.slots[index];
        if (slot === undefined) throw new Error('one each');
        along += slot.positions - 1;
        for (const [i, row] of rows.entries()) {
          for (let position = 0; position < slot.positions; position++) {
            const isOpen = applies(leaves, leaf, row, position);
            const place = i * layout.answers + slot.answer + position;
            expect(dataset.applies[place]).toBe(Number(isOpen));
            const holds = leaf.conditions.every((condition) => truth(leaves, condition, row, position) === true);
            expect(all[place] === TRUE).toBe(holds);
            const label = labelAt(leaf.node, row, position);
            for (let element = 0; element < slot.width; element++) {
              const isThere = Array.isArray(label) ? label[element] !== null : label !== null;
              const at = i * layout.width + slot.offset + position * slot.width + element;
              expect(dataset.mask[at]).toBe(Number(isOpen && isThere));
            }
          }
        }
      }
    }),
    { numRuns: 200 },
  );
  expect(along).toBeGreaterThan(500);
});

test('any condition by itself has a truth for each position of what it asks, unknown ones included', () => {
  fc.assert(
    fc.property(cases, ({ random, rows: count, seed }) => {
      const rows = cellRows(random.flow, count, seed);
      fc.pre(rows.some((row) => Object.values(row).some((cell) => cell !== null)));
      const { layout, columns } = bound(random.flow, rows);
      const leaves = naiveLeaves(random.graph);
      const made = truthColumns(random.flow, columns);
      for (const { condition } of random.flow.tasks) {
        if (condition === null) continue;
        const positions = Math.max(...predicatesIn(condition).map(({ path }) => layout.slot(path).positions));
        const own = made.of(condition);
        expect(own).toHaveLength(count * positions);
        own.forEach((value, i) => {
          const naive = truth(leaves, condition, rows[Math.floor(i / positions)] ?? {}, i % positions);
          expect(value).toBe(naive === null ? UNKNOWN : naive ? TRUE : 0);
        });
      }
    }),
    { numRuns: 100 },
  );
});

/** The same flow with one answer a row, whose rows are the positions of the rows of the other. */
function unrolled({ graph, kinds }: RandomFlow): RandomFlow['flow'] {
  const without = (node: FlowNode): FlowNode => ({
    ...node,
    members: node.members.map((member): FlowNode | TaskNode => {
      if (member.type === 'flow') return without(member);
      const { axis: _, ...task } = member;
      return task;
    }),
  });
  const inputs: FlowGraph['inputs'] = { x: { kind: 'vector', shape: [1], scale: 1, columns: null } };
  return resolveFlow({ ...graph, inputs, root: without(graph.root) }, kinds);
}

test('what labels say of a position, whatever is missing, is what they say of a row that has its labels', () => {
  fc.assert(
    fc.property(cases, ({ random, rows: count, seed }) => {
      const rows = cellRows(random.flow, count, seed);
      fc.pre(rows.some((row) => Object.values(row).some((cell) => cell !== null)));
      const { layout, columns } = bound(random.flow, rows);
      const nodes = naiveLeaves(random.graph).map(({ node }) => node);
      const flat = rows.flatMap((row) =>
        Array.from({ length: TOKENS }, (_, position) =>
          Object.fromEntries(nodes.map((node) => [node.path, labelAt(node, row, position)])),
        ),
      );
      const other = bound(unrolled(random), flat);
      for (const pass of [truths, knownTruths]) {
        const own = pass(random.flow, columns);
        const expected = pass(other.layout.flow as RandomFlow['flow'], other.columns);
        for (const { answer, positions, index } of layout.slots) {
          for (let i = 0; i < count * TOKENS; i++) {
            const [row, position] = [Math.floor(i / TOKENS), i % TOKENS];
            const place = row * layout.answers + answer + (positions === 1 ? 0 : position);
            expect(own[place]).toBe(expected[i * layout.slots.length + index]);
          }
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('blocks of rows are no longer than what they hold, and their borders change nothing', () => {
  const random = fc.sample(randomMixedFlow, { numRuns: 20, seed: 3 });
  for (const { flow, graph } of random) {
    const rows = cellRows(flow, 700, 5); // several blocks of 512 / 3 rows
    const { layout, dataset } = bound(flow, rows);
    const leaves = naiveLeaves(graph);
    for (const i of [0, 169, 170, 171, 340, 341, 511, 512, 699]) {
      for (const { answer, positions, index } of layout.slots) {
        for (let position = 0; position < positions; position++) {
          const leaf = leaves[index] as (typeof leaves)[number];
          const isOpen = applies(leaves, leaf, rows[i] ?? {}, position);
          expect(dataset.applies[i * layout.answers + answer + position]).toBe(Number(isOpen));
        }
      }
    }
  }
});

test('chunks of rows are bound as the whole table is', () => {
  for (const { flow } of fc.sample(randomMixedFlow, { numRuns: 20, seed: 8 })) {
    const rows = cellRows(flow, 9, 2).map((row) => ({ x: Array(TOKENS * 3).fill(0), ...row }));
    const whole = bindTable(rows, layoutOf(flow));
    const binder = createBinder(layoutOf(flow));
    const chunks = [rows.slice(0, 4), rows.slice(4)].map((chunk) => {
      const table = asTable(chunk);
      return binder.bindChunk(table, table.ids);
    });
    for (const part of ['mask', 'applies'] as const) {
      expect(chunks.flatMap((chunk) => [...chunk[part]])).toEqual([...whole[part]]);
    }
  }
});
