/** @file What a saved flow decides from logits: predictions and explanations without a project, a table or an engine. */
import { HeadgateError } from '../errors.js';
import type { FlowTask } from '../flow/flow.js';
import type { FlowGraph, FlowNode } from '../flow/graph.js';
import { resolveFlow } from '../flow/resolve.js';
import { isRecord, listOf, number, option, readOptions, recordOf, withDefault } from '../options.js';
import { initialThresholds, type Scores, type TaskScores, type Thresholds } from '../score/scores.js';
import { scoredUnits, type TaskKind } from '../tasks/kind.js';
import { layoutOf } from '../tasks/layout.js';
import { type KindReader, kindFromOptions } from '../tasks/registry.js';
import { tf } from '../tf.js';
import { decide } from './decisions.js';
import { type ExplainOptions, explain, treeSchema } from './explain.js';
import { type FlowPrediction, type PredictOptions, predict, predictionSchema } from './predict.js';

/** By task path, row-major `[rows, units]`, along an axis `[rows, positions, units]`: what the network's heads gave, before any activation. */
export type Logits = Readonly<Record<string, Float32Array>>;

export interface SavedDecisionsOptions {
  /** As `tune` found them, by task path. Default: each kind's own. */
  readonly thresholds?: Readonly<Record<string, readonly number[]>>;
  /** How to make the kinds that are not Headgate's own. */
  readonly kinds?: readonly KindReader[];
}

export interface SavedDecisions {
  /** Every task that a prediction needs logits of, in flow order. */
  readonly tasks: readonly { readonly path: string; readonly positions: number; readonly units: number }[];
  /** One nested object a row; null where a task does not apply by the decoded values of the tasks it depends on. */
  readonly predict: (logits: Logits, options?: PredictOptions) => readonly FlowPrediction[];
  /** The rows as text trees. */
  readonly explain: (logits: Logits, options?: ExplainOptions) => string;
}

const reader = option(
  'a reader of a kind: { kind, read }',
  (given): given is KindReader => isRecord(given) && typeof given.kind === 'string' && typeof given.read === 'function',
);

const schema = { thresholds: withDefault(recordOf(listOf(number())), {}), kinds: withDefault(listOf(reader), []) };

/**
 * Everything between logits and predictions, made from a saved flow alone: it needs no module of Node, so it runs
 * wherever TensorFlow.js does.
 *
 * @param graph `flow.json` of a saved model, read by `parseFlowGraph`
 * @throws HeadgateError `INVALID_OPTIONS`, `UNKNOWN_KIND` for a kind without a reader, `UNKNOWN_TASK` for thresholds of no task;
 *   its functions `MISSING_SCORES` and `WRONG_SHAPE`
 * @example
 * const decisions = savedDecisions(parseFlowGraph(json), { thresholds: { doorOpen: [0.4] } });
 * decisions.predict({ doorOpen: Float32Array.of(1.2), doorLocked: Float32Array.of(-3) });
 */
export function savedDecisions(graph: FlowGraph, options: SavedDecisionsOptions = {}): SavedDecisions {
  const { thresholds, kinds } = readOptions('savedDecisions', schema, options);
  const flow = resolveFlow(graph, kindsOf(graph.root, kinds));
  const layout = layoutOf(flow);
  const known: Thresholds = new Map([
    ...initialThresholds(flow.tasks),
    ...Object.entries(thresholds).map(([path, own]) => [flow.task(path).path, own] as const),
  ]);
  const scores = (logits: Logits): Scores => {
    const rows = rowsOf(logits, flow.tasks[0]);
    const tasks = flow.tasks.map((task) => [task.path, scoresOf(task, logits[task.path], rows)] as const);
    return { rows, tasks: new Map(tasks) };
  };
  return Object.freeze({
    tasks: flow.tasks.map(({ path, positions, kind }) => Object.freeze({ path, positions, units: scoredUnits(kind) })),
    predict: (logits: Logits, options: PredictOptions = {}) =>
      predict(
        layout,
        decide(layout, scores(logits), known),
        readOptions('savedDecisions.predict', predictionSchema, options),
      ),
    explain: (logits: Logits, options: ExplainOptions = {}) =>
      explain(
        layout,
        decide(layout, scores(logits), known),
        readOptions('savedDecisions.explain', treeSchema, options),
      ),
  });
}

function kindsOf(node: FlowNode, readers: readonly KindReader[]): Map<string, TaskKind> {
  const kinds = new Map<string, TaskKind>();
  for (const member of node.members) {
    if (member.type === 'task') kinds.set(member.name, kindFromOptions(member.kind, member.options, readers));
    else for (const [name, kind] of kindsOf(member, readers)) kinds.set(name, kind);
  }
  return kinds;
}

function rowsOf(logits: Logits, task: FlowTask<TaskKind> | undefined): number {
  if (task === undefined) return 0;
  return (logits[task.path]?.length ?? 0) / (task.positions * scoredUnits(task.kind));
}

function scoresOf(task: FlowTask<TaskKind>, logits: Float32Array | undefined, rows: number): TaskScores {
  const { path, kind, positions } = task;
  const instances = rows * positions;
  if (logits === undefined || logits.length !== instances * scoredUnits(kind) || !Number.isInteger(rows)) {
    throw new HeadgateError({
      code: logits === undefined ? 'MISSING_SCORES' : 'WRONG_SHAPE',
      path,
      problem: 'These are not the logits of this task.',
      expected: `${positions * scoredUnits(kind)} a row, for as many rows as the first task has`,
      received: logits === undefined ? 'none' : `${logits.length} numbers`,
    });
  }
  const activate = kind.summary?.activate ?? kind.activate; // of what it gave
  const activated = tf.tidy(() => activate(tf.tensor2d(logits, [instances, scoredUnits(kind)])).dataSync<'float32'>());
  return { logits, activated };
}
