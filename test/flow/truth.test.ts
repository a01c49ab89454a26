import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { predicatesIn } from '../../src/flow/conditions.js';
import type { Flow } from '../../src/flow/flow.js';
import type { ConditionNode, FlowGraph, TaskNode } from '../../src/flow/graph.js';
import { resolveFlow } from '../../src/flow/resolve.js';
import {
  applies,
  FALSE,
  knownTruths,
  TRUE,
  truthColumns,
  truths,
  UNKNOWN,
  type ValueColumns,
} from '../../src/flow/truth.js';
import {
  and,
  binary,
  boundedRegression,
  classification,
  multilabel,
  or,
  Project,
  regression,
  type TaskKind,
  vector,
} from '../../src/index.js';
import * as naive from '../support/naive-loss.js';
import { CLASSES, type Label, labelRows, randomFlow } from '../support/random-flow.js';

type Cell = number | null;

/** Encoded values as columns; null is missing. `rows[row][path]` holds the task's elements. */
function columnsOf(flow: Flow, rows: readonly Readonly<Record<string, readonly Cell[]>>[]): ValueColumns {
  const offsets = new Map<string, number>();
  let width = 0;
  for (const task of flow.tasks) {
    offsets.set(task.path, width);
    width += task.kind.width;
  }
  const values = new Float64Array(rows.length * width);
  const present = new Uint8Array(rows.length * width);
  rows.forEach((row, i) => {
    for (const task of flow.tasks) {
      row[task.path]?.forEach((cell, element) => {
        const at = i * width + (offsets.get(task.path) ?? 0) + element;
        values[at] = cell ?? 0;
        present[at] = cell === null ? 0 : 1;
      });
    }
  });
  return { rows: rows.length, width, values, present, offsetOf: (path) => offsets.get(path) ?? Number.NaN };
}

/** The truth of each task on each row, by path. */
function truthByPath(flow: Flow, columns: ValueColumns): Record<string, number[]> {
  const all = truths(flow, columns);
  return Object.fromEntries(
    flow.tasks.map(({ path }, t) => [
      path,
      Array.from({ length: columns.rows }, (_, row) => all[row * flow.tasks.length + t] as number),
    ]),
  );
}

const project = new Project({
  name: 'p',
  inputs: { row: vector({ size: 1 }) },
  tasks: {
    a: binary(),
    b: binary(),
    both: binary(),
    either: binary(),
    neither: binary(),
    shirt: classification({ classes: ['red', 'blue', 'green'] }),
    traits: multilabel({ classes: ['tall', 'loud'] }),
    x: boundedRegression({ min: 0, max: 10 }),
    target: binary(),
  },
  backbone: ({ row }) => ({ features: row }),
});

// 1 true, 0 false, null unknown; all nine pairs.
const cells: readonly Cell[] = [0, null, 1];
const pairs = cells.flatMap((a) => cells.map((b) => ({ a: [a], b: [b] })));
const named = { 0: FALSE, 1: TRUE };
const truthOf = (value: Cell): number => (value === null ? UNKNOWN : named[value as 0 | 1]);

test('Kleene: and, or, not over true, false and unknown', () => {
  const flow = project.flow('full', (task, x) => {
    const a = task.a(x.features);
    const b = task.b(x.features);
    return [
      a,
      b,
      task.both(x.features).given(and(a, b)),
      task.either(x.features).given(or(a, b)),
      task.neither(x.features).given(a.not()),
    ];
  }).resolved;
  const found = truthByPath(flow, columnsOf(flow, pairs));
  const [F, U, T] = [FALSE, UNKNOWN, TRUE];
  //                        FF FU FT UF UU UT TF TU TT
  expect(found.both).toEqual([F, F, F, F, U, U, F, U, T]);
  expect(found.either).toEqual([F, U, T, U, U, T, T, T, T]);
  expect(found.neither).toEqual([T, T, T, U, U, U, F, F, F]);
  expect(found.a).toEqual(Array(9).fill(TRUE));
});

