/**
 * @file What a compiled training step may grow with: not with 28 more rows, nor with 9 more positions. Only what tfjs
 * runs once a time step grows with the steps, by the same number of nodes for each.
 */
import { expect, test } from 'vitest';
import { optimise } from '../../../src/engine/onnx/passes/index.js';
import { traceStep } from '../../../src/engine/onnx/trace.js';
import { tf } from '../../../src/tf.js';
import { cases, type LayerCase } from './layer-cases.js';
import { trainedModel } from './layer-step.js';

/** Nodes as traced (but for Expand: a filled tensor is a constant up to 64 elements) and after the passes. */
async function nodes(kase: LayerCase, rows: number, positions: number): Promise<[number, number]> {
  await tf.setBackend('cpu');
  const { model, step, state, input } = trainedModel(kase, rows, positions);
  const { graph } = traceStep(step, state, { x: input });
  model.dispose();
  return [graph.nodes.filter(({ op }) => op !== 'Expand').length, optimise(graph).nodes.length];
}

/** Some kernels and passes choose their formulation by size, whole windows say, which is a few nodes once. */
const CHOICE = 4;

function expectSame(received: readonly number[], expected: readonly number[]): void {
  const apart = received.map((count, i) => Math.abs(count - (expected[i] ?? 0)));
  expect([received, expected, Math.max(...apart) <= CHOICE]).toEqual([received, expected, true]);
}

test.each(cases.map((kase) => [kase.name, kase] as const))('%s', async (_, kase) => {
  const small = await nodes(kase, 4, 3);
  expectSame(await nodes(kase, 32, 3), small);
  const long = await nodes(kase, 4, 12);
  if (kase.unrolls !== true) {
    expectSame(long, small);
    return;
  }
  const [at6, at9] = [await nodes(kase, 4, 6), await nodes(kase, 4, 9)];
  expect(long[0]).toBeGreaterThan(small[0]);
  expect(long[0] - at9[0]).toBe(at9[0] - at6[0]);
});

test('layer normalisation: nodes of a whole step', async () => {
  const kase = cases.find(({ name }) => name === 'layerNormalization of sequences') as LayerCase;
  expect(await nodes(kase, 1024, 12)).toMatchInlineSnapshot(`
    [
      80,
      60,
    ]
  `);
});

test('recurrent layers: nodes for each time step', async () => {
  const figures: Record<string, number> = {};
  for (const kase of cases) {
    if (kase.unrolls !== true) continue;
    const [long, short] = [await nodes(kase, 4, 9), await nodes(kase, 4, 6)];
    figures[kase.name] = (long[1] - short[1]) / 3;
  }
  expect(figures).toMatchInlineSnapshot(`
    {
      "bidirectional ave": 128,
      "bidirectional concat": 128,
      "bidirectional mul": 128,
      "bidirectional sum": 128,
      "convLstm2d same": 154,
      "convLstm2d valid": 154,
      "embedding with a mask into lstm": 75,
      "gru activation": 56,
      "gru by default": 59,
      "gru goBackwards": 59,
      "gru implementation 1": 59,
      "gru implementation 2": 59,
      "gru returnSequences": 62,
      "gru useBias": 57,
      "lstm activation": 56,
      "lstm by default": 62,
      "lstm goBackwards": 62,
      "lstm implementation 1": 62,
      "lstm implementation 2": 62,
      "lstm returnSequences": 64,
      "lstm useBias": 59,
      "lstm with its states returned": 62,
      "masking into gru": 65,
      "simpleRNN activation": 14,
      "simpleRNN by default": 17,
      "simpleRNN goBackwards": 17,
      "simpleRNN returnSequences": 19,
      "simpleRNN useBias": 15,
      "stacked cells": 134,
      "timeDistributed batchNormalization": 44,
    }
  `);
});
