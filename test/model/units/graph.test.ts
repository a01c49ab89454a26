/** @file What a unit graph says: units, groups, axes, and what is fixed and why. */
import { describe, expect, test } from 'vitest';
import type { LayerVariable } from '../../../src/model/binding.js';
import { type UnitGraph, unitGraph } from '../../../src/model/units/graph.js';
import { tf } from '../../../src/tf.js';

type Symbol = tf.SymbolicTensor;
type Apply = { apply: (input: Symbol | Symbol[]) => unknown };

const at = (layer: Apply, ...inputs: Symbol[]): Symbol =>
  layer.apply(inputs.length === 1 ? (inputs[0] as Symbol) : inputs) as Symbol; // of symbolic inputs

const dense = (name: string, units: number, more: Record<string, unknown> = {}) =>
  tf.layers.dense({ name, units, ...more });

const groupsOf = ({ groups }: UnitGraph) =>
  groups.map(({ name, layers, units, fixed }) => ({ name, layers: [...layers], units: [...units], fixed }));

/** The axes of a layer's own weights, by the weight's last name. */
function axesOf(graph: UnitGraph, layer: tf.layers.Layer): Record<string, unknown> {
  return Object.fromEntries(
    (layer.weights as LayerVariable[]).map((variable) => [
      variable.originalName.split('/').at(-1),
      (graph.axes.get(variable) ?? []).map(({ axis, role, units }) => [axis, role, [...units]]),
    ]),
  );
}

test('a chain: each layer makes units that the next reads', () => {
  const [stem, body] = [dense('stem', 3), dense('body', 2)];
  const graph = unitGraph({ features: at(body, at(stem, tf.input({ shape: [4] }))) });
  expect(graph.count).toBe(5);
  expect(groupsOf(graph)).toEqual([
    { name: 'stem', layers: ['stem'], units: [0, 1, 2], fixed: null },
    { name: 'body', layers: ['body'], units: [3, 4], fixed: null },
  ]);
  expect(axesOf(graph, stem)).toEqual({ kernel: [[1, 'makes', [0, 1, 2]]], bias: [[0, 'makes', [0, 1, 2]]] });
  expect(axesOf(graph, body)).toEqual({
    kernel: [
      [0, 'reads', [0, 1, 2]],
      [1, 'makes', [3, 4]],
    ],
    bias: [[0, 'makes', [3, 4]]],
  });
  expect(graph.features).toEqual({ features: Int32Array.of(3, 4) });
});

test('a network input has no units', () => {
  const graph = unitGraph({ features: tf.input({ shape: [3] }) });
  expect(graph).toEqual({ count: 0, groups: [], axes: new Map(), features: { features: Int32Array.of(-1, -1, -1) } });
});

test('flattened: a channel once for each position', () => {
  const conv = tf.layers.conv2d({ name: 'stem', filters: 2, kernelSize: 1 });
  const head = dense('body', 1);
  const graph = unitGraph({ x: at(head, at(tf.layers.flatten(), at(conv, tf.input({ shape: [2, 1, 3] })))) });
  expect(axesOf(graph, head).kernel).toEqual([
    [0, 'reads', [0, 1, 0, 1]],
    [1, 'makes', [2]],
  ]);
});

test('flattened with channels first: positions of a channel lie together', () => {
  const conv = tf.layers.conv2d({ name: 'stem', filters: 2, kernelSize: 1, dataFormat: 'channelsFirst' });
  const made = at(conv, tf.input({ shape: [3, 2, 1] }));
  expect(unitGraph({ x: at(tf.layers.flatten(), made) }).features.x).toEqual(Int32Array.of(0, 0, 1, 1));
  const moved = at(tf.layers.flatten({ dataFormat: 'channelsFirst' }), made);
  expect(unitGraph({ x: moved }).features.x).toEqual(Int32Array.of(0, 1, 0, 1));
});

test('gates of a recurrent layer: a unit once in each block', () => {
  const lstm = tf.layers.lstm({ name: 'reader', units: 2 });
  const graph = unitGraph({ x: at(lstm, at(dense('stem', 1), tf.input({ shape: [3, 4] }))) });
  const gated = [1, 2, 1, 2, 1, 2, 1, 2];
  expect(axesOf(graph, lstm)).toEqual({
    kernel: [
      [0, 'reads', [0]],
      [1, 'makes', gated],
    ],
    recurrent_kernel: [
      [0, 'reads', [1, 2]],
      [1, 'makes', gated],
    ],
    bias: [[0, 'makes', gated]],
  });
});

test('a depthwise convolution keeps the units that it reads, each as many channels as it multiplies by', () => {
  const conv = tf.layers.conv2d({ name: 'stem', filters: 2, kernelSize: 1 });
  const depthwise = tf.layers.depthwiseConv2d({ name: 'apart', kernelSize: 2, depthMultiplier: 2 });
  const graph = unitGraph({ x: at(depthwise, at(conv, tf.input({ shape: [3, 3, 1] }))) });
  expect(groupsOf(graph)).toEqual([{ name: 'stem', layers: ['stem', 'apart'], units: [0, 1], fixed: null }]);
  expect(axesOf(graph, depthwise)).toEqual({
    depthwise_kernel: [[2, 'makes', [0, 1]]],
    bias: [[0, 'makes', [0, 0, 1, 1]]],
  });
  expect(graph.features.x).toEqual(Int32Array.of(0, 0, 1, 1));
});

