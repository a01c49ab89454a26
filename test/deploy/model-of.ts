/** @file A small model for the tests of saving and loading, and a declaration that it fits. */
import { leavesOf } from '../../src/deploy/match-flow.js';
import type { DeclaredModel, SavedModel } from '../../src/deploy/model-folder.js';
import type { HostTensor } from '../../src/engine/engine.js';
import type { FlowTask } from '../../src/flow/flow.js';
import type { FlowGraph, TaskNode } from '../../src/flow/graph.js';
import { binary } from '../../src/index.js';
import type { TaskKind } from '../../src/tasks/kind.js';

const task = (name: string, path: string, more: Partial<TaskNode> = {}): TaskNode => ({
  type: 'task',
  name,
  path,
  kind: 'binary',
  options: {},
  feature: 'features',
  condition: null,
  ...more,
});

export const graph: FlowGraph = {
  format: 'headgate-flow',
  version: 1,
  name: 'door',
  inputs: { frame: { kind: 'vector', shape: [3], scale: 1, columns: null } },
  root: {
    type: 'flow',
    name: 'full',
    path: '',
    condition: null,
    members: [
      task('open', 'open'),
      {
        type: 'flow',
        name: 'person',
        path: 'person',
        condition: { type: 'predicate', path: 'open', predicate: 'isTrue', args: [] },
        members: [
          task('shirt', 'person.shirt', { kind: 'classification', options: { classes: ['red', 'blue'] } }),
          task('traits', 'person.traits', { kind: 'multilabel', options: { classes: ['a', 'b'] } }),
        ],
      },
    ],
  },
};

export function modelOf(value: number): SavedModel {
  const weights: Record<string, HostTensor> = Object.create(null);
  weights['open/kernel'] = { shape: [3, 1], dtype: 'float32', data: Float32Array.of(value, -value, 0.1) };
  weights.steps = { shape: [], dtype: 'int32', data: Int32Array.of(7) };
  const hostile = '__proto__'; // on this object a name as any other
  weights[hostile] = { shape: [2], dtype: 'bool', data: Uint8Array.of(1, 0) };
  return {
    graph,
    weights,
    learnt: new Map([['open', { kind: null, lossUnit: 0.5 + value }]]),
    backbone: {
      uses: [
        { path: 'input.1', class: 'InputLayer', config: { input: 'frame' }, reads: [], parameters: [], inner: [] },
      ],
      features: { features: [0, 0] },
    },
    thresholds: new Map([
      ['open', [0.1 + 0.2]],
      ['person.traits', [0.5, 0.25]],
    ]),
    pathways: null,
  };
}

/** A declaration that the model fits. */
export function declaredOf(model: SavedModel = modelOf(1)): DeclaredModel {
  const kind = binary();
  const tasks = leavesOf(model.graph.root).map(
    (node): FlowTask<TaskKind> => ({
      ...node,
      axis: null,
      axes: [],
      shape: [],
      positions: 1,
      pathway: null,
      gates: [], // nothing here asks which labels count
      // a kind of this name, with these options; `load` asks nothing else of it
      kind: { ...kind, kind: node.kind, options: node.options },
      node,
    }),
  );
  const task = (path: string): FlowTask<TaskKind> => {
    const found = tasks.find((candidate) => candidate.path === path);
    if (found === undefined) throw new Error(`no task ${path}`);
    return found;
  };
  return {
    flow: { graph: model.graph, tasks, evaluationOrder: tasks, task },
    parameters: Object.entries(model.weights).map(([name, { shape, dtype }]) => {
      return { name, shape, dtype, role: 'kernel', owners: [] } as const; // `load` asks them of averages alone
    }),
    backbone: model.backbone,
    thresholds: model.thresholds,
    earlierNames: new Map(),
    unitGroups: () => new Map(),
  };
}
