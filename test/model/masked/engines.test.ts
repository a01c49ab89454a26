/** @file The same training steps of masked and Multi layers on every engine. */
import { expect, test } from 'vitest';
import { optimise } from '../../../src/engine/onnx/passes/index.js';
import { traceStep } from '../../../src/engine/onnx/trace.js';
import { createEngine, type EngineName } from '../../../src/engine/select.js';
import { MaskedConv1D } from '../../../src/model/masked/masked-conv1d.js';
import { MaskedConv2D } from '../../../src/model/masked/masked-conv2d.js';
import { MaskedConv2DTranspose } from '../../../src/model/masked/masked-conv2d-transpose.js';
import { MaskedConv3D } from '../../../src/model/masked/masked-conv3d.js';
import { MaskedDense } from '../../../src/model/masked/masked-dense.js';
import { MaskedDepthwiseConv2D } from '../../../src/model/masked/masked-depthwise-conv2d.js';
import { MaskedMultiHeadAttention } from '../../../src/model/masked/masked-multi-head-attention.js';
import { MaskedTransformerDecoderLayer } from '../../../src/model/masked/masked-transformer-decoder-layer.js';
import { MaskedTransformerEncoderLayer } from '../../../src/model/masked/masked-transformer-encoder-layer.js';
import { MultiMaskedConv2D } from '../../../src/model/masked/multi-masked-conv2d.js';
import { MultiMaskedConv3D } from '../../../src/model/masked/multi-masked-conv3d.js';
import { MultiMaskedDense } from '../../../src/model/masked/multi-masked-dense.js';
import { MultiMaxPool2D } from '../../../src/model/masked/multi-max-pool2d.js';
import { MultitaskNormalization } from '../../../src/model/masked/multitask-normalization.js';
import { PositionalEncoding } from '../../../src/model/masked/positional-encoding.js';
import { SelectorLayer } from '../../../src/model/masked/selector-layer.js';
import { SumLayer } from '../../../src/model/masked/sum-layer.js';
import { tf } from '../../../src/tf.js';
import { type LayerCase, picture, type Symbolic, sequence, solid, vector } from '../../engine/onnx/layer-cases.js';
import { trainedModel } from '../../engine/onnx/layer-step.js';

const applied = (layer: tf.layers.Layer, x: Symbolic | Symbolic[]) => layer.apply(x) as Symbolic; // one output
const several = (layer: tf.layers.Layer, x: Symbolic[]) => [layer.apply(x)].flat() as Symbolic[]; // of symbolic inputs
const head = (x: Symbolic) => applied(tf.layers.dense({ units: 2 }), x);
const one = (make: () => tf.layers.Layer) => (x: Symbolic) => head(applied(make(), applied(tf.layers.prelu(), x)));
/** Two tasks that read one layer; their results are added. */
const two =
  (...makes: (() => tf.layers.Layer)[]) =>
  (x: Symbolic) => {
    const shared = applied(tf.layers.prelu(), x);
    return head(
      applied(
        new SumLayer(),
        makes.reduce((list, make) => several(make(), list), [shared, shared]),
      ),
    );
  };