test('a depthwise convolution makes units of the channels of an image', () => {
  const depthwise = tf.layers.depthwiseConv2d({ name: 'apart', kernelSize: 2 });
  const graph = unitGraph({ x: at(depthwise, tf.input({ shape: [3, 3, 2] })) });
  expect(groupsOf(graph)).toEqual([{ name: 'apart', layers: ['apart'], units: [0, 1], fixed: null }]);
});

test('residual: channels that are added are one unit', () => {
  const [stem, body] = [dense('stem', 2), dense('body', 2)];
  const made = at(stem, tf.input({ shape: [4] }));
  const graph = unitGraph({ x: at(tf.layers.add(), made, at(body, made)) });
  expect(groupsOf(graph)).toEqual([{ name: 'stem', layers: ['stem', 'body'], units: [0, 1], fixed: null }]);
  expect(axesOf(graph, body).kernel).toEqual([
    [0, 'reads', [0, 1]],
    [1, 'makes', [0, 1]],
  ]);
});

test('residual upon a network input: the units are fixed', () => {
  const x = tf.input({ shape: [2] });
  const graph = unitGraph({ x: at(tf.layers.add({ name: 'sum' }), x, at(dense('stem', 2), x)) });
  expect(graph.groups[0]?.fixed).toBe('the layer sum (Add) brings them together with what no layer makes');
  expect(graph.features.x).toEqual(Int32Array.of(0, 1));
});

test('a gate of one weight for each channel is one unit with it; a gate for all channels is fixed', () => {
  const made = at(tf.layers.conv2d({ name: 'stem', filters: 2, kernelSize: 1 }), tf.input({ shape: [3, 3, 1] }));
  const squeezed = at(tf.layers.globalAveragePooling2d({}), made);
  const each = at(tf.layers.multiply(), made, at(dense('excite', 2), squeezed));
  expect(groupsOf(unitGraph({ x: each }))).toMatchObject([{ layers: ['stem', 'excite'], fixed: null }]);
  const all = at(tf.layers.multiply({ name: 'gate' }), made, at(dense('attend', 1), made));
  expect(groupsOf(unitGraph({ x: all }))).toMatchObject([
    { name: 'stem', fixed: null },
    { name: 'attend', fixed: 'one channel meets several in the layer gate (Multiply)' },
  ]);
});

test('concatenated channels keep their units; concatenated positions share them', () => {
  const x = tf.input({ shape: [3, 4] });
  const [a, b] = [at(dense('a', 2), x), at(dense('b', 2), x)];
  const side = unitGraph({ x: at(tf.layers.concatenate(), a, b, x) });
  expect(side.features.x).toEqual(Int32Array.of(0, 1, 2, 3, -1, -1, -1, -1));
  const behind = unitGraph({ x: at(tf.layers.concatenate({ axis: 1 }), a, b) });
  expect(groupsOf(behind)).toEqual([{ name: 'a', layers: ['a', 'b'], units: [0, 1], fixed: null }]);
});

test('a vector cut into positions: what becomes one channel becomes one unit', () => {
  const made = at(dense('stem', 6), tf.input({ shape: [4] }));
  const graph = unitGraph({ x: at(tf.layers.reshape({ targetShape: [3, 2] }), made) });
  expect(graph.features.x).toEqual(Int32Array.of(0, 1));
  expect([...graph.axes.values()].map(([axis]) => [...(axis?.units ?? [])])).toEqual([
    [0, 1, 0, 1, 0, 1],
    [0, 1, 0, 1, 0, 1],
  ]);
});

test('a map whose channels are cut is not followed', () => {
  const made = at(dense('stem', 4), tf.input({ shape: [3, 4] }));
  const graph = unitGraph({ x: at(tf.layers.reshape({ name: 'cut', targetShape: [6, 2] }), made) });
  expect(graph.groups[0]?.fixed).toBe('the layer cut (Reshape) reads them, and is not followed');
  expect(graph.features.x).toEqual(Int32Array.of(-1, -1));
});

test('batch normalisation: each of its weights stands for the units that it scales', () => {
  const norm = tf.layers.batchNormalization();
  const graph = unitGraph({ x: at(norm, at(dense('stem', 2), tf.input({ shape: [4] }))) });
  const own = [[0, 'makes', [0, 1]]];
  expect(axesOf(graph, norm)).toEqual({ gamma: own, beta: own, moving_mean: own, moving_variance: own });
});