test('three parts, and the laws of De Morgan', () => {
  const triples = pairs.flatMap((pair) => cells.map((c) => ({ ...pair, both: [c] })));
  const graph = project.flow('full', (task, x) => [
    task.a(x.features),
    task.b(x.features),
    task.both(x.features),
    task.either(x.features),
    task.neither(x.features),
  ]).graph;
  const ask = (path: string): ConditionNode => ({ type: 'predicate', path, predicate: 'isTrue', args: [] });
  const of = ['a', 'b', 'both'].map(ask);
  const conditions: Record<string, ConditionNode> = {
    either: { type: 'not', of: { type: 'and', of } },
    neither: { type: 'or', of: of.map((part) => ({ type: 'not', of: part })) },
  };
  const members = graph.root.members.map((node) => ({ ...node, condition: conditions[node.name] ?? null }));
  const kinds = new Map(members.map(({ name }) => [name, binary()]));
  const flow = resolveFlow({ ...graph, root: { ...graph.root, members } as FlowGraph['root'] }, kinds);
  const found = truthByPath(flow, columnsOf(flow, triples));
  expect(found.either).toEqual(found.neither);
  expect(found.either).toEqual(
    triples.map(({ a, b, both }) => 2 - Math.min(...[a, b, both].map(([cell]) => truthOf(cell ?? null)))),
  );
});

test('every question, where its element is present and where it is missing', () => {
  const flow = project.flow('full', (task, x) => {
    const shirt = task.shirt(x.features);
    const traits = task.traits(x.features);
    const faceX = task.x(x.features);
    return [
      shirt,
      traits,
      faceX,
      task.a(x.features).given(shirt.is('blue')),
      task.b(x.features).given(shirt.in(['red', 'green'])),
      task.both(x.features).given(traits.has('loud')),
      task.either(x.features).given(faceX.above(3)),
      task.neither(x.features).given(faceX.below(3)),
      task.target(x.features).given(faceX.between(3, 5)),
    ];
  }).resolved;
  const rows = [
    { shirt: [0], traits: [1, 0], x: [2] },
    { shirt: [1], traits: [0, 1], x: [3] },
    { shirt: [2], traits: [0, null], x: [4] },
    { shirt: [null], traits: [null, 1], x: [5] },
    { shirt: [null], traits: [null, null], x: [null] },
  ];
  const found = truthByPath(flow, columnsOf(flow, rows));
  const [F, U, T] = [FALSE, UNKNOWN, TRUE];
  expect(found.a).toEqual([F, T, F, U, U]);
  expect(found.b).toEqual([T, F, T, U, U]);
  expect(found.both).toEqual([F, T, U, T, U]); // by element: the other class may be missing
  expect(found.either).toEqual([F, F, T, T, U]); // bounds are strict
  expect(found.neither).toEqual([T, F, F, F, U]);
  expect(found.target).toEqual([F, F, T, F, U]);
});

test('a question to a task that does not apply, or may not, is unknown; what decides otherwise still does', () => {
  const flow = project.flow('full', (task, x) => {
    const a = task.a(x.features);
    const b = task.b(x.features).given(a);
    const both = task.both(x.features).given(b);
    const either = task.either(x.features).given(b.not());
    return [a, b, both, either, task.neither(x.features).given(or(a.not(), b))];
  }).resolved;
  // `b` is labelled 1 everywhere; whether it counts depends on `a`.
  const found = truthByPath(
    flow,
    columnsOf(
      flow,
      cells.map((a) => ({ a: [a], b: [1], both: [1], either: [1], neither: [1] })),
    ),
  );
  expect(found.b).toEqual([FALSE, UNKNOWN, TRUE]);
  expect(found.both).toEqual([UNKNOWN, UNKNOWN, TRUE]);
  expect(found.either).toEqual([UNKNOWN, UNKNOWN, FALSE]);
  expect(found.neither).toEqual([TRUE, UNKNOWN, TRUE]);
});

test('a missing label in the middle of the chain stops everything below it', () => {
  const flow = project.flow('full', (task, x) => {
    const a = task.a(x.features);
    const b = task.b(x.features).given(a);
    const both = task.both(x.features).given(b);
    return [a, b, both, task.either(x.features).given(both)];
  }).resolved;
  const columns = columnsOf(flow, [
    { a: [1], b: [1], both: [1] },
    { a: [1], b: [null], both: [1] },
    { a: [null], b: [1], both: [1] },
  ]);
  expect([...applies(flow, columns)]).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0]);
});

