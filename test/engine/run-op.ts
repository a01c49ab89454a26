/** @file One expression on one engine, as a step of its own. */
import type { HostTensor } from '../../src/engine/engine.js';
import { createEngine } from '../../src/engine/select.js';
import type { tf } from '../../src/tf.js';

export const ENGINES = ['onnx', 'wasm', 'cpu'] as const;
export type EngineName = (typeof ENGINES)[number];

// Reason for `any` tensors here: cases call tfjs functions of every rank with the same inputs.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Expression = (...inputs: any[]) => tf.Tensor;

/** The value of `f` of these tensors. */
export async function runOp(name: EngineName, f: Expression, inputs: readonly HostTensor[] = []): Promise<HostTensor> {
  const engine = await createEngine(name);
  const step = engine.compile({
    name: 'op',
    run: ({ batch }) => ({ state: {}, outputs: { y: f(...Object.values(batch)) } }),
  });
  const state = await engine.createState({});
  try {
    const batch = Object.fromEntries(inputs.map((tensor, i) => [`i${i}`, tensor]));
    const { y } = await step.run(state, batch, { seed: 1, counter: 0 });
    if (y === undefined) throw new Error('a step without its output');
    return y;
  } finally {
    step.dispose();
    state.dispose();
  }
}
