/** @file Nodes of a whole compiled training step: the same for 2 and 50 rows, 8 and 64 positions, with dropout and AdamW. */
import { beforeAll, expect, test } from 'vitest';
import { createBatcher } from '../../../src/data/batches.js';
import { bindTable } from '../../../src/data/bind.js';
import { optimise } from '../../../src/engine/onnx/passes/index.js';
import { traceStep } from '../../../src/engine/onnx/trace.js';
import {
  adamW,
  along,
  binary,
  classification,
  maskedMean,
  Project,
  tensor,
  tokenMask,
  transformerEncoder,
} from '../../../src/index.js';
import { buildNetwork } from '../../../src/model/network.js';
import { layoutOf } from '../../../src/tasks/layout.js';
import { tf } from '../../../src/tf.js';
import { hyperTensors } from '../../../src/train/hyper.js';
import { trainProgram } from '../../../src/train/program.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

interface Sizes {
  readonly rows: number;
  readonly length: number;
  readonly layers?: number;
}

/** Nodes as traced (but for Expand: a filled tensor is a constant up to 64 elements) and after the passes. */
function nodes({ rows, length, layers = 2 }: Sizes): readonly [number, number] {
  const project = new Project({
    name: 'growth',
    inputs: { line: tensor({ shape: [length], axes: ['token'] }) },
    tasks: { asks: binary(), kind: along('token', classification({ classes: ['a', 'b', 'c'] })) },
    backbone: ({ line }) => {
      const mask = tokenMask().apply(line);
      const options = { vocabulary: 30, width: 16, layers, heads: 2, dropout: 0.1 };
      const tokens = transformerEncoder(options).apply([line, mask]);
      return { tokens, sentence: maskedMean().apply([tokens, mask]) };
    },
  }).flow('full', (task, x) => [task.asks(x.sentence), task.kind(x.tokens)]);
  const layout = layoutOf(project.resolved);
  const network = buildNetwork({ flow: project.resolved, layout, backbone: project.backbone, seed: 1 });
  const { whole, initialState } = trainProgram({ network, layout, optimizer: adamW(), clipNorm: 1 });
  const table = Array.from({ length: rows }, (_, i) => ({
    line: Array.from({ length }, (__, t) => (i + t) % 30),
    asks: i % 2 === 0,
    kind: Array.from({ length }, (__, t) => (t % 3 === 0 ? null : t % 3)),
  }));
  const { tensors } = createBatcher(bindTable(table, layout), rows)(table.map((_, i) => i));
  const batch = { ...tensors, ...hyperTensors(layout, { learningRate: 1e-3 }) };
  const { graph } = traceStep(whole, { ...initialState(), ...network.read() }, batch);
  network.dispose();
  return [graph.nodes.filter(({ op }) => op !== 'Expand').length, optimise(graph).nodes.length];
}

test('not with rows, not with positions', () => {
  const small = nodes({ rows: 2, length: 8 });
  for (const sizes of [
    { rows: 50, length: 8 },
    { rows: 2, length: 64 },
    { rows: 50, length: 64 },
  ]) {
    expect([sizes, nodes(sizes)]).toEqual([sizes, small]);
  }
});

test('with layers, by the same number for each', () => {
  const [one, two, three] = [1, 2, 3].map((layers) => nodes({ rows: 2, length: 8, layers })[1]) as [
    number,
    number,
    number,
  ];
  expect(two - one).toBe(three - two);
  expect(two - one).toMatchInlineSnapshot(`413`);
});