test('each gate chooses: unknown rows are let in where they may hold, and a gate that is known to be closed stays closed', () => {
  const flow = new Project({
    name: 'p',
    inputs: { row: vector({ size: 1 }) },
    tasks: { a: binary(), b: binary(), strict: binary(), loose: binary(), half: binary(), deep: binary() },
  })
    .flow('inner', (task, x) => {
      const strict = task.strict(x.features);
      return [strict, task.half(x.features).given(strict)];
    })
    .flow('full', (task, x) => {
      const a = task.a(x.features);
      const b = task.b(x.features).given(a);
      const loose = task.loose(x.features).given(b, { whenUnknown: 'include' });
      const deep = task.deep(x.features).given(loose.not(), { whenUnknown: 'include' });
      return [a, b, loose, deep, task.inner(x).given(a, { whenUnknown: 'include' })];
    }).resolved;
  const counts = (row: Readonly<Record<string, Cell>>): string[] => {
    const cellsOf = Object.fromEntries(Object.entries(row).map(([path, cell]) => [path, [cell]]));
    const found = applies(flow, columnsOf(flow, [cellsOf]));
    return flow.tasks.flatMap(({ path }, t) => (found[t] === 1 ? [path] : []));
  };
  const nothing = { a: null, b: null, loose: null, deep: null, 'inner.strict': null, 'inner.half': null };
  // b asks strictly; half is in a flow that includes, and asks strictly itself
  expect(counts(nothing)).toEqual(['a', 'loose', 'deep', 'inner.strict']);
  expect(counts({ ...nothing, 'inner.strict': 1 })).toEqual(['a', 'loose', 'deep', 'inner.strict']);
  expect(counts({ ...nothing, a: 1, 'inner.strict': 1 })).toEqual([
    ...['a', 'b', 'loose', 'deep', 'inner.strict', 'inner.half'],
  ]);
  expect(counts({ ...nothing, a: 0, b: 1, loose: 0 })).toEqual(['a']); // nothing behind a door that is known to be closed
  expect(counts({ ...nothing, b: 0 })).toEqual(['a', 'inner.strict']); // b is false, or does not apply
  expect(counts({ ...nothing, a: 1, b: 1, loose: 1 })).toEqual(['a', 'b', 'loose', 'inner.strict']);
  expect(counts({ ...nothing, a: 1, b: null, loose: 0 })).toEqual(['a', 'b', 'loose', 'deep', 'inner.strict']);
});

test('without `present` everything is known', () => {
  const flow = project.flow('full', (task, x) => {
    const a = task.a(x.features);
    return [a, task.b(x.features).given(a.not())];
  }).resolved;
  const columns = { ...columnsOf(flow, [{ a: [0] }, { a: [1] }]), present: null };
  expect([...truths(flow, columns)]).toEqual([TRUE, TRUE, TRUE, FALSE]);
  expect(truths(flow, { ...columns, rows: 0, values: new Float64Array(0) })).toHaveLength(0);
});

test('bounds are strict and exact in float64: the numbers of a label and of a bound are not rounded', () => {
  const kind = regression();
  const ask = (predicate: string, ...args: number[]): ConditionNode => ({
    type: 'predicate',
    path: 'x',
    predicate,
    args,
  });
  const holds = (condition: ConditionNode, ...values: number[]): number[] => {
    const member = (name: string, own: ConditionNode | null): TaskNode => ({
      type: 'task',
      name,
      path: name,
      kind: 'regression',
      options: {},
      feature: 'features',
      condition: own,
    });
    const members = [member('x', null), member('target', condition)];
    const graph = { ...project.flow('full', (task, x) => [task.a(x.features)]).graph };
    const flow = resolveFlow(
      { ...graph, root: { ...graph.root, members } },
      new Map<string, TaskKind>([
        ['x', kind],
        ['target', kind],
      ]),
    );
    return (
      truthByPath(
        flow,
        columnsOf(
          flow,
          values.map((x) => ({ x: [x], target: [0] })),
        ),
      ).target ?? []
    ).map((truth) => (truth === TRUE ? 1 : 0));
  };
  expect(holds(ask('below', 0.1), 0.1, 0.1 - 1e-12)).toEqual([0, 1]);
  expect(holds(ask('above', 0.1), 0.1, 0.1 + 1e-12)).toEqual([0, 1]);
  expect(holds(ask('between', 1, 2), 1, 1.5, 2)).toEqual([0, 1, 0]);
  // seconds: float32 knows only every 128th
  expect(holds(ask('above', 1.7e9 + 7), 1.7e9 + 7, 1.7e9 + 8)).toEqual([0, 1]);
});

