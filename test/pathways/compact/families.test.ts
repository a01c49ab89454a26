/** @file What compaction does with each kind of layer: what goes, what stays and why, and that outputs stay as they were. */
import { describe, expect, test } from 'vitest';
import type { LayerVariable } from '../../../src/model/binding.js';
import { layersWithin } from '../../../src/model/layers.js';
import { UnitSlice } from '../../../src/model/unit-slice.js';
import { compact } from '../../../src/pathways/compact/compact.js';
import type { CompactOptions } from '../../../src/pathways/compact/options.js';
import { tf } from '../../../src/tf.js';
import { numbersFrom, randomiseWeights, randomTensor, run } from '../../support/unit-masks.js';

type Symbol = tf.SymbolicTensor;
type Apply = { apply: (input: Symbol | Symbol[]) => unknown };

const at = (layer: Apply, ...inputs: Symbol[]): Symbol =>
  layer.apply(inputs.length === 1 ? (inputs[0] as Symbol) : inputs) as Symbol; // of symbolic inputs

const dense = (name: string, units: number, more: Record<string, unknown> = {}) =>
  tf.layers.dense({ name, units, ...more });
const conv = (name: string, filters: number, more: Record<string, unknown> = {}) =>
  tf.layers.conv2d({ name, filters, kernelSize: 2, ...more });
const flat = (x: Symbol) => at(tf.layers.flatten(), x);
const vector = () => tf.input({ shape: [4] });
const map = () => tf.input({ shape: [4, 4, 2] });

/** Random weights; `change` sets single ones. */
function modelOf(inputs: Symbol | Symbol[], outputs: Symbol | Symbol[]): tf.LayersModel {
  const model = tf.model({ inputs, outputs });
  randomiseWeights(model, numbersFrom(5));
  return model;
}

function weight(model: tf.LayersModel, layer: string, name: string): LayerVariable {
  const variables = layersWithin(model).find((one) => one.name === layer)?.weights as LayerVariable[] | undefined;
  const found = variables?.find((variable) => variable.originalName.split('/').at(-1) === name);
  if (found === undefined) throw new Error(`no ${layer}/${name}`);
  return found;
}

/** Sets all elements at an index of an axis (the last, if not said). */
function set(variable: LayerVariable, index: number, value: number, axis = variable.shape.length - 1): void {
  tf.tidy(() => {
    const shape = variable.shape.map(Number);
    const line = Array.from({ length: shape[axis] ?? 0 }, (_, i) => (i === index ? 1 : 0));
    const here = tf.tensor(
      line,
      shape.map((size, i) => (i === axis ? size : 1)),
    );
    variable.write(variable.read().mul(tf.sub(1, here)).add(here.mul(value)));
  });
}

/** Compacts, and holds the outputs to those before on other rows. */
function compacted(model: tf.LayersModel, options: CompactOptions = {}) {
  const next = numbersFrom(31);
  const result = compact(model, options);
  const rows = model.inputs.map(({ shape }) => randomTensor([3, ...shape.slice(1).map((size) => size ?? 6)], next));
  const [before, after] = [run(model, rows), run(result.model, rows)];
  for (const [i, values] of after.entries()) {
    const width = result.outputs[i]?.left.length ?? 0;
    const old = model.outputs[i]?.shape.at(-1) ?? 1;
    for (const [j, value] of values.entries()) {
      const column = result.outputs[i]?.left[j % width] ?? 0;
      expect(value).toBeCloseTo(before[i]?.[Math.floor(j / width) * old + column] ?? Number.NaN, 4);
    }
  }
  const sizes = Object.fromEntries(result.report.layers.map(({ name, units }) => [name, units.after]));
  return { ...result, sizes, kept: result.report.kept };
}

