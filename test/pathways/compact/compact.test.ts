/** @file Compaction as a verb: what is kept of a model, what is refused, means, and that nothing leaks. */
import { describe, expect, test } from 'vitest';
import { binary, classification, Project, vector } from '../../../src/index.js';
import { unitGraph } from '../../../src/model/units/graph.js';
import { type CompactResult, compact, outputsByPlace } from '../../../src/pathways/compact/compact.js';
import { multiplyAdds } from '../../../src/pathways/compact/multiply-adds.js';
import { tf } from '../../../src/tf.js';
import { numbersFrom, randomiseWeights, randomTensor, run } from '../../support/unit-masks.js';

type Symbol = tf.SymbolicTensor;

const chain = (input: Symbol, ...layers: tf.layers.Layer[]): tf.LayersModel => {
  const output = layers.reduce((x, layer) => layer.apply(x) as Symbol, input); // of one symbolic input
  const model = tf.model({ inputs: input, outputs: output, name: 'chain' });
  randomiseWeights(model, numbersFrom(3));
  return model;
};

const dense = (name: string, units: number, more: Record<string, unknown> = {}) =>
  tf.layers.dense({ name, units, ...more });

function zeroColumn(model: tf.LayersModel, layer: string, column: number): void {
  const one = model.getLayer(layer);
  const [kernel, ...rest] = one.getWeights() as [tf.Tensor, ...tf.Tensor[]]; // its kernel is first
  const line = Array.from({ length: kernel.shape.at(-1) ?? 0 }, (_, i) => (i === column ? 0 : 1));
  one.setWeights([kernel.mul(tf.tensor1d(line)), ...rest]);
}

test('names, settings, frozen layers and constraints are those that the model had', () => {
  const frozen = dense('frozen', 3, {
    activation: 'tanh',
    kernelConstraint: tf.constraints.maxNorm({ maxValue: 0.1 }),
  });
  frozen.trainable = false;
  const model = chain(
    tf.input({ shape: [4], name: 'x' }),
    frozen,
    tf.layers.dropout({ rate: 0.5, name: 'drop' }),
    dense('out', 2, { kernelRegularizer: tf.regularizers.l2({ l2: 0.1 }) }),
  );
  zeroColumn(model, 'frozen', 1);
  const { model: small } = compact(model);
  expect(small.name).toBe('chain');
  expect(small.inputNames).toEqual(['x']);
  expect(small.layers.map(({ name, trainable }) => [name, trainable])).toEqual([
    ['x', false],
    ['frozen', false],
    ['drop', true],
    ['out', true],
  ]);
  expect(small.getLayer('drop').getConfig().rate).toBe(0.5);
  expect(small.getLayer('frozen').getConfig()).toMatchObject({ units: 2, activation: 'tanh' });
  expect(small.getLayer('frozen').getConfig().kernelConstraint).toEqual(frozen.getConfig().kernelConstraint);
  expect(small.getLayer('out').getConfig().kernelRegularizer).toEqual(
    model.getLayer('out').getConfig().kernelRegularizer,
  );
  // A constraint is for training; it does not touch what is moved.
  const kept = frozen.getWeights()[0]?.gather(tf.tensor1d([0, 2], 'int32'), 1);
  expect([...(small.getLayer('frozen').getWeights()[0]?.dataSync() ?? [])]).toEqual([...(kept?.dataSync() ?? [])]);
});

test('the smaller model is apart: training it leaves the model as it was', async () => {
  const model = chain(tf.input({ shape: [4] }), dense('stem', 3), dense('out', 1));
  const before = model.getWeights().map((weight) => [...weight.dataSync()]);
  const { model: small } = compact(model);
  small.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  await small.fit(tf.ones([4, 4]), tf.zeros([4, 1]), { epochs: 1, verbose: 0 });
  expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
  small.dispose();
  expect(run(model, [tf.ones([1, 4])])).toHaveLength(1);
});