/**
 * Rule 1 for one row, naively: every way in which the missing labels could have been, each with its own truths. A task
 * is known to apply when it does in all of them, and known not to when it does in none.
 */
function completedTruths(flow: Flow, cellsOf: Readonly<Record<string, readonly Cell[]>>): Record<string, Set<number>> {
  const places = flow.tasks.flatMap(({ path }) =>
    (cellsOf[path] ?? []).flatMap((cell, i) => (cell === null ? [{ path, i }] : [])),
  );
  const found: Record<string, Set<number>> = Object.fromEntries(flow.tasks.map(({ path }) => [path, new Set()]));
  for (let way = 0; way < 2 ** places.length; way++) {
    const completed: Record<string, Cell[]> = Object.fromEntries(
      Object.entries(cellsOf).map(([path, own]) => [path, [...own]]),
    );
    for (const [k, { path, i }] of places.entries()) (completed[path] as Cell[])[i] = (way >> k) & 1;
    const truth = truthByPath(flow, columnsOf(flow, [completed]));
    for (const { path } of flow.tasks) found[path]?.add(truth[path]?.[0] === TRUE ? 1 : 0);
  }
  return found;
}

test('known truths: a gate behind a gate that is known to be closed is known to be closed', () => {
  const flow = project.flow('full', (task, x) => {
    const a = task.a(x.features);
    const b = task.b(x.features).given(a.not());
    const both = task.both(x.features).given(b);
    return [a, b, both, task.either(x.features).given(both.not()), task.neither(x.features).given(or(a, b))];
  }).resolved;
  const rows = [
    { a: [1], b: [null], both: [null] }, // b does not apply, so nothing behind it does, whatever is missing
    { a: [0], b: [null], both: [1] }, // b is open to question
    { a: [null], b: [0], both: [1] }, // where a is true, b does not apply; where it is false, b is false
    { a: [0], b: [1], both: [0] },
  ];
  const columns = columnsOf(flow, rows);
  const known = knownTruths(flow, columns);
  const row = (i: number): number[] => [...known.subarray(i * 5, (i + 1) * 5)];
  //                            a     b      both     either   neither
  expect(row(0)).toEqual([TRUE, FALSE, FALSE, FALSE, TRUE]);
  // either asks that both does not hold: it holds, or it does not apply
  expect(row(1)).toEqual([TRUE, TRUE, UNKNOWN, FALSE, UNKNOWN]);
  expect(row(2)).toEqual([TRUE, UNKNOWN, FALSE, FALSE, UNKNOWN]);
  expect(row(3)).toEqual([TRUE, TRUE, TRUE, TRUE, TRUE]);
  expect(truthByPath(flow, columns).both?.[0]).toBe(UNKNOWN); // as an answer it stays unknown: it lets nobody in
});

test('random flows: what is known agrees with every way in which the missing labels could have been', () => {
  let certain = 0;
  fc.assert(
    fc.property(randomFlow, fc.nat(), ({ flow }, seed) => {
      // yes/no labels only: a missing one could have been one of two
      const isYesNo = flow.tasks.every(({ kind }) => kind.kind === 'binary' || kind.kind === 'multilabel');
      let state = seed >>> 0;
      const draw = (n: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return (state >>> 8) % n;
      };
      const cellsOf = Object.fromEntries(
        flow.tasks.map(({ path, kind }) => [
          path,
          Array.from({ length: kind.width }, () => {
            if (kind.kind === 'binary' || kind.kind === 'multilabel') return [0, 1, null][draw(3)] ?? null;
            return kind.kind === 'classification' ? draw(3) : draw(9) - 2;
          }),
        ]),
      );
      fc.pre(
        Object.values(cellsOf)
          .flat()
          .filter((cell) => cell === null).length <= 8,
      );
      const columns = columnsOf(flow, [cellsOf]);
      const known = knownTruths(flow, columns);
      const kleene = truths(flow, columns);
      const ways = completedTruths(flow, cellsOf);
      flow.tasks.forEach(({ path }, t) => {
        if (known[t] !== UNKNOWN) {
          expect([...(ways[path] ?? [])]).toEqual([known[t] === TRUE ? 1 : 0]);
          certain++;
        }
        expect(known[t] === TRUE).toBe(kleene[t] === TRUE); // what lets a row in is not touched
        if (kleene[t] === FALSE) expect(known[t]).toBe(FALSE);
        const once = predicatesIn(flow.tasks[t]?.condition ?? null).length <= 1 && isYesNo;
        if (once && flow.tasks.every((task) => predicatesIn(task.condition).length <= 1)) {
          expect(known[t] === UNKNOWN).toBe(ways[path]?.size === 2); // questions asked once: nothing is missed
        }
      });
    }),
    { numRuns: 300 },
  );
  expect(certain).toBeGreaterThan(300);
});

