/** @file `statistics.json`: what tasks learnt of the labels that the model was trained on. What inputs learnt stands in the flow. */
import { z } from 'zod';
import { encoderOf } from '../data/encoders/encoder.js';
import { HeadgateError } from '../errors.js';
import type { EncoderSpec, FlowGraph, InputSpec, Json } from '../flow/graph.js';
import { isJson } from '../flow/json.js';
import type { Learnt, LearntTask } from '../tasks/filled.js';
import { checked } from './manifest.js';
import { leavesOf } from './match-flow.js';

const schema = z.strictObject({
  format: z.literal('headgate-statistics'),
  version: z.literal(1),
  tasks: z.array(
    z.strictObject({
      path: z.string().min(1),
      learnt: z.unknown().refine((value) => isJson(value), 'must be JSON'),
      lossUnit: z.number().positive(),
    }),
  ),
});

export function statisticsJson(tasks: Learnt['tasks']): Json {
  const entries = [...tasks].map(([path, { kind, lossUnit }]) => ({ path, learnt: kind, lossUnit }));
  return { format: 'headgate-statistics', version: 1, tasks: entries };
}

/**
 * What a saved model has learnt.
 *
 * @param json null for a model of before there were statistics: its inputs and labels are as they were declared then
 */
export function readStatistics(json: unknown, graph: FlowGraph, path: string): Learnt {
  const leaves = leavesOf(graph.root).map((task) => task.path);
  const encoders = Object.entries(graph.inputs).flatMap(([name, { encoder }]): [string, EncoderSpec | null][] => {
    if (encoder === undefined) return [[name, null]];
    return encoderOf(graph.inputs[name] as InputSpec, `inputs.${name}`) === null ? [] : [[name, encoder]]; // it is there
  });
  const inputs = new Map(encoders);
  if (json === null) return { inputs, tasks: new Map(leaves.map((leaf) => [leaf, AS_DECLARED])) };
  const tasks = new Map<string, LearntTask>();
  for (const { path: task, learnt, lossUnit } of checked(schema, json, path).tasks) {
    if (!leaves.includes(task)) throw invalid(path, `The saved flow has no task ${task}.`);
    if (tasks.has(task)) throw invalid(path, `The task ${task} stands twice in the file.`);
    tasks.set(task, Object.freeze({ kind: learnt as Json, lossUnit })); // the schema has checked that it is JSON
  }
  return { inputs, tasks };
}

const AS_DECLARED: LearntTask = Object.freeze({ kind: null, lossUnit: 1 });

function invalid(path: string, problem: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_MODEL_FILE',
    path,
    problem,
    mend: 'Save the model again with this version of Headgate.',
  });
}
