/** @file The compiled graph of a project's training step, as text. */
import { batchSpecs } from '../data/batches.js';
import { createOnnxEngine } from '../engine/onnx/engine.js';
import { printGraph } from '../engine/onnx/print.js';
import type { Network } from '../model/network.js';
import type { Layout } from '../tasks/layout.js';
import { hyperTensors } from '../train/hyper.js';
import type { Optimizer } from '../train/optimizers/optimizer.js';
import { trainProgram } from '../train/program.js';

export interface ExplainGraphOptions {
  readonly network: Network;
  readonly layout: Layout;
  /** `[batch, ...shape]` of each input follows from these. */
  readonly inputs: Readonly<Record<string, { readonly shape: readonly number[] }>>;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  readonly clipNorm: number | null;
}

/** Traces and optimises the step without running it. */
export async function explainTrainGraph(options: ExplainGraphOptions): Promise<string> {
  const { layout, inputs, batchSize } = options;
  const { whole, initialState } = trainProgram(options);
  const batch = { ...batchSpecs(inputs, layout, batchSize), ...hyperTensors(layout, { learningRate: 0 }) };
  const engine = createOnnxEngine();
  try {
    return printGraph(await engine.compile(whole).graph(initialState(), batch));
  } finally {
    await engine.dispose();
  }
}