test('columns of truths are those of the matrix, also for a nested flow’s own condition, and are made once', () => {
  fc.assert(
    fc.property(randomFlow, fc.nat(), ({ flow }, seed) => {
      const rows = 600; // more than a block
      const values = Float64Array.from(
        { length: rows * flow.tasks.reduce((sum, { kind }) => sum + kind.width, 0) },
        (_, i) => ((i * 31 + seed) % 7) - 2,
      );
      const columns = { ...columnsOf(flow, []), rows, values, present: null };
      const all = truths(flow, columns);
      const made = truthColumns(flow, columns);
      for (const [t, { path, condition }] of flow.tasks.entries()) {
        const own = made.ofTask(path);
        expect([...own]).toEqual(Array.from({ length: rows }, (_, row) => all[row * flow.tasks.length + t]));
        expect(made.ofTask(path)).toBe(own);
        if (condition !== null) expect(made.of(condition)).toBe(own);
      }
    }),
    { numRuns: 20 },
  );
});

test('a thousand tasks, each given that the one before does not hold, take linear time and no stack', () => {
  const count = 1000;
  const leaf = (i: number): TaskNode => ({
    type: 'task',
    name: `t${i}`,
    path: `t${i}`,
    kind: 'binary',
    options: {},
    feature: 'features',
    condition:
      i === 0 ? null : { type: 'not', of: { type: 'predicate', path: `t${i - 1}`, predicate: 'isTrue', args: [] } },
  });
  const members = Array.from({ length: count }, (_, i) => leaf(i));
  const graph: FlowGraph = {
    format: 'headgate-flow',
    version: 1,
    name: 'chain',
    inputs: {},
    root: { type: 'flow', name: 'full', path: '', condition: null, members: [...members].reverse() },
  };
  let asked = 0;
  const own = binary();
  const counting: TaskKind = {
    ...own,
    predicates: {
      isTrue: () => {
        asked += 1;
        return own.predicates.isTrue();
      },
    },
  };
  const flow = resolveFlow(graph, new Map(members.map(({ name }) => [name, counting])));
  expect(flow.evaluationOrder.map((task) => task.path)).toEqual(members.map((task) => task.path));
  asked = 0;
  const columns = columnsOf(flow, [Object.fromEntries(members.map(({ path }) => [path, [0]]))]);
  expect([...applies(flow, columns)]).toEqual(Array(count).fill(1));
  expect(asked).toBe(count - 1);
});