describe('a channel that is the same for every input', () => {
  test('through batch normalisation, a relu, pooling and flattening', () => {
    const x = map();
    const made = at(tf.layers.batchNormalization({ name: 'norm' }), at(conv('stem', 3), x));
    const pooled = at(tf.layers.averagePooling2d({ poolSize: 2, strides: 1 }), at(tf.layers.reLU(), made));
    const model = modelOf(x, at(dense('out', 2), flat(pooled)));
    set(weight(model, 'stem', 'kernel'), 1, 0);
    const { sizes, kept } = compacted(model);
    expect(sizes).toEqual({ stem: 2, norm: 0, out: 2 });
    expect(kept).toEqual([]);
  });

  test('goes into the bias of a convolution without padding', () => {
    const x = map();
    const model = modelOf(x, flat(at(conv('body', 2), at(conv('stem', 3, { activation: 'sigmoid' }), x))));
    set(weight(model, 'stem', 'kernel'), 0, 0);
    expect(compacted(model).sizes).toEqual({ stem: 2, body: 2 });
  });

  test('stays where a convolution pads it with zeros', () => {
    const x = map();
    const model = modelOf(x, flat(at(conv('body', 2, { padding: 'same' }), at(conv('stem', 3), x))));
    set(weight(model, 'stem', 'kernel'), 0, 0);
    const { sizes, kept } = compacted(model);
    expect(sizes).toEqual({ stem: 3, body: 2 });
    expect(kept).toEqual([{ group: 'stem', units: [0], because: 'the layer body (Conv2D) pads them with zeros' }]);
  });

  test('goes there if it is zero, which needs no bias', () => {
    const x = map();
    const model = modelOf(x, flat(at(conv('body', 2, { padding: 'same', useBias: false }), at(conv('stem', 3), x))));
    set(weight(model, 'stem', 'kernel'), 0, 0);
    set(weight(model, 'stem', 'bias'), 0, 0);
    const { sizes, kept, model: small } = compacted(model);
    expect(sizes).toEqual({ stem: 2, body: 2 });
    expect(kept).toEqual([]);
    expect(small.getLayer('body').getConfig().useBias).toBe(false);
  });

  test('behind padding it differs from position to position: flattened, each goes into the bias', () => {
    const x = map();
    const inner = at(conv('body', 2, { padding: 'same' }), at(conv('stem', 3, { useBias: true }), x));
    const model = modelOf(x, at(dense('out', 2), flat(inner)));
    set(weight(model, 'stem', 'kernel'), 0, 0);
    set(weight(model, 'body', 'kernel'), 1, 0, 2);
    set(weight(model, 'body', 'kernel'), 2, 0, 2);
    // `body` reads the constant alone, and is itself no constant map.
    const { sizes } = compacted(model);
    expect(sizes).toEqual({ stem: 1, body: 1, out: 2 });
  });

  test('makes constants of what reads nothing else: until nothing more goes', () => {
    const x = vector();
    const layers = [dense('a', 3, { activation: 'tanh' }), dense('b', 3, { activation: 'sigmoid' }), dense('c', 2)];
    const model = modelOf(
      x,
      layers.reduce((y, layer) => at(layer, y), x),
    );
    set(weight(model, 'a', 'kernel'), 0, 0);
    tf.tidy(() => {
      const kernel = weight(model, 'b', 'kernel');
      const column = tf.tensor2d([
        [1, 1, 1],
        [1, 0, 1],
        [1, 0, 1],
      ]);
      kernel.write(kernel.read().mul(column));
    });
    expect(compacted(model).sizes).toEqual({ a: 2, b: 2, c: 2 });
  });

  test('goes into the bias of a recurrent layer', () => {
    const x = tf.input({ shape: [3, 4] });
    const gru = tf.layers.gru({ name: 'reader', units: 2, recurrentActivation: 'sigmoid' });
    const model = modelOf(x, at(gru, at(dense('stem', 3, { activation: 'sigmoid' }), x)));
    set(weight(model, 'stem', 'kernel'), 0, 0);
    expect(compacted(model).sizes).toEqual({ stem: 2, reader: 2 });
  });

  test('goes into the bias of a layer at each position', () => {
    const x = tf.input({ shape: [3, 4] });
    const wrapped = tf.layers.timeDistributed({ layer: dense('inner', 2, { useBias: false }) });
    const model = modelOf(x, at(wrapped, at(dense('stem', 3, { activation: 'sigmoid' }), x)));
    set(weight(model, 'stem', 'kernel'), 0, 0);
    expect(compacted(model).sizes).toMatchObject({ stem: 2 });
  });

  test('goes into the bias of a layer whose activation is a softmax', () => {
    const x = vector();
    const model = modelOf(x, at(dense('out', 2, { activation: 'softmax' }), at(dense('stem', 3), x)));
    set(weight(model, 'stem', 'kernel'), 0, 0);
    expect(compacted(model).sizes).toEqual({ stem: 2, out: 2 });
  });

  test('with the channels first', () => {
    const x = tf.input({ shape: [2, 4, 4] });
    const first = { dataFormat: 'channelsFirst', activation: 'sigmoid' };
    const pooled = at(
      tf.layers.maxPooling2d({ poolSize: 2, strides: 1, dataFormat: 'channelsFirst' }),
      at(conv('stem', 3, first), x),
    );
    const model = modelOf(
      x,
      at(tf.layers.globalAveragePooling2d({ dataFormat: 'channelsFirst' }), at(conv('body', 2, first), pooled)),
    );
    set(weight(model, 'stem', 'kernel'), 0, 0);
    expect(compacted(model).sizes).toEqual({ stem: 2, body: 2 });
  });

  test('at one call of a layer and not at another stays', () => {
    const [x, line] = [vector(), tf.input({ shape: [3, 4] })];
    const own = tf.input({ shape: [3] });
    const inner = tf.model({ inputs: own, outputs: at(dense('inner', 2), own), name: 'shared' });
    const one = at(inner, at(dense('a', 3), x));
    const other = at(tf.layers.timeDistributed({ layer: inner }), at(dense('b', 3), line));
    const model = modelOf([x, line], [one, at(tf.layers.globalAveragePooling1d(), other)]);
    set(weight(model, 'a', 'kernel'), 0, 0);
    expect(compacted(model).sizes).toMatchObject({ a: 3, b: 3 });
  });

  test('goes through a separable convolution', () => {
    const x = map();
    const model = modelOf(
      x,
      flat(
        at(
          tf.layers.separableConv2d({ name: 'body', filters: 2, kernelSize: 2, depthMultiplier: 2 }),
          at(conv('stem', 3), x),
        ),
      ),
    );
    set(weight(model, 'stem', 'kernel'), 0, 0);
    expect(compacted(model).sizes).toEqual({ stem: 2, body: 2 });
  });

  test('does not go into transposed windows, which overlap', () => {
    const x = map();
    const body = tf.layers.conv2dTranspose({ name: 'body', filters: 2, kernelSize: 2 });
    const model = modelOf(x, flat(at(body, at(conv('stem', 3), x))));
    set(weight(model, 'stem', 'kernel'), 0, 0);
    expect(compacted(model).kept).toEqual([
      { group: 'stem', units: [0], because: 'the windows of the layer body (Conv2DTranspose) overlap' },
    ]);
  });
});

