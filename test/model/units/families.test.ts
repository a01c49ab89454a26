/**
 * @file Each kind of layer beside brute force: a network masked by the axes of its unit graph gives what the plain one
 * gives when the channel is multiplied by zero where it is read.
 */
import { describe, expect, test } from 'vitest';
import { DropConnectDense } from '../../../src/model/masked/drop-connect-dense.js';
import { unitGraph } from '../../../src/model/units/graph.js';
import { tf } from '../../../src/tf.js';
import {
  ChannelMask,
  modelOf,
  numbersFrom,
  randomiseWeights,
  randomTensor,
  run,
  runMasked,
} from '../../support/unit-masks.js';

type Symbol = tf.SymbolicTensor;
type Apply = { apply: (input: Symbol | Symbol[]) => unknown };

const at = (layer: Apply, ...inputs: Symbol[]): Symbol =>
  layer.apply(inputs.length === 1 ? (inputs[0] as Symbol) : inputs) as Symbol; // of symbolic inputs

interface Family {
  readonly input: readonly number[];
  /** How many units the layer `made` makes, in order of channels. */
  readonly units: number;
  /** Makes units with the layer `made`; `mask` stands where they are read, with how often each channel is repeated. */
  readonly build: (x: Symbol, mask: (x: Symbol) => Symbol) => Symbol;
}

const vector = [5];
const line = [6, 3];
const map = [4, 4, 2];
const relu = 'relu' as const;

const readDense = (x: Symbol) => at(tf.layers.dense({ units: 3, activation: 'tanh' }), x);
const readFlat = (x: Symbol) => readDense(at(tf.layers.flatten(), x));
const conv = (filters: number) => tf.layers.conv2d({ name: 'made', filters, kernelSize: 2, activation: 'sigmoid' });

const families: Readonly<Record<string, Family>> = {
  'dense to dense': {
    input: vector,
    units: 4,
    build: (x, mask) => readDense(mask(at(tf.layers.dense({ name: 'made', units: 4, activation: 'sigmoid' }), x))),
  },
  'drop-connect, which drops nothing in inference': {
    input: vector,
    units: 4,
    build: (x, mask) => readDense(mask(at(new DropConnectDense({ name: 'made', units: 4, rate: 0.5 }), x))),
  },
  'dense without bias': {
    input: vector,
    units: 4,
    build: (x, mask) => readDense(mask(at(tf.layers.dense({ name: 'made', units: 4, useBias: false }), x))),
  },
  'dense at each position': {
    input: line,
    units: 4,
    build: (x, mask) => readFlat(mask(at(tf.layers.dense({ name: 'made', units: 4, activation: 'sigmoid' }), x))),
  },
  'conv1d to conv1d': {
    input: line,
    units: 4,
    build: (x, mask) => {
      const made = at(tf.layers.conv1d({ name: 'made', filters: 4, kernelSize: 2, activation: 'sigmoid' }), x);
      return readFlat(at(tf.layers.conv1d({ filters: 3, kernelSize: 2, padding: 'same' }), mask(made)));
    },
  },
  'conv2d, batch normalisation, pooling, conv2d': {
    input: map,
    units: 4,
    build: (x, mask) => {
      const made = at(tf.layers.batchNormalization(), at(conv(4), x));
      const pooled = at(tf.layers.maxPooling2d({ poolSize: 2, strides: 1 }), at(tf.layers.reLU(), made));
      return readFlat(at(tf.layers.conv2d({ filters: 3, kernelSize: 2, padding: 'same' }), mask(pooled)));
    },
  },
  'conv2d, flattened': { input: map, units: 4, build: (x, mask) => readFlat(mask(at(conv(4), x))) },
  'conv2d with channels first, flattened': {
    input: [2, 4, 4],
    units: 4,
    build: (x, mask) => {
      const dataFormat = 'channelsFirst' as const;
      const made = at(tf.layers.conv2d({ name: 'made', filters: 4, kernelSize: 2, dataFormat }), x);
      const last = mask(at(tf.layers.permute({ dims: [2, 3, 1] }), made));
      const pooled = at(
        tf.layers.averagePooling2d({ poolSize: 2, strides: 1, dataFormat }),
        at(tf.layers.permute({ dims: [3, 1, 2] }), last),
      );
      return readDense(at(tf.layers.flatten(), pooled));
    },
  },
  'conv3d to conv3d': {
    input: [3, 3, 3, 2],
    units: 3,
    build: (x, mask) => {
      const made = at(tf.layers.conv3d({ name: 'made', filters: 3, kernelSize: 2, activation: relu }), x);
      return readFlat(at(tf.layers.conv3d({ filters: 2, kernelSize: 2 }), mask(made)));
    },
  },
  'transposed convolutions': {
    input: map,
    units: 3,
    build: (x, mask) => {
      const made = at(tf.layers.conv2dTranspose({ name: 'made', filters: 3, kernelSize: 2 }), x);
      return readFlat(at(tf.layers.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2 }), mask(made)));
    },
  },
  'transposed convolutions in space': {
    input: [2, 2, 2, 2],
    units: 3,
    build: (x, mask) => {
      const made = at(tf.layers.conv3dTranspose({ name: 'made', filters: 3, kernelSize: 2 }), x);
      return readFlat(at(tf.layers.conv3dTranspose({ filters: 2, kernelSize: 2 }), mask(made)));
    },
  },
  'depthwise convolution between two': {
    input: map,
    units: 3,
    build: (x, mask) => {
      const depthwise = at(tf.layers.depthwiseConv2d({ kernelSize: 2, activation: 'sigmoid' }), at(conv(3), x));
      return readFlat(at(tf.layers.conv2d({ filters: 2, kernelSize: 1 }), mask(depthwise)));
    },
  },
  'separable convolution': {
    input: map,
    units: 3,
    build: (x, mask) => {
      const read = tf.layers.separableConv2d({ filters: 2, kernelSize: 2, depthMultiplier: 2 });
      return readFlat(at(read, mask(at(conv(3), x))));
    },
  },
  'made by a separable convolution': {
    input: map,
    units: 3,
    build: (x, mask) => readFlat(mask(at(tf.layers.separableConv2d({ name: 'made', filters: 3, kernelSize: 2 }), x))),
  },
  'embedding to dense': {
    input: [4],
    units: 3,
    build: (x, mask) => readFlat(mask(at(tf.layers.embedding({ name: 'made', inputDim: 7, outputDim: 3 }), x))),
  },
  'global pooling': {
    input: map,
    units: 4,
    build: (x, mask) => readDense(mask(at(tf.layers.globalAveragePooling2d({}), at(conv(4), x)))),
  },
  'global pooling of a line': {
    input: line,
    units: 4,
    build: (x, mask) =>
      readDense(mask(at(tf.layers.globalMaxPooling1d(), at(tf.layers.dense({ name: 'made', units: 4 }), x)))),
  },
  'padding, cropping, upsampling': {
    input: map,
    units: 3,
    build: (x, mask) => {
      const padded = at(tf.layers.zeroPadding2d({ padding: 1 }), mask(at(conv(3), x)));
      return readFlat(
        at(
          tf.layers.cropping2D({
            cropping: [
              [1, 0],
              [0, 1],
            ],
          }),
          at(tf.layers.upSampling2d({ size: [2, 2] }), padded),
        ),
      );
    },
  },
  'slopes of a PReLU': {
    input: map,
    units: 3,
    build: (x, mask) => readFlat(mask(at(tf.layers.prelu(), at(conv(3), x)))),
  },
  'shared slopes of a PReLU': {
    input: map,
    units: 3,
    build: (x, mask) => readFlat(mask(at(tf.layers.prelu({ sharedAxes: [1, 2] }), at(conv(3), x)))),
  },
  'repeated vector': {
    input: vector,
    units: 3,
    build: (x, mask) =>
      readFlat(mask(at(tf.layers.repeatVector({ n: 2 }), at(tf.layers.dense({ name: 'made', units: 3 }), x)))),
  },
  'permuted positions': {
    input: map,
    units: 3,
    build: (x, mask) => readFlat(mask(at(tf.layers.permute({ dims: [2, 1, 3] }), at(conv(3), x)))),
  },
  'reshaped with the channels last': {
    input: map,
    units: 3,
    build: (x, mask) => readFlat(mask(at(tf.layers.reshape({ targetShape: [9, 3] }), at(conv(3), x)))),
  },
  'normalisation of positions': {
    input: line,
    units: 3,
    build: (x, mask) =>
      readFlat(mask(at(tf.layers.layerNormalization({ axis: 1 }), at(tf.layers.dense({ name: 'made', units: 3 }), x)))),
  },
  'a nested model': {
    input: vector,
    units: 3,
    build: (x, mask) => {
      const inner = tf.sequential({ name: 'inner' });
      inner.add(tf.layers.dense({ units: 4, inputShape: [5], activation: 'tanh' }));
      inner.add(tf.layers.dense({ name: 'made', units: 3, activation: 'sigmoid' }));
      return readDense(mask(at(inner, x)));
    },
  },
};