test('masks of labels and of decisions are those of dnn_cool', () => {
  const golden: {
    readonly labels: Record<string, readonly (number | readonly number[])[]>;
    readonly logits12: readonly (readonly number[])[];
    readonly gt_masks: Record<string, readonly number[]>;
    readonly decoded_masks: Record<string, readonly number[]>;
  } = JSON.parse(readFileSync(new URL('../fixtures/golden_dnn_cool.json', import.meta.url), 'utf8'));
  const flow = new Project({
    name: 'golden',
    inputs: { row: vector({ size: 1 }) },
    tasks: {
      blocked: binary(),
      open: binary(),
      locked: binary(),
      person: binary(),
      x1: boundedRegression({ min: 0, max: 1 }),
      traits: multilabel({ classes: ['0', '1', '2'] }),
      shirt: classification({ classes: ['0', '1', '2', '3'] }),
    },
    backbone: ({ row }) => ({ features: row }),
  })
    .flow('face', (task, x) => [task.x1(x.features), task.traits(x.features)])
    .flow('person_flow', (task, x) => [task.face(x), task.shirt(x.features)])
    .flow('full', (task, x) => {
      const blocked = task.blocked(x.features);
      const open = task.open(x.features).given(blocked.not());
      const locked = task.locked(x.features).given(open.not());
      const person = task.person(x.features).given(open);
      return [blocked, open, locked, person, task.person_flow(x).given(person)];
    }).resolved;

  const short = (path: string): string => path.split('.').at(-1) ?? '';
  const labels = golden.logits12.map((_, row) =>
    Object.fromEntries(
      flow.tasks.map(({ path }) => {
        const label = golden.labels[short(path)]?.[row] ?? Number.NaN;
        // -1 marks a missing label there.
        return [path, (typeof label === 'number' ? [label] : label).map((cell) => (cell === -1 ? null : cell))];
      }),
    ),
  );
  const columns = columnsOf(flow, labels);
  const within = applies(flow, columns);
  const { present } = columns;
  const masks = Object.fromEntries(
    flow.tasks.map(({ path, kind }, t) => [
      path,
      labels.map((_, row) => {
        const at = row * columns.width + columns.offsetOf(path);
        const labelled = [...(present?.subarray(at, at + kind.width) ?? [])].some((byte) => byte === 1);
        return labelled && within[row * flow.tasks.length + t] === 1 ? 1 : 0;
      }),
    ]),
  );
  expect(masks).toEqual(golden.gt_masks);

  // A binary task is decoded true above a probability of 0.5: a logit above 0.
  const decided = golden.logits12.map((logits) =>
    Object.fromEntries(
      ['blocked', 'open', 'locked', 'person'].map((path, i) => [path, [(logits[i] ?? 0) > 0 ? 1 : 0]]),
    ),
  );
  const gates = applies(flow, { ...columnsOf(flow, decided), present: null });
  expect(
    Object.fromEntries(
      flow.tasks.map(({ path }, t) => [path, decided.map((_, row) => gates[row * flow.tasks.length + t])]),
    ),
  ).toEqual(golden.decoded_masks);
});

/** A label's encoded elements, written independently of the kinds' own encoding. */
function encoded(kind: TaskKind, label: Label): readonly Cell[] {
  if (label === null) return Array<Cell>(kind.width).fill(null);
  if (typeof label === 'boolean') return [label ? 1 : 0];
  if (typeof label === 'string') return [CLASSES.indexOf(label as 'red')];
  if (typeof label === 'number') return [label];
  return label.map((one) => (one === null ? null : one ? 1 : 0));
}

test('random flows and labels: a task applies where the naive recursion says so', () => {
  fc.assert(
    fc.property(randomFlow, fc.nat(), ({ graph, flow }, seed) => {
      const rows = labelRows(flow, 8, seed);
      const leaves = naive.naiveLeaves(graph);
      const columns = columnsOf(
        flow,
        rows.map((row) =>
          Object.fromEntries(flow.tasks.map(({ path, kind }) => [path, encoded(kind, row[path] ?? null)])),
        ),
      );
      const expected = rows.flatMap((row) => leaves.map((leaf) => (naive.applies(leaves, leaf, row) ? 1 : 0)));
      expect([...applies(flow, columns)]).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('equal conditions are evaluated once, however often they are written', () => {
  const open = binary();
  let asked = 0;
  const isTrue = () => {
    asked++;
    return open.predicates.isTrue();
  };
  const { resolved } = new Project({
    name: 'p',
    inputs: { row: vector({ size: 1 }) },
    tasks: { open: { ...open, predicates: { isTrue } }, a: binary(), b: binary(), c: binary() },
  }).flow('full', (task, x) => {
    const gate = task.open(x.features);
    return [
      gate,
      task.a(x.features).given(gate.not()),
      task.b(x.features).given(gate.not()),
      task.c(x.features).given(or(gate, gate.not())),
    ];
  });
  const columns = columnsOf(resolved, [{ open: [0] }, { open: [1] }]);
  asked = 0;
  expect([...applies(resolved, columns)]).toEqual([1, 1, 1, 1, 1, 0, 0, 1]);
  expect(asked).toBe(1);
});

test('rows of more than one block', () => {
  const { resolved } = project.flow('full', (task, x) => {
    const a = task.a(x.features);
    return [a, task.target(x.features).given(a)];
  });
  const rows = Array.from({ length: 1500 }, (_, i) => ({ a: [cells[i % 3] ?? null] }));
  const { a, target } = truthByPath(resolved, columnsOf(resolved, rows));
  expect(a).toEqual(rows.map(() => TRUE));
  expect(target).toEqual(rows.map((row) => truthOf(row.a[0] ?? null)));
});