describe('a channel that nothing reads', () => {
  test('goes, with all that is computed for it alone', () => {
    const x = vector();
    const layers = [dense('a', 3, { activation: 'relu' }), dense('b', 3, { activation: 'relu' }), dense('c', 2)];
    const model = modelOf(
      x,
      layers.reduce((y, layer) => at(layer, y), x),
    );
    set(weight(model, 'c', 'kernel'), 2, 0, 0);
    // What `b` makes of `a` for its other two units is nothing.
    tf.tidy(() => {
      const kernel = weight(model, 'b', 'kernel');
      kernel.write(
        kernel.read().mul(
          tf.tensor2d([
            [0, 0, 1],
            [1, 1, 1],
            [1, 1, 1],
          ]),
        ),
      );
    });
    expect(compacted(model).sizes).toEqual({ a: 2, b: 2, c: 2 });
  });

  test('goes though it reads itself from step to step', () => {
    const x = tf.input({ shape: [3, 4] });
    const model = modelOf(x, at(dense('out', 2), at(tf.layers.lstm({ name: 'reader', units: 3 }), x)));
    set(weight(model, 'out', 'kernel'), 1, 0, 0);
    tf.tidy(() => {
      const recurrent = weight(model, 'reader', 'recurrent_kernel');
      // Unit 1 is read by itself alone: its row is zero but for its own columns.
      const rows = [0, 1, 2].map((i) => Array.from({ length: 12 }, (_, j) => (i !== 1 || j % 3 === 1 ? 1 : 0)));
      recurrent.write(recurrent.read().mul(tf.tensor2d(rows)));
    });
    expect(compacted(model).sizes).toEqual({ reader: 2, out: 2 });
  });

  test('of a residual goes when nothing reads it on either way', () => {
    const x = vector();
    const stem = at(dense('stem', 3, { activation: 'relu' }), x);
    const model = modelOf(x, at(dense('out', 2), at(tf.layers.add(), stem, at(dense('body', 3), stem))));
    set(weight(model, 'out', 'kernel'), 1, 0, 0);
    const first = compacted(model);
    expect(first.sizes).toEqual({ stem: 3, body: 3, out: 2 });
    set(weight(model, 'body', 'kernel'), 1, 0, 0);
    expect(compacted(model).sizes).toEqual({ stem: 2, body: 2, out: 2 });
  });
});