const transformer = { numHeads: 2, feedForwardSize: 5, dropout: 0 } as const;
const cases: Readonly<Record<string, readonly [LayerCase['input'], LayerCase['build']]>> = {
  MaskedDense: [vector, one(() => new MaskedDense({ units: 3, activation: 'tanh', kernelRegularizer: 'l1l2' }))],
  'MaskedDense of a sequence': [sequence, one(() => new MaskedDense({ units: 3, activation: 'relu' }))],
  MaskedConv1D: [sequence, one(() => new MaskedConv1D({ filters: 3, dilationRate: 2 }))],
  MaskedConv2D: [picture, one(() => new MaskedConv2D({ filters: 2, strides: 2, activation: 'relu' }))],
  'MaskedConv2D, dilated': [picture, one(() => new MaskedConv2D({ filters: 2, dilationRate: 2 }))],
  MaskedConv3D: [solid, one(() => new MaskedConv3D({ filters: 2, kernelSize: 2 }))],
  MaskedConv2DTranspose: [picture, one(() => new MaskedConv2DTranspose({ filters: 2, strides: 2 }))],
  MaskedDepthwiseConv2D: [picture, one(() => new MaskedDepthwiseConv2D({ depthMultiplier: 2 }))],
  MultiMaskedDense: [vector, two(() => new MultiMaskedDense({ units: 3, activation: 'tanh' }))],
  'Multi layers behind one another': [
    picture,
    two(
      () => new MultiMaskedConv2D({ filters: 2, activation: 'relu' }),
      () => new MultiMaxPool2D({ strides: 2 }),
    ),
  ],
  MultiMaskedConv3D: [solid, two(() => new MultiMaskedConv3D({ filters: 2, kernelSize: 2 }))],
  'MultitaskNormalization and SelectorLayer': [
    vector,
    (x) => {
      const tasks = several(new MultiMaskedDense({ units: 3, activation: 'sigmoid' }), [x, x]);
      return head(applied(new SelectorLayer({ index: 1 }), several(new MultitaskNormalization(), tasks)));
    },
  ],
  MaskedMultiHeadAttention: [sequence, one(() => new MaskedMultiHeadAttention({ numHeads: 2, causal: true }))],
  MaskedTransformerEncoderLayer: [sequence, one(() => new MaskedTransformerEncoderLayer(transformer))],
  'MaskedTransformerEncoderLayer, normFirst': [
    sequence,
    one(() => new MaskedTransformerEncoderLayer({ ...transformer, normFirst: true })),
  ],
  'MaskedTransformerDecoderLayer behind PositionalEncoding': [
    sequence,
    (x) => {
      const target = applied(new PositionalEncoding({ dropout: 0 }), x);
      return head(applied(new MaskedTransformerDecoderLayer({ ...transformer, causal: true }), [target, x]));
    },
  ],
};

async function losses(name: EngineName, [input, build]: (typeof cases)[string]): Promise<number[]> {
  await tf.setBackend('cpu');
  const made = trainedModel({ name: 'masked', input, build }, 3, 5);
  const engine = await createEngine(name);
  const compiled = engine.compile(made.step);
  const state = await engine.createState(made.state);
  const seen: number[] = [];
  for (let counter = 0; counter < 5; counter++) {
    const outputs = await compiled.run(state, { x: made.input }, { seed: 1, counter });
    seen.push(Number(outputs.loss?.data[0]));
  }
  compiled.dispose();
  state.dispose();
  made.model.dispose();
  return seen;
}

test.each(Object.entries(cases))('%s trains alike on every engine', async (_, kase) => {
  const expected = await losses('cpu', kase);
  expect(new Set(expected).size).toBe(5);
  for (const engine of ['onnx', 'wasm'] as const) {
    const received = await losses(engine, kase);
    const worst = Math.max(...expected.map((loss, i) => Math.abs(Number(received[i]) - loss) / Math.abs(loss)));
    expect([engine, received, expected, worst < 1e-4]).toEqual([engine, received, expected, true]);
  }
});

test('a compiled step computes each task once, though tfjs calls a layer once for each of its outputs', () => {
  const products = (tasks: number): number => {
    const build = (x: Symbolic): Symbolic => {
      const list = Array.from({ length: tasks }, () => x);
      return applied(new SumLayer(), several(new MultiMaskedDense({ units: 3, activation: 'relu' }), list));
    };
    const { step, state, input, model } = trainedModel({ name: 'masked', input: vector, build }, 3, 5);
    const { graph } = traceStep(step, state, { x: input });
    model.dispose();
    return optimise(graph).nodes.filter(({ op }) => op === 'MatMul' || op === 'Gemm').length;
  };
  expect(products(2)).toBeGreaterThan(0);
  expect(products(6)).toBe(3 * products(2));
});
