/** @file Networks of binary tasks on one vector input, for tests that look at the network alone. */
import { binary, Project, tf, vector } from '../../src/index.js';
import { type Backbone, buildNetwork, type Network } from '../../src/model/network.js';
import { layoutOf } from '../../src/tasks/layout.js';

export const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor =>
  layer.apply(x) as tf.SymbolicTensor;

export type Body = (x: tf.SymbolicTensor) => Readonly<Record<string, tf.SymbolicTensor>>;

/** A task for each feature, named after it. */
export function projectOf(features: readonly string[], body: Body, size = 3) {
  return new Project<{ x: ReturnType<typeof vector> }, Record<string, ReturnType<typeof binary>>, string>({
    name: 'network',
    inputs: { x: vector({ size, standardise: false }) },
    tasks: Object.fromEntries(features.map((feature) => [`t_${feature}`, binary()])),
    backbone: ({ x }) => body(x),
  }).flow('full', (task, x) => features.map((feature) => task[`t_${feature}`]?.(x[feature] as never) as never));
}

export function networkOf(features: readonly string[], body: Body, size = 3): Network {
  const { resolved, backbone } = projectOf(features, body, size);
  return buildNetwork({ flow: resolved, layout: layoutOf(resolved), backbone: backbone as Backbone, seed: 1 });
}

export const namesOf = (features: readonly string[], body: Body, size = 3): string[] =>
  networkOf(features, body, size).store.parameters.map(({ name }) => name);

/** Names of the backbone's parameters that are kernels of any kind, without `backbone/`. */
export const kernelsOf = (body: Body, features: readonly string[] = ['f'], size = 3): string[] =>
  namesOf(features, body, size)
    .filter((name) => name.startsWith('backbone/') && /kernel$|embeddings$/.test(name))
    .map((name) => name.slice('backbone/'.length));

export { tf };