test('constants that are added go as their sum; what is constant on one way alone stays', () => {
  const x = vector();
  const [a, b] = [at(dense('a', 3, { activation: 'sigmoid' }), x), at(dense('b', 3, { activation: 'tanh' }), x)];
  const model = modelOf(x, at(dense('out', 2), at(tf.layers.add(), a, b)));
  set(weight(model, 'a', 'kernel'), 0, 0);
  expect(compacted(model).sizes).toEqual({ a: 3, b: 3, out: 2 });
  set(weight(model, 'b', 'kernel'), 0, 0);
  expect(compacted(model).sizes).toEqual({ a: 2, b: 2, out: 2 });
});

test('zero times anything is zero', () => {
  const x = map();
  const made = at(conv('stem', 3, { activation: 'relu' }), x);
  const gate = at(dense('gate', 3, { activation: 'sigmoid' }), at(tf.layers.globalAveragePooling2d({}), made));
  const model = modelOf(x, at(dense('out', 2), flat(at(tf.layers.multiply(), made, gate))));
  for (const name of ['kernel', 'bias']) set(weight(model, 'stem', name), 1, 0);
  expect(compacted(model).sizes).toEqual({ stem: 2, gate: 2, out: 2 });
});

test('beside a network input in a concatenation', () => {
  const x = vector();
  const model = modelOf(x, at(dense('out', 2), at(tf.layers.concatenate(), x, at(dense('stem', 3), x))));
  set(weight(model, 'stem', 'kernel'), 2, 0);
  expect(compacted(model).sizes).toEqual({ stem: 2, out: 2 });
});

test('depthwise: the channel goes from both convolutions', () => {
  const x = map();
  const depthwise = tf.layers.depthwiseConv2d({ name: 'apart', kernelSize: 2, depthMultiplier: 2, activation: 'tanh' });
  const model = modelOf(x, at(dense('out', 2), flat(at(depthwise, at(conv('stem', 3), x)))));
  set(weight(model, 'stem', 'kernel'), 0, 0);
  expect(compacted(model).sizes).toEqual({ stem: 2, apart: 2, out: 2 });
  const onImage = modelOf(
    x,
    at(dense('end', 2), flat(at(tf.layers.depthwiseConv2d({ name: 'first', kernelSize: 2 }), x))),
  );
  set(weight(onImage, 'first', 'depthwise_kernel'), 0, 0, 2);
  expect(compacted(onImage).kept).toEqual([
    { group: 'first', units: [0], because: 'the layer first (DepthwiseConv2D) makes as many as it reads' },
  ]);
});

test('a vector cut into positions', () => {
  const x = vector();
  const cut = at(tf.layers.reshape({ targetShape: [3, 2] }), at(dense('stem', 6), x));
  const model = modelOf(x, flat(at(tf.layers.conv1d({ name: 'out', filters: 2, kernelSize: 2 }), cut)));
  set(weight(model, 'out', 'kernel'), 0, 0, 1);
  expect(compacted(model).sizes).toEqual({ stem: 3, out: 2 });
});

test('nested models and layers that are called twice', () => {
  const [a, b] = [vector(), vector()];
  const inner = tf.sequential({ name: 'encoder' });
  inner.add(tf.layers.dense({ name: 'first', units: 3, inputShape: [3], activation: 'sigmoid' }));
  inner.add(tf.layers.dense({ name: 'second', units: 3, activation: 'tanh' }));
  const stem = dense('stem', 3);
  const both = [at(inner, at(stem, a)), at(inner, at(stem, b))];
  const model = modelOf([a, b], at(dense('out', 2), at(tf.layers.add(), ...both)));
  set(weight(model, 'first', 'kernel'), 0, 0);
  set(weight(model, 'first', 'kernel'), 1, 0, 0);
  set(weight(model, 'out', 'kernel'), 2, 0, 0);
  const { model: small, sizes } = compacted(model);
  expect(sizes).toEqual({ stem: 2, 'encoder/first': 2, 'encoder/second': 2, out: 2 });
  expect(small.layers.filter(({ name }) => name === 'stem')).toHaveLength(1);
});

test('a recurrent layer that begins with a state of units', () => {
  const [x, line] = [vector(), tf.input({ shape: [3, 4] })];
  const begin = at(dense('begin', 3), x);
  const model = modelOf([line, x], at(dense('out', 2), at(tf.layers.gru({ name: 'reader', units: 3 }), line, begin)));
  set(weight(model, 'out', 'kernel'), 1, 0, 0);
  set(weight(model, 'reader', 'recurrent_kernel'), 1, 0, 0);
  expect(compacted(model).sizes).toEqual({ begin: 2, reader: 2, out: 2 });
});

