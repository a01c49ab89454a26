/** @file What a model computes for one row, counted in multiplications of a weight with what it reads. */
import { childrenOf, isContainer, layersInOrder } from '../../model/layers.js';
import type { tf } from '../../tf.js';
import { elementsOf, weightOf } from './weights.js';

type Layer = tf.layers.Layer;
type Shape = readonly (number | null)[];

/** By layer, over all of its calls; an axis that is left open counts as one position. Layers without kernels have 0. */
export function multiplyAdds(model: tf.LayersModel): ReadonlyMap<Layer, number> {
  const counts = new Map<Layer, number>();
  const count = (layer: Layer, times: number): void => {
    counts.set(layer, (counts.get(layer) ?? 0) + times);
  };
  const visit = (outer: tf.LayersModel): void => {
    for (const layer of layersInOrder(outer.outputs)) {
      for (const node of nodesWithin(layer, outer)) {
        const [input = [], output = []] = [node.inputTensors[0]?.shape, node.outputTensors[0]?.shape];
        if (isContainer(layer)) visit(layer);
        else if (layer.getClassName() !== 'TimeDistributed') count(layer, timesOf(layer, input, output));
        else atEach(layer, input, output);
      }
    }
  };
  /** The inner layer is called at each position. */
  const atEach = (layer: Layer, input: Shape, output: Shape): void => {
    const positions = input[1] ?? 1;
    const without = ([batch = null, , ...rest]: Shape): Shape => [batch, ...rest];
    for (const { layer: inner } of childrenOf(layer)) {
      if (!isContainer(inner)) count(inner, positions * timesOf(inner, without(input), without(output)));
      else for (const [own, times] of multiplyAdds(inner)) count(own, positions * times);
    }
  };
  visit(model);
  return counts;
}

/** The calls of a layer that this model is made of: it may have others elsewhere. */
function nodesWithin(layer: Layer, model: tf.LayersModel): Layer['inboundNodes'] {
  const reached = new Set<Layer['inboundNodes'][number]>();
  const pending = [...model.outputs];
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    const node = tensor.sourceLayer.inboundNodes[tensor.nodeIndex];
    if (node === undefined || reached.has(node)) continue;
    reached.add(node);
    pending.push(...node.inputTensors);
  }
  return layer.inboundNodes.filter((node) => reached.has(node));
}

function timesOf(layer: Layer, input: Shape, output: Shape): number {
  const size = (name: string, of: Layer = layer): number => elementsOf(weightOf(of, name)?.shape ?? [0]);
  const cells = childrenOf(layer).flatMap((child) => [child, ...childrenOf(child.layer)]);
  if (cells.length > 0) {
    // Cells are called at each step, those of a map at each position of it.
    const steps = input[1] ?? 1;
    const positions = layer.getClassName() === 'ConvLSTM2D' ? elementsOf(output.slice(-3, -1).map((n) => n ?? 1)) : 1;
    return (
      steps *
      positions *
      cells.reduce((sum, { layer: cell }) => sum + size('kernel', cell) + size('recurrent_kernel', cell), 0)
    );
  }
  const isTransposed = layer.getClassName().endsWith('Transpose');
  const isFirst = layer.getConfig().dataFormat === 'channelsFirst';
  const [, ...sizes] = isTransposed ? input : output;
  const positions = elementsOf((isFirst ? sizes.slice(1) : sizes.slice(0, -1)).map((n) => n ?? 1));
  return positions * (size('kernel') + size('depthwise_kernel') + size('pointwise_kernel'));
}
