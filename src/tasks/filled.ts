/** @file A flow with what was learnt from the first fit's rows in place of what its declaration leaves open. */
import type { Flow, FlowTask } from '../flow/flow.js';
import type { EncoderSpec, InputSpec, Json } from '../flow/graph.js';
import type { TaskKind } from './kind.js';

/** What a model has learnt of its data. Plain data: it is saved with the model. */
export interface Learnt {
  /** By input name; null for an input that is to stay as its declaration scales it, in a model of before encoders. */
  readonly inputs: ReadonlyMap<string, EncoderSpec | null>;
  /** By task path. */
  readonly tasks: ReadonlyMap<string, LearntTask>;
}

export interface LearntTask {
  /** What its kind learnt; null for one that learns nothing, or is to stay as it was declared. */
  readonly kind: Json;
  /** See `TaskSlot.lossUnit`. */
  readonly lossUnit: number;
}

export const NOTHING_LEARNT: Learnt = Object.freeze({ inputs: new Map(), tasks: new Map() });

/** Throws `INVALID_MODEL_FILE` for what no kind learns. */
export function filledFlow(flow: Flow<TaskKind>, learnt: Learnt): Flow<TaskKind> {
  if (learnt.inputs.size === 0 && learnt.tasks.size === 0) return flow;
  const inputs = Object.fromEntries(
    Object.entries(flow.graph.inputs).map(([name, spec]) => [name, filledInput(spec, learnt.inputs.get(name))]),
  );
  const filled = new Map(flow.tasks.map((task) => [task, filledTask(task, learnt.tasks.get(task.path))]));
  const inFlow = (task: FlowTask<TaskKind>): FlowTask<TaskKind> => filled.get(task) ?? task; // all are there
  return Object.freeze({
    graph: Object.freeze({ ...flow.graph, inputs: Object.freeze(inputs) }),
    tasks: Object.freeze(flow.tasks.map(inFlow)),
    evaluationOrder: Object.freeze(flow.evaluationOrder.map(inFlow)),
    task: (path: string) => inFlow(flow.task(path)),
  });
}

function filledInput(spec: InputSpec, learnt: EncoderSpec | null | undefined): InputSpec {
  if (learnt === undefined) return spec;
  const { encoder: _, ...plain } = spec;
  return Object.freeze(learnt === null ? plain : { ...plain, encoder: learnt });
}

function filledTask(task: FlowTask<TaskKind>, learnt: LearntTask | undefined): FlowTask<TaskKind> {
  const { learning } = task.kind;
  if (learning === undefined || learnt === undefined || learnt.kind === null) return task;
  return Object.freeze({ ...task, kind: learning.filled(learnt.kind) });
}