test('nothing is left in memory but the weights of the smaller model', () => {
  const model = chain(
    tf.input({ shape: [4, 4, 2] }),
    tf.layers.conv2d({ name: 'stem', filters: 3, kernelSize: 2 }),
    tf.layers.flatten(),
    dense('out', 2),
  );
  zeroColumn(model, 'stem', 0);
  compact(model).model.dispose();
  const before = tf.memory().numTensors;
  const { model: small } = compact(model);
  expect(tf.memory().numTensors - before).toBe(small.weights.length);
  small.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('probes of an embedding are rows of its table', () => {
  const model = chain(
    tf.input({ shape: [5], dtype: 'int32' }),
    tf.layers.embedding({ name: 'table', inputDim: 3, outputDim: 4 }),
    tf.layers.globalAveragePooling1d(),
    dense('out', 2),
  );
  zeroColumn(model, 'table', 2);
  const { report } = compact(model);
  expect(report.units).toEqual({ before: 6, after: 5 });
});

test('an input of any length', () => {
  const model = chain(
    tf.input({ shape: [null, 3] }),
    tf.layers.conv1d({ name: 'stem', filters: 3, kernelSize: 3, padding: 'same' }),
    tf.layers.globalMaxPooling1d(),
    dense('out', 2),
  );
  zeroColumn(model, 'stem', 0);
  const { model: small, report } = compact(model);
  expect(report.units).toEqual({ before: 5, after: 4 });
  expect(small.inputs[0]?.shape).toEqual([null, null, 3]);
});

test('multiply-adds of a convolution, a recurrent layer and layers at each position', () => {
  const x = tf.input({ shape: [5, 5, 2] });
  const conv = tf.layers.conv2d({ name: 'conv', filters: 3, kernelSize: 2, strides: 2 }).apply(x) as Symbol;
  const line = tf.layers.reshape({ targetShape: [4, 3] }).apply(conv) as Symbol;
  const each = tf.layers.timeDistributed({ layer: dense('each', 6) }).apply(line) as Symbol;
  const read = tf.layers.lstm({ name: 'read', units: 2 }).apply(each) as Symbol;
  const counts = multiplyAdds(tf.model({ inputs: x, outputs: dense('out', 3).apply(read) as Symbol }));
  const byName = Object.fromEntries(
    [...counts].filter(([, times]) => times > 0).map(([layer, times]) => [layer.name, times]),
  );
  // Windows of 2·2·2 at 4 places for 3 filters; 3·6 at 4 places; (6 + 2)·4·2 at 4 steps; 2·3.
  expect(byName).toEqual({ conv: 96, each: 72, read: 256, out: 6 });
});

test('the network of a project', () => {
  const project = new Project({
    name: 'small',
    inputs: { x: vector({ size: 4 }) },
    tasks: { a: binary(), b: classification({ classes: ['one', 'two', 'three'] }) },
    backbone: ({ x }) => ({
      features: dense('body', 4, { activation: 'sigmoid' }).apply(
        dense('stem', 5, { activation: 'relu' }).apply(x),
      ) as Symbol,
    }),
  }).flow('full', (task, x) => [task.a(x.features), task.b(x.features)]);
  zeroColumn(project.model, 'stem', 1);
  zeroColumn(project.model, 'body', 2);
  const { model, report } = compact(project.model);
  expect(report.units).toEqual({ before: 13, after: 11 });
  expect(model.outputNames).toEqual(project.model.outputNames);
});

describe('units that are not wanted, by their means', () => {
  const rows = () => randomTensor([64, 4], numbersFrom(9));
  const model = () => chain(tf.input({ shape: [4] }), dense('stem', 6, { activation: 'relu' }), dense('out', 2));
  const keep = [false, true, true, false, true, true, true, true];

  const distance = (a: tf.LayersModel, b: tf.LayersModel): number => {
    const [[x = []], [y = []]] = [run(a, [rows()]), run(b, [rows()])];
    return Math.sqrt(x.reduce((sum, value, i) => sum + (value - (y[i] ?? Number.NaN)) ** 2, 0) / x.length);
  };

  test('of the probes: nearer than without them', () => {
    const whole = model();
    const { model: small, report }: CompactResult = compact(whole, { units: { keep, fold: 'mean' }, probes: [rows()] });
    expect(report.units).toEqual({ before: 8, after: 6 });
    const means = tf.layers.dense({ units: 6, activation: 'relu', weights: whole.getLayer('stem').getWeights() });
    const hidden = (means.apply(rows()) as tf.Tensor).mean(0).dataSync();
    const kernel = whole.getLayer('out').getWeights()[0]?.arraySync() as number[][];
    const old = whole.getLayer('out').getWeights()[1]?.dataSync() ?? [];
    const bias = small.getLayer('out').getWeights()[1]?.dataSync() ?? [];
    for (const j of [0, 1]) {
      const fold = [0, 3].reduce((sum, i) => sum + (hidden[i] ?? 0) * (kernel[i]?.[j] ?? 0), 0);
      expect(bias[j]).toBeCloseTo((old[j] ?? 0) + fold, 4);
    }
    const plain = compact(whole, {
      units: { keep, fold: 'mean', means: { stem: [0, 0, 0, 0, 0, 0] } },
      probes: [rows()],
    });
    expect(distance(whole, small)).toBeLessThan(distance(whole, plain.model));
    expect(report.difference).toBeGreaterThan(0);
  });

  test('given: b_next += W_next[unit] · mean', () => {
    const whole = model();
    const means = { stem: [0.5, 9, 9, -2, 9, 9] };
    const { model: small } = compact(whole, { units: { keep, fold: 'mean', means } });
    const kernel = whole.getLayer('out').getWeights()[0]?.arraySync() as number[][];
    const old = whole.getLayer('out').getWeights()[1]?.dataSync() ?? [];
    const bias = small.getLayer('out').getWeights()[1]?.dataSync() ?? [];
    for (const j of [0, 1]) {
      expect(bias[j]).toBeCloseTo((old[j] ?? 0) + 0.5 * (kernel[0]?.[j] ?? 0) - 2 * (kernel[3]?.[j] ?? 0), 5);
    }
  });

  test('recurrent units stay, by name', () => {
    const whole = chain(tf.input({ shape: [3, 4] }), tf.layers.gru({ name: 'read', units: 2 }), dense('out', 1));
    const { report } = compact(whole, { units: { keep: [false, true, true], fold: 'mean' } });
    expect(report.kept).toEqual([{ group: 'read', units: [0], because: 'the recurrent layer read begins at zero' }]);
  });

  test('every unit kept: the same model', () => {
    const whole = model();
    const { count } = unitGraph(outputsByPlace(whole));
    const { report } = compact(whole, { units: { keep: Array(count).fill(true), fold: 'mean' } });
    expect(report.difference).toBe(0);
    expect(report.parameters.after).toBe(report.parameters.before);
  });
});

describe('refused:', () => {
  const model = () => chain(tf.input({ shape: [4] }), dense('stem', 3), dense('out', 2));
  const refusal = (f: () => unknown) => {
    try {
      f();
    } catch (error) {
      return error;
    }
    throw new Error('nothing was thrown');
  };

  test.each([
    [{ tolerence: 1 }, 'compact.tolerence'],
    [{ tolerance: -1 }, 'compact.tolerance'],
    [{ outputs: 'drop' }, 'compact.outputs'],
    [{ units: 'all' }, 'compact.units'],
    [{ units: { keep: [true], fold: 'mean' } }, 'compact.units.keep'],
    [{ units: { keep: [1, 1, 1, 1, 1], fold: 'mean', means: { stam: [0] } } }, 'compact.units.means.stam'],
    [{ probes: [] }, 'compact.probes'],
  ])('%o', (options, path) => {
    // What does not compile is what is tried.
    expect(refusal(() => compact(model(), options as never))).toMatchObject({ code: 'INVALID_OPTIONS', path });
  });

  class Scaled extends tf.layers.Layer {
    static readonly className = 'Scaled';
    private readonly scale: number;
    constructor(config: { name: string; scale?: number }) {
      super(config);
      this.scale = config.scale ?? 1; // and is not in its configuration
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.mul([inputs].flat()[0] as tf.Tensor, this.scale); // it has one
    }
  }

  class Needy extends tf.layers.Layer {
    static readonly className = 'Needy';
    constructor(config: { name: string; table?: number[] }) {
      super(config);
      if (config.table === undefined) throw new Error('it needs a table');
    }
  }

  test('a layer that forgets what it was: the outputs differ', () => {
    const forgetful = chain(tf.input({ shape: [4] }), dense('stem', 3), new Scaled({ name: 'scaled', scale: 3 }));
    expect(refusal(() => compact(forgetful))).toMatchObject({ code: 'COMPACTION_DIFFERS', path: 'chain' });
  });

  test('a layer that keeps its state: running it would change it', () => {
    const x = tf.input({ batchShape: [2, 3, 4] });
    const stateful = chain(x, tf.layers.gru({ name: 'read', units: 2, stateful: true }), dense('out', 2));
    expect(refusal(() => compact(stateful))).toMatchObject({ code: 'LAYER_NOT_REBUILT', path: 'read' });
  });

  test('a layer that its configuration does not make', () => {
    const needy = chain(tf.input({ shape: [4] }), dense('stem', 3), new Needy({ name: 'needy', table: [1] }));
    expect(refusal(() => compact(needy))).toMatchObject({
      code: 'LAYER_NOT_REBUILT',
      path: 'needy',
      received: 'it needs a table',
    });
  });
});
