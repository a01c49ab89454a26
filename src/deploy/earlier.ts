/** @file Weights as 0.1.0 stored them, under the names of today. Its files load for ever. */
import type { HostTensor } from '../engine/engine.js';
import { HeadgateError } from '../errors.js';
import type { Json, TaskNode } from '../flow/graph.js';
import { leavesOf } from './match-flow.js';
import type { DeclaredModel, LoadedModel } from './model-folder.js';

/**
 * 0.1.0 named layers by their place and kept the heads of a feature as one tensor, in an order that follows from the
 * flow: see `columnsOf`. Models of later versions pass as they are.
 *
 * @throws HeadgateError `WEIGHTS_MISMATCH`
 */
export function withPresentNames(model: LoadedModel, declared: DeclaredModel): LoadedModel {
  if (model.version > 1) return model;
  const weights: Record<string, HostTensor> = Object.create(null);
  const heads = new Map<string, HostTensor>();
  for (const [name, value] of Object.entries(model.weights)) {
    if (name.startsWith('head/')) heads.set(name, value);
    else weights[declared.earlierNames.get(name) ?? name] = value;
  }
  for (const [feature, columns] of columnsOf(model, declared)) {
    for (const role of ['kernel', 'bias']) {
      const name = `head/${feature}/${role}`;
      const fused = heads.get(name);
      if (fused === undefined) continue; // the comparison of names will say so
      const width = columns.reduce((sum, { units }) => sum + units, 0);
      if (fused.shape.at(-1) !== width) throw otherWidth(name, width, fused.shape);
      for (const { path, start, units } of columns) weights[`head/${path}/${role}`] = cut(fused, start, units);
    }
  }
  return { ...model, weights };
}

interface Columns {
  readonly path: string;
  readonly start: number;
  readonly units: number;
}

/** By feature, where 0.1.0 put each task's columns: tasks of one loss side by side, both in order of appearance. */
function columnsOf({ graph }: LoadedModel, { flow }: DeclaredModel): ReadonlyMap<string, readonly Columns[]> {
  const features = new Map<string, Map<string, TaskNode[]>>();
  for (const task of leavesOf(graph.root)) {
    const groups = features.get(task.feature) ?? new Map<string, TaskNode[]>();
    features.set(task.feature, groups);
    const key = lossKey(task) ?? flow.task(task.path).kind.lossKey ?? `alone ${task.path}`;
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  return new Map(
    [...features].map(([feature, groups]) => {
      let start = 0;
      const columns = [...groups.values()].flat().map(({ path }) => {
        const { units } = flow.task(path).kind;
        start += units;
        return { path, start: start - units, units };
      });
      return [feature, columns];
    }),
  );
}

/**
 * Which tasks of its own kinds 0.1.0 took to have one loss, from their saved options. It is written down here because
 * the kinds' own keys may change; null for a kind from outside the package, whose own key is the best that is known.
 */
function lossKey({ kind, options }: TaskNode): string | null {
  const { classes, positiveWeight, positiveWeights, classWeights, labelSmoothing, focal, ...rest } = record(options);
  const { gamma, alpha } = record(focal);
  const smoothing = labelSmoothing ?? 0;
  const count = Array.isArray(classes) ? classes.length : 0;
  const independent = (weight: Json | undefined) => {
    const factor = typeof alpha === 'number' ? alpha : 1;
    const positive = Array.isArray(weight) ? weight.map((one) => Number(one) * factor) : Number(weight ?? 1) * factor;
    return { positive, negative: typeof alpha === 'number' ? 1 - alpha : 1, smoothing, gamma: gamma ?? 0 };
  };
  const { loss = 'squared', delta, standardise, min, max } = rest;
  const deviation = record(standardise).deviation ?? 1;
  switch (kind) {
    case 'binary':
      return JSON.stringify([kind, independent(positiveWeight)]);
    case 'multilabel':
      return JSON.stringify([kind, count, independent(positiveWeights)]);
    case 'classification':
      return JSON.stringify([kind, count, classWeights ?? null, smoothing, gamma ?? 0]);
    case 'regression':
      return JSON.stringify([kind, loss, loss === 'huber' ? Number(delta ?? 1) / Number(deviation) : null]);
    case 'boundedRegression': {
      const share = delta === undefined ? 0.1 : Number(delta) / (Number(max) - Number(min));
      return JSON.stringify([kind, loss, loss === 'huber' ? share : null]);
    }
    default:
      return null;
  }
}

function record(value: Json | undefined): Readonly<Record<string, Json>> {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isRecord ? (value as Readonly<Record<string, Json>>) : {}; // neither null nor a list
}

/** Some columns of the last axis. */
function cut(tensor: HostTensor, start: number, units: number): HostTensor {
  const width = Number(tensor.shape.at(-1));
  const rows = tensor.data.length / width;
  const data = tensor.data.slice(0, rows * units);
  for (let row = 0; row < rows; row++) {
    data.set(tensor.data.subarray(row * width + start, row * width + start + units), row * units);
  }
  return { ...tensor, shape: [...tensor.shape.slice(0, -1), units], data };
}

function otherWidth(path: string, width: number, shape: readonly number[]): HeadgateError {
  return new HeadgateError({
    code: 'WEIGHTS_MISMATCH',
    path,
    problem: 'The saved head has another number of columns than its tasks have.',
    expected: `[…, ${width}]`,
    received: `[${shape.join(', ')}]`,
    mend: 'Load it with the project that saved it, or train and save this one.',
  });
}
