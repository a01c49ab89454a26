/** @file What the tests of unit graphs share: networks whose weights are masked by a graph, and brute force beside them. */
import { type LayerVariable, withBound } from '../../src/model/binding.js';
import { layersWithin } from '../../src/model/layers.js';
import type { UnitGraph } from '../../src/model/units/graph.js';
import { tf } from '../../src/tf.js';

export type Features = Readonly<Record<string, tf.SymbolicTensor>>;

/** Multiplies each channel of the last axis by its own number. */
export class ChannelMask extends tf.layers.Layer {
  static readonly className = 'TestChannelMask';
  readonly mask: readonly number[];

  constructor(mask: readonly number[]) {
    super({});
    this.mask = mask;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [input] = [inputs].flat();
    if (input === undefined) throw new Error('no input');
    return input.mul(tf.tensor1d([...this.mask]));
  }
}

/** The same numbers for the same seed, from -1 to 1. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) / 2 ** 32) * 2 - 1;
  };
}

export function randomTensor(shape: readonly number[], next: () => number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => next()),
    [...shape],
  );
}

export function modelOf(features: Features): tf.LayersModel {
  const outputs = Object.values(features);
  const inputs = new Set<tf.SymbolicTensor>();
  const pending = [...outputs];
  const seen = new Set<tf.SymbolicTensor>();
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    if (tensor.sourceLayer.getClassName() === 'InputLayer') inputs.add(tensor);
    else pending.push(...(tensor.sourceLayer.inboundNodes[tensor.nodeIndex]?.inputTensors ?? []));
  }
  return tf.model({ inputs: [...inputs].sort((a, b) => a.id - b.id), outputs });
}

/** Every weight gets a value of its own: biases and averages too, and no variance is negative. */
export function randomiseWeights(model: tf.LayersModel, next: () => number): void {
  for (const variable of variablesOf(model)) variable.write(randomWeight(variable, next));
}

export function variablesOf(model: tf.LayersModel): LayerVariable[] {
  return [...new Set(layersWithin(model).flatMap((layer): LayerVariable[] => layer.weights))];
}

function randomWeight(variable: LayerVariable, next: () => number): tf.Tensor {
  const value = randomTensor(variable.shape.map(Number), next);
  return variable.originalName.includes('variance') ? value.abs().add(0.5) : value;
}

/**
 * For each weight 1 where it is in the pathway of `kept`, 0 where it is not. With `role`, only axes of that role count.
 */
export function weightMask(
  graph: UnitGraph,
  variable: LayerVariable,
  kept: readonly boolean[],
  role?: 'makes' | 'reads',
): tf.Tensor {
  const shape = variable.shape.map(Number);
  let mask: tf.Tensor = tf.ones(shape);
  for (const { axis, units, ...own } of graph.axes.get(variable) ?? []) {
    if (units.length !== shape[axis])
      throw new Error(`${variable.originalName}: ${units.length} units, ${shape[axis]}`);
    if (role !== undefined && own.role !== role) continue;
    const line = Array.from(units, (unit) => (unit < 0 || kept[unit] ? 1 : 0));
    mask = mask.mul(
      tf.tensor(
        line,
        shape.map((size, i) => (i === axis ? size : 1)),
      ),
    );
  }
  return mask;
}

export type Filling = 'zero' | 'garbage';

/** Runs the model with what is not in the pathway zero; or with what makes a removed unit random. */
export function runMasked(
  model: tf.LayersModel,
  graph: UnitGraph,
  kept: readonly boolean[],
  inputs: readonly tf.Tensor[],
  { fill, next }: { readonly fill: Filling; readonly next: () => number },
): number[][] {
  return tf.tidy(() => {
    const bindings = variablesOf(model).map((variable) => {
      const value = variable.read();
      if (fill === 'zero') return { variable, tensor: value.mul(weightMask(graph, variable, kept)) };
      const made = weightMask(graph, variable, kept, 'makes');
      const random = randomWeight(variable, next);
      const tensor = value.mul(made).add(random.mul(tf.sub(1, made)));
      return { variable, tensor: tensor.mul(weightMask(graph, variable, kept, 'reads')) };
    });
    return withBound(
      bindings,
      () => {},
      () => run(model, inputs),
    );
  });
}

export function run(model: tf.LayersModel, inputs: readonly tf.Tensor[]): number[][] {
  return tf.tidy(() => {
    const given = [...inputs];
    return [model.apply(given.length === 1 ? (given[0] as tf.Tensor) : given) as tf.Tensor]
      .flat()
      .map((tensor) => [...tensor.dataSync()]);
  });
}
