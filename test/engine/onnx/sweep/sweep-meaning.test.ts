/**
 * @file What a graph and its sweeps give together is what the graph gave alone: random updates, half of them interpreted
 * plainly, half run as WebAssembly on memory. The numbers are halves of small whole numbers, exact in float32 too.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBuilder } from '../../../../src/engine/onnx/builder.js';
import { createValue, type Graph, sameShape, sizeOf, type Value } from '../../../../src/engine/onnx/graph.js';
import * as o from '../../../../src/engine/onnx/ops.js';
import { removeDeadNodes } from '../../../../src/engine/onnx/passes/dead-nodes.js';
import { aligned, createArena } from '../../../../src/engine/onnx/sweep/arena.js';
import { type Swept, splitSweeps } from '../../../../src/engine/onnx/sweep/plan.js';
import { createSweepRunner } from '../../../../src/engine/onnx/sweep/runner.js';
import { interpret, type Tensor } from '../interpreter.js';

// seven columns: four go at once, and three one by one
const STATES = { w: [2, 7], m: [2, 7], column: [2, 1], b: [7], s: [], long: [14], c: [1, 2, 7] } as const;
const BATCH = { x: [2, 7], row: [7], one: [1], deep: [1, 2, 7] } as const;
const UNARY = ['Abs', 'Neg', 'Relu'] as const;
const BINARY = [o.add, o.sub, o.maximum, o.minimum, o.mul] as const;

type Choice = readonly [kind: number, first: number, second: number];
const pick = <T>(list: readonly T[], i: number): T => list[i % list.length] as T; // no list here is empty

const fits = (a: Value, b: Value): boolean => {
  const shape = o.broadcast(a.shape, b.shape);
  return sameShape(shape, a.shape) || sameShape(shape, b.shape);
};
const broadcasts = (a: Value, b: Value): boolean =>
  [...a.shape].reverse().every((size, i) => size === 1 || [1, size].includes(b.shape.at(-1 - i) ?? 1));

function grow(choices: readonly Choice[], wanted: readonly number[]): { graph: Graph; given: Map<Value, Tensor> } {
  const g = createBuilder();
  const given = new Map<Value, Tensor>();
  const port = (prefix: string, [name, shape]: [string, readonly number[]]) => {
    const value = createValue('float32', shape);
    const data = Array.from({ length: sizeOf(shape) }, (_, i) => (((i + 1) * (given.size + 5) * 7919) % 13) / 2 - 3);
    given.set(value, { shape, data });
    return { name: `${prefix}/${name}`, value };
  };
  const states = Object.entries(STATES).map((entry) => port('state', entry));
  const inputs = [...states, ...Object.entries(BATCH).map((entry) => port('batch', entry))];
  const leaves = inputs.map(({ value }) => value);
  const pool = [...leaves];
  for (const [kind, first, second] of choices) {
    const a = pick(pool, first);
    // a product of two that were made would soon leave the numbers that are exact
    const b = pick(kind % 5 === 4 ? leaves : pool, second);
    if (kind < 3) pool.push(o.unary(g, pick(UNARY, kind), a));
    else if (kind < 6) pool.push(pick([o.mul, o.div], kind)(g, a, pick([2, 0.5, 1, -2], second)));
    else if (kind < 8) pool.push(o.unary(g, 'Sqrt', o.mul(g, pick(leaves, first), pick(leaves, first))));
    else if (fits(a, b) && broadcasts(a, b))
      pool.push(kind % 2 === 0 ? pick(BINARY, kind)(g, a, b) : pick(BINARY, kind)(g, b, a));
  }
  const made = pool.slice(leaves.length);
  const outputs = states.flatMap(({ name, value }, i) => {
    const own = made.filter(({ shape }) => sameShape(shape, value.shape));
    return own.length === 0 ? [] : [{ name: name.replace('state', 'next'), value: pick(own, Number(wanted[i])) }];
  });
  const last = made.at(-1);
  if (last !== undefined && Number(wanted[0]) % 3 === 0) outputs.push({ name: 'output/last', value: last });
  return { graph: { name: 'update', inputs, outputs, nodes: [...g.nodes] }, given };
}

/** What the rest of the graph gives, with the states that the sweeps have replaced. */
function runSwept({ graph, sweeps }: Swept, states: ReadonlyMap<string, Tensor>, given: ReadonlyMap<Value, Tensor>) {
  const rest = interpret(graph, given);
  const addresses = new Map<string, number>();
  let bytes = 64; // nothing lies at 0
  for (const [name, { data }] of states) {
    addresses.set(name, bytes);
    bytes = aligned(bytes + data.length * 4);
  }
  const arena = createArena(bytes);
  for (const [name, { data }] of states) arena.view(Number(addresses.get(name)), data.length).set(data);
  const prepared = createSweepRunner(sweeps, graph).prepare({ arena, settle: (name) => Number(addresses.get(name)) });
  for (const { name } of graph.outputs) if (name.startsWith('sweep/')) prepared.fetch(name).set(rest[name]?.data ?? []);
  prepared.run();
  const swept = sweeps.flatMap(({ results }) => results.map(({ state }) => state));
  expect(new Set(swept).size).toBe(swept.length);
  for (const [name, { data, shape }] of states) {
    const now = Array.from(arena.view(Number(addresses.get(name)), data.length), (x) => x + 0);
    if (swept.includes(name)) rest[`next/${name}`] = { shape, data: now };
    else expect(now).toEqual(data.map((x) => x + 0));
  }
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('sweep/')));
}

test('random updates give the same, swept or not', () => {
  const choice = fc.tuple(fc.nat(20), fc.nat(99), fc.nat(99));
  const wanted = fc.array(fc.nat(99), { minLength: 7, maxLength: 7 });
  let count = 0;
  fc.assert(
    fc.property(fc.array(choice, { minLength: 1, maxLength: 14 }), wanted, (choices, which) => {
      const { graph, given } = grow(choices, which);
      const states = new Map(
        graph.inputs.flatMap(
          ({ name, value }) =>
            name.startsWith('state/') ? [[name.slice(6), given.get(value) as Tensor] as const] : [], // all inputs were given
        ),
      );
      const swept = splitSweeps(graph);
      count += swept.sweeps.length;
      expect(runSwept(swept, states, given)).toEqual(interpret(graph, given));
      // what was swept is no longer computed in the graph
      const rest = splitSweeps(removeDeadNodes(graph)).graph;
      expect(removeDeadNodes(rest).nodes).toEqual(rest.nodes);
    }),
    { numRuns: 200, seed: 1 },
  );
  expect(count).toBeGreaterThan(200);
});
