/** @file Small flows, and scores made from logits, for the tests of the passes. */
import { readFileSync } from 'node:fs';
import { bindTable } from '../../src/data/bind.js';
import type { Dataset } from '../../src/data/dataset.js';
import type { Flow } from '../../src/flow/flow.js';
import type { ConditionNode, FlowGraph, FlowNode, Json, TaskNode } from '../../src/flow/graph.js';
import { resolveFlow } from '../../src/flow/resolve.js';
import { binary, boundedRegression, classification, multilabel } from '../../src/index.js';
import type { NetworkScores } from '../../src/score/scorer.js';
import { type Scores, scoresOf } from '../../src/score/scores.js';
import type { TaskKind } from '../../src/tasks/kind.js';
import { type Layout, layoutOf } from '../../src/tasks/layout.js';

export const ask = (path: string, predicate = 'isTrue', ...args: Json[]): ConditionNode => ({
  type: 'predicate',
  path,
  predicate,
  args,
});
export const not = (of: ConditionNode): ConditionNode => ({ type: 'not', of });
export const and = (...of: ConditionNode[]): ConditionNode => ({ type: 'and', of });
export const or = (...of: ConditionNode[]): ConditionNode => ({ type: 'or', of });

type Kinds = Readonly<Record<string, TaskKind>>;
export interface Bench {
  readonly flow: Flow<TaskKind>;
  readonly layout: Layout;
}

/** A member is a task's name, or `[name, condition]`, or a nested flow. */
export type MemberText = string | readonly [name: string, condition: ConditionNode] | NestedText;
export interface NestedText {
  readonly name: string;
  readonly condition?: ConditionNode;
  readonly members: readonly MemberText[];
}

export function bench(kinds: Kinds, members: readonly MemberText[]): Bench {
  const all = new Map(Object.entries(kinds));
  const build = (member: MemberText, prefix: string): TaskNode | FlowNode => {
    if (typeof member === 'object' && 'members' in member) {
      const path = prefix + member.name;
      const inner = member.members.map((one) => build(one, `${path}.`));
      return { type: 'flow', name: member.name, path, condition: member.condition ?? null, members: inner };
    }
    const [name, condition] = typeof member === 'string' ? [member, null] : member;
    const { kind, options } = all.get(name) as TaskKind;
    return { type: 'task', name, path: prefix + name, kind, options, feature: 'features', condition };
  };
  const graph: FlowGraph = {
    format: 'headgate-flow',
    version: 1,
    name: 'bench',
    inputs: { frame: { kind: 'vector', shape: [1], scale: 1, columns: null } },
    root: { type: 'flow', name: 'full', path: '', condition: null, members: members.map((one) => build(one, '')) },
  };
  const flow = resolveFlow(graph, all);
  return { flow, layout: layoutOf(flow) };
}

/** Labels by task path, one record a row. */
export function datasetOf({ layout }: Bench, labels: readonly Readonly<Record<string, unknown>>[]): Dataset {
  return bindTable(
    labels.map((row) => ({ frame: 0, ...row })),
    layout,
  );
}

/** Log odds of a probability, within what a sigmoid can undo; anything else as it is. */
const logitOf = (p: number): number => (p < 0 || p > 1 ? p : Math.max(-40, Math.min(40, Math.log(p / (1 - p)))));

/** `activated` by task path, `[row][unit]`; logits are what gives them through a sigmoid, or the same where none does. */
export function scoresFrom(rows: number, activated: Readonly<Record<string, readonly number[][]>>): Scores {
  const tasks = Object.entries(activated).map(([path, values]) => {
    const flat = values.flat();
    return [path, { logits: Float32Array.from(flat, logitOf), activated: Float32Array.from(flat) }] as const;
  });
  return { rows, tasks: new Map(tasks) };
}

/** Some rows of scores, in arrays of their own. */
export function scoreRows(layout: Layout, scores: NetworkScores, start: number, end: number): NetworkScores {
  const tasks = layout.slots.map(({ task: { path, kind } }) => {
    const { logits, activated } = scoresOf(scores, path);
    const own = [start * kind.units, end * kind.units] as const;
    return [path, { logits: logits.slice(...own), activated: activated.slice(...own) }] as const;
  });
  const losses = scores.elementLosses?.slice(start * layout.width, end * layout.width) ?? null;
  return { rows: end - start, tasks: new Map(tasks), elementLosses: losses };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softmax = (row: readonly number[]): number[] => {
  const sum = row.reduce((total, x) => total + Math.exp(x), 0);
  return row.map((x) => Math.exp(x) / sum);
};

export interface GoldenRow {
  readonly task_path: string;
  readonly metric_name: string;
  readonly metric_res: number;
  readonly num_samples: number;
}

export interface Golden {
  readonly logits12: readonly number[][];
  readonly labels: Readonly<Record<string, readonly (number | number[])[]>>;
  readonly decoded_masks: Readonly<Record<string, readonly number[]>>;
  readonly task_losses: Readonly<Record<string, number>>;
  readonly per_sample: Readonly<Record<string, readonly number[]>>;
  readonly evaluation: readonly GoldenRow[];
  readonly evaluation_tuned: readonly GoldenRow[];
  readonly tree: string;
  readonly tuned_head: Readonly<
    Record<string, { readonly threshold?: number; readonly thresholds?: readonly number[] }>
  >;
  readonly tuned_v020_binary: Readonly<Record<string, number>>;
}

/** What dnn_cool computed for ten rows; bounded regression in label units of [0, 64], as its decoder gives. */
export const golden: Golden = JSON.parse(
  readFileSync(new URL('../fixtures/golden_dnn_cool.json', import.meta.url), 'utf8'),
);

export const goldenBench = bench(
  {
    blocked: binary(),
    open: binary(),
    locked: binary(),
    person: binary(),
    x1: boundedRegression({ min: 0, max: 64 }),
    traits: multilabel({ classes: ['0', '1', '2'] }),
    shirt: classification({ classes: ['0', '1', '2', '3'] }),
  },
  [
    'blocked',
    ['open', not(ask('blocked'))],
    ['locked', not(ask('open'))],
    ['person', ask('open')],
    {
      name: 'person_flow',
      condition: ask('person'),
      members: [{ name: 'face', members: ['x1', 'traits'] }, 'shirt'],
    },
  ],
);

const present = (value: number | number[] | undefined): unknown =>
  value === undefined || value === -1 || (Array.isArray(value) && value.includes(-1)) ? null : value;

export const goldenDataset = datasetOf(
  goldenBench,
  golden.logits12.map((_, row) =>
    Object.fromEntries(
      goldenBench.flow.tasks.map(({ path, name }) => {
        const label = present(golden.labels[name]?.[row]);
        if (name === 'x1' && typeof label === 'number') return [path, label * 64];
        return [path, name === 'shirt' && label !== null ? String(label) : label];
      }),
    ),
  ),
);

const first: Readonly<Record<string, number>> = {
  blocked: 0,
  open: 1,
  locked: 2,
  person: 3,
  x1: 4,
  traits: 5,
  shirt: 8,
};

export const goldenScores: Scores = {
  rows: 10,
  tasks: new Map(
    goldenBench.flow.tasks.map(({ path, name, kind }) => {
      const at = first[name] ?? 0;
      const logits = golden.logits12.map((row) => row.slice(at, at + kind.units));
      const activated = logits.map((row) => (name === 'shirt' ? softmax(row) : row.map(sigmoid)));
      return [path, { logits: Float32Array.from(logits.flat()), activated: Float32Array.from(activated.flat()) }];
    }),
  ),
};