describe('stays, by name:', () => {
  class Doubled extends tf.layers.Layer {
    static readonly className = 'Doubled';
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.mul([inputs].flat()[0] as tf.Tensor, 2); // it has one
    }
  }
  tf.serialization.registerClass(Doubled);

  test('what a layer of the user reads', () => {
    const x = vector();
    const model = modelOf(x, at(dense('out', 2), at(new Doubled({ name: 'twice' }), at(dense('stem', 3), x))));
    set(weight(model, 'stem', 'kernel'), 0, 0);
    const { sizes, kept } = compacted(model);
    expect(sizes).toEqual({ stem: 3, out: 2 });
    expect(kept).toEqual([
      { group: 'stem', units: [0, 1, 2], because: 'the layer twice (Doubled) reads them, and is not followed' },
    ]);
  });

  test('what a layer normalisation takes its mean over', () => {
    const x = vector();
    const model = modelOf(
      x,
      at(dense('out', 2), at(tf.layers.layerNormalization({ name: 'norm' }), at(dense('stem', 3), x))),
    );
    set(weight(model, 'out', 'kernel'), 0, 0, 0);
    expect(compacted(model).kept[0]?.because).toBe('a layer normalisation takes its mean and variance over them');
  });

  test('units of a bidirectional layer; what it reads goes if it reads nothing', () => {
    const x = tf.input({ shape: [3, 4] });
    const layer = tf.layers.bidirectional({
      name: 'both',
      layer: tf.layers.gru({ name: 'inner', units: 2 }) as tf.RNN,
      mergeMode: 'concat',
    });
    const model = modelOf(x, at(dense('out', 2), at(layer, at(dense('stem', 3), x))));
    set(weight(model, 'out', 'kernel'), 0, 0, 0);
    for (const direction of ['forward', 'backward']) {
      for (const variable of layersWithin(model)
        .find(({ name }) => name.startsWith(`${direction}_`))
        ?.weights.slice(0, 1) ?? []) {
        set(variable as LayerVariable, 1, 0, 0);
      }
    }
    const forward = layersWithin(model).find(({ name }) => name.startsWith('forward_'));
    set(forward?.weights[1] as LayerVariable, 0, 0, 0);
    const { sizes, kept } = compacted(model);
    expect(sizes).toMatchObject({ stem: 2, out: 2 });
    expect(kept).toEqual([
      { group: 'both/forward', units: [3], because: 'both directions of a bidirectional layer have the same units' },
    ]);
  });

  test('the last unit of a layer', () => {
    const x = vector();
    const model = modelOf(x, at(dense('out', 2), at(dense('stem', 3), x)));
    for (const unit of [0, 1, 2]) set(weight(model, 'stem', 'kernel'), unit, 0);
    const { sizes, kept } = compacted(model);
    expect(sizes).toEqual({ stem: 1, out: 2 });
    expect(kept).toContainEqual({ group: 'stem', units: [0], because: 'a layer makes one unit at least' });
  });

  test('what a slice cuts by number', () => {
    const x = vector();
    const made = at(dense('heads', 4), x);
    const outputs = [
      at(new UnitSlice({ name: 'a', start: 0, units: 1 }), made),
      at(new UnitSlice({ name: 'b', start: 1, units: 3 }), made),
    ];
    expect(compacted(modelOf(x, outputs), { outputs: 'shrink' }).sizes).toEqual({ heads: 4 });
  });
});

describe('outputs', () => {
  const model = (): tf.LayersModel => {
    const x = vector();
    const features = at(dense('body', 3, { activation: 'sigmoid' }), at(dense('stem', 3), x));
    const built = modelOf(x, features);
    set(weight(built, 'body', 'kernel'), 1, 0);
    return built;
  };

  test('keep their width', () => {
    const { model: small, outputs, kept } = compacted(model());
    expect(small.outputs[0]?.shape).toEqual([null, 3]);
    expect(outputs).toEqual([{ left: Int32Array.of(0, 1, 2), gone: new Int32Array(), values: new Float32Array() }]);
    expect(kept).toEqual([{ group: 'body', units: [4], because: 'an output has them' }]);
  });

  test('or shrink: which channels are left, and what the others always were', () => {
    const before = model();
    const bias = weight(before, 'body', 'bias').read().dataSync()[1] ?? 0;
    const { model: small, outputs, kept } = compacted(before, { outputs: 'shrink' });
    expect(small.outputs[0]?.shape).toEqual([null, 2]);
    expect(kept).toEqual([]);
    expect(outputs[0]).toMatchObject({ left: Int32Array.of(0, 2), gone: Int32Array.of(1) });
    expect(outputs[0]?.values[0]).toBeCloseTo(1 / (1 + Math.exp(-bias)), 6);
  });
});
