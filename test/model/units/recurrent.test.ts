/** @file Recurrent layers beside smaller ones of the units that are left, which tfjs's layout of gates is written out for. */
import { describe, expect, test } from 'vitest';
import { unitGraph } from '../../../src/model/units/graph.js';
import { tf } from '../../../src/tf.js';
import { modelOf, numbersFrom, randomiseWeights, randomTensor, run, runMasked } from '../../support/unit-masks.js';

type Symbol = tf.SymbolicTensor;

const UNITS = 3;

interface Recurrent {
  readonly input: readonly number[];
  readonly gates: number;
  readonly make: (units: number) => tf.layers.Layer;
}

const unrolled = { recurrentActivation: 'sigmoid', returnSequences: true } as const;
const layers: Readonly<Record<string, Recurrent>> = {
  SimpleRNN: { input: [4, 2], gates: 1, make: (units) => tf.layers.simpleRNN({ units, returnSequences: true }) },
  GRU: { input: [4, 2], gates: 3, make: (units) => tf.layers.gru({ units, ...unrolled }) },
  LSTM: { input: [4, 2], gates: 4, make: (units) => tf.layers.lstm({ units, ...unrolled }) },
  'LSTM backwards': { input: [4, 2], gates: 4, make: (units) => tf.layers.lstm({ units, goBackwards: true }) },
  'RNN of a cell': { input: [4, 2], gates: 3, make: (units) => tf.layers.rnn({ cell: tf.layers.gruCell({ units }) }) },
  ConvLSTM2D: {
    input: [2, 4, 4, 2],
    gates: 4,
    make: (filters) => tf.layers.convLstm2d({ filters, kernelSize: 2, returnSequences: true }),
  },
};

/** The weights of a layer of `UNITS` units, without those of one. */
function without(unit: number, gates: number, weights: readonly tf.Tensor[]): tf.Tensor[] {
  const left = [0, 1, 2].filter((i) => i !== unit);
  const columns = Array.from({ length: gates }, (_, gate) => left.map((i) => gate * UNITS + i)).flat();
  const [kernel, recurrent, bias] = weights as [tf.Tensor, tf.Tensor, tf.Tensor]; // what these layers hold
  const last = kernel.rank - 1;
  return [
    kernel.gather(tf.tensor1d(columns, 'int32'), last),
    recurrent.gather(tf.tensor1d(left, 'int32'), last - 1).gather(tf.tensor1d(columns, 'int32'), last),
    bias.gather(tf.tensor1d(columns, 'int32')),
  ];
}

describe('a recurrent layer masked by its unit graph is the smaller layer', () => {
  for (const [name, { input, gates, make }] of Object.entries(layers)) {
    test(name, () => {
      tf.tidy(() => {
        const next = numbersFrom(11);
        const x = tf.input({ shape: [...input] });
        const layer = make(UNITS);
        const features = { features: layer.apply(x) as Symbol };
        const model = modelOf(features);
        randomiseWeights(model, next);
        const graph = unitGraph(features);
        expect(graph.groups).toMatchObject([{ fixed: null, units: Int32Array.of(0, 1, 2) }]);
        expect(graph.features.features).toEqual(Int32Array.of(0, 1, 2));
        const rows = randomTensor([2, ...input], next);
        for (const unit of [0, 1, 2]) {
          const smaller = make(UNITS - 1);
          const reduced = modelOf({ features: smaller.apply(tf.input({ shape: [...input] })) as Symbol });
          reduced.setWeights(without(unit, gates, layer.getWeights()));
          const kept = [0, 1, 2].map((i) => i !== unit);
          const [found = []] = runMasked(model, graph, kept, [rows], { fill: 'zero', next });
          const [expected = []] = run(reduced, [rows]);
          const left = found.filter((_, i) => i % UNITS !== unit);
          expect(left).toHaveLength(expected.length);
          for (const [i, value] of left.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 5);
        }
      });
    });
  }
});

test('both directions of a bidirectional layer make units of their own, side by side', () => {
  const x = tf.input({ shape: [4, 2] });
  const layer = tf.layers.bidirectional({
    name: 'reader',
    layer: tf.layers.gru({ units: 2, returnSequences: true }) as tf.RNN,
    mergeMode: 'concat',
  });
  const graph = unitGraph({ features: layer.apply(x) as Symbol });
  expect(graph.groups.map(({ name, units }) => [name, [...units]])).toEqual([
    ['reader/forward', [0, 1]],
    ['reader/backward', [2, 3]],
  ]);
  expect(graph.features.features).toEqual(Int32Array.of(0, 1, 2, 3));
});

test('directions that are added make the same units', () => {
  const x = tf.input({ shape: [4, 2] });
  const layer = tf.layers.bidirectional({
    name: 'reader',
    layer: tf.layers.lstm({ units: 2 }) as tf.RNN,
    mergeMode: 'sum',
  });
  const graph = unitGraph({ features: layer.apply(x) as Symbol });
  expect(graph.groups).toMatchObject([{ name: 'reader/forward', layers: ['reader/forward', 'reader/backward'] }]);
  expect(graph.count).toBe(2);
});

test('each cell of a stack makes units that the next reads', () => {
  const cells = [tf.layers.lstmCell({ units: 2 }), tf.layers.gruCell({ units: 3 })] as tf.RNN['cell'][];
  const layer = tf.layers.rnn({ name: 'stack', cell: cells, returnSequences: true });
  const graph = unitGraph({ features: layer.apply(tf.input({ shape: [4, 2] })) as Symbol });
  expect(graph.groups.map(({ name, units }) => [name, units.length])).toEqual([
    ['stack/cell.1', 2],
    ['stack/cell.2', 3],
  ]);
  expect(graph.features.features).toEqual(Int32Array.of(2, 3, 4));
});

test('what a state begins with is the state', () => {
  const x = tf.input({ shape: [4, 2] });
  const begin = tf.layers.dense({ name: 'begin', units: 3 }).apply(tf.input({ shape: [5] })) as Symbol;
  const layer = tf.layers.gru({ name: 'reader', units: 3 });
  const graph = unitGraph({ features: layer.apply([x, begin]) as Symbol });
  expect(graph.groups).toMatchObject([{ layers: ['begin', 'reader'], fixed: null }]);
  expect(graph.count).toBe(3);
});

test('a state from outside fixes its units', () => {
  const layer = tf.layers.gru({ name: 'reader', units: 3 });
  const symbols = [tf.input({ shape: [4, 2] }), tf.input({ shape: [3] })];
  const graph = unitGraph({ features: layer.apply(symbols) as Symbol });
  expect(graph.groups[0]?.fixed).toBe('the layer reader begins with a state that no layer makes');
});