describe('fixed:', () => {
  class Mine extends tf.layers.Layer {
    static readonly className = 'Mine';
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return [inputs].flat()[0] as tf.Tensor; // it has one
    }
  }
  const x = () => tf.input({ shape: [3, 4] });
  const stem = (input = x()) => at(dense('stem', 2), input);

  test.each([
    [
      'layer normalisation',
      at(tf.layers.layerNormalization(), stem()),
      'a layer normalisation takes its mean and variance over them',
    ],
    ['a softmax', at(tf.layers.softmax({ axis: -1 }), stem()), 'a softmax mixes them'],
    [
      'a softmax as activation',
      at(dense('stem', 2, { activation: 'softmax' }), x()),
      'the activation softmax mixes them',
    ],
    [
      'a softmax as a layer',
      at(tf.layers.activation({ activation: 'softmax' }), stem()),
      'the activation softmax mixes them',
    ],
    ['masking', at(tf.layers.masking(), stem()), 'a masking layer compares all of them with its value'],
    [
      'dot',
      at(tf.layers.dot({ name: 'dot', axes: 2 }), stem(), at(dense('b', 2), x())),
      'the layer dot (Dot) reads them, and is not followed',
    ],
    [
      'a layer of the user',
      at(new Mine({ name: 'mine' }), stem()),
      'the layer mine (Mine) reads them, and is not followed',
    ],
    [
      'a line with its channels first, which tfjs computes otherwise than it says',
      at(
        tf.layers.conv1d({ name: 'b', filters: 2, kernelSize: 1, dataFormat: 'channelsFirst' }),
        at(tf.layers.permute({ dims: [2, 1] }), stem()),
      ),
      'the layer b (Conv1D) reads them, and is not followed',
    ],
  ])('%s', (_, feature, fixed) => {
    expect(unitGraph({ feature }).groups[0]).toMatchObject({ name: 'stem', fixed });
  });

  test('a layer that is followed at one of its calls and not at another', () => {
    const shared = dense('shared', 2);
    const moved = at(tf.layers.permute({ dims: [2, 1] }), at(dense('b', 4), tf.input({ shape: [4, 3] })));
    const plain = at(dense('a', 4), x());
    const graph = unitGraph({ one: at(shared, plain), other: at(shared, moved) });
    const fixed = 'the layer shared (Dense) reads them, and is not followed';
    expect(groupsOf(graph)).toMatchObject([
      { name: 'a', fixed },
      { name: 'shared', fixed },
      { name: 'b', fixed },
    ]);
  });
});

test('a layer that is called in two places reads one unit where it reads two', () => {
  const x = tf.input({ shape: [4] });
  const shared = dense('shared', 3);
  const graph = unitGraph({ one: at(shared, at(dense('a', 2), x)), other: at(shared, at(dense('b', 2), x)) });
  expect(groupsOf(graph)).toEqual([
    { name: 'a', layers: ['a', 'b'], units: [0, 1], fixed: null },
    { name: 'shared', layers: ['shared'], units: [2, 3, 4], fixed: null },
  ]);
  expect(graph.features).toEqual({ one: Int32Array.of(2, 3, 4), other: Int32Array.of(2, 3, 4) });
});

test('nested models, called twice, make the same units', () => {
  const inner = tf.sequential({ name: 'encoder' });
  inner.add(tf.layers.dense({ name: 'first', units: 2, inputShape: [4] }));
  inner.add(tf.layers.dense({ name: 'second', units: 3 }));
  const features = { one: at(inner, tf.input({ shape: [4] })), other: at(inner, tf.input({ shape: [4] })) };
  const graph = unitGraph(features);
  expect(groupsOf(graph).map(({ name, units }) => [name, units])).toEqual([
    ['encoder/first', [0, 1]],
    ['encoder/second', [2, 3, 4]],
  ]);
  expect(graph.features).toEqual({ one: Int32Array.of(2, 3, 4), other: Int32Array.of(2, 3, 4) });
});

test('a layer at each position is followed inside', () => {
  const layer = tf.layers.conv2d({ name: 'inner', filters: 2, kernelSize: 2 });
  const wrapped = tf.layers.timeDistributed({ name: 'frames', layer });
  const graph = unitGraph({ x: at(wrapped, tf.input({ shape: [3, 4, 4, 1] })) });
  expect(groupsOf(graph)).toEqual([{ name: 'frames/inner', layers: ['frames/inner'], units: [0, 1], fixed: null }]);
  expect(graph.features.x).toEqual(Int32Array.of(0, 1));
});

test('three layers that share units in two steps are one group, at the place of the first', () => {
  const x = tf.input({ shape: [4] });
  const [a, b, c] = [at(dense('a', 2), x), at(dense('b', 2), x), at(dense('c', 4), x)];
  const graph = unitGraph({
    alone: at(dense('d', 1), x),
    x: at(tf.layers.add(), at(tf.layers.concatenate(), a, b), c),
  });
  expect(groupsOf(graph)).toEqual([
    { name: 'd', layers: ['d'], units: [0], fixed: null },
    { name: 'a', layers: ['a', 'b', 'c'], units: [1, 2, 3, 4], fixed: null },
  ]);
});