describe('a network masked by the axes of its unit graph', () => {
  for (const [name, { input, units, build }] of Object.entries(families)) {
    test(name, () => {
      tf.tidy(() => {
        const next = numbersFrom(7);
        const graphOf = (mask: (x: Symbol) => Symbol) => {
          const features = { features: build(tf.input({ shape: [...input] }), mask) };
          return { features, model: modelOf(features) };
        };
        const plain = graphOf((x) => x);
        randomiseWeights(plain.model, next);
        const graph = unitGraph(plain.features);
        const group = graph.groups.find(({ layers }) => layers.some((layer) => layer.endsWith('made')));
        expect(group?.fixed).toBe(null);
        expect(group?.units).toHaveLength(units);
        const rows = name.startsWith('embedding')
          ? tf.tensor2d([
              [0, 1, 2, 3],
              [4, 5, 6, 0],
            ])
          : randomTensor([2, ...input], next);
        const whole = run(plain.model, [rows]).flat();
        let furthest = 0;
        for (const [channel, removed] of [...(group?.units ?? [])].entries()) {
          const line = Array.from({ length: units }, (_, i) => (i === channel ? 0 : 1));
          const brute = graphOf((x) => at(new ChannelMask(line), x));
          brute.model.setWeights(plain.model.getWeights());
          const kept = Array.from({ length: graph.count }, (_, unit) => unit !== removed);
          const expected = run(brute.model, [rows]).flat();
          const found = runMasked(plain.model, graph, kept, [rows], { fill: 'zero', next }).flat();
          expect(distance(found, expected)).toBeLessThan(1e-5);
          furthest = Math.max(furthest, distance(expected, whole));
        }
        expect(furthest).toBeGreaterThan(1e-3);
      });
    });
  }
});

function distance(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
}
