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
      97,
      74,
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
      "bidirectional ave": 116,
      "bidirectional concat": 116,
      "bidirectional mul": 116,
      "bidirectional sum": 116,
      "convLstm2d same": 148,
      "convLstm2d valid": 148,
      "embedding with a mask into lstm": 69,
      "gru activation": 56,
      "gru by default": 56,
      "gru goBackwards": 56,
      "gru implementation 1": 56,
      "gru implementation 2": 56,
      "gru returnSequences": 59,
      "gru useBias": 54,
      "lstm activation": 56,
      "lstm by default": 56,
      "lstm goBackwards": 56,
      "lstm implementation 1": 56,
      "lstm implementation 2": 56,
      "lstm returnSequences": 58,
      "lstm useBias": 53,
      "lstm with its states returned": 56,
      "masking into gru": 62,
      "simpleRNN activation": 14,
      "simpleRNN by default": 14,
      "simpleRNN goBackwards": 14,
      "simpleRNN returnSequences": 16,
      "simpleRNN useBias": 12,
      "stacked cells": 122,
      "timeDistributed batchNormalization": 44,
    }
  `);
});
