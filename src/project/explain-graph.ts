/** @file The compiled graph of a project's training step, as text. */
import { batchSpecs } from '../data/batches.js';
import type { FlowGraph } from '../flow/graph.js';
import type { Network } from '../model/network.js';
import type { Layout } from '../tasks/layout.js';
import { hyperTensors } from '../train/hyper.js';
import type { Optimizer } from '../train/optimizers/optimizer.js';
import { trainProgram } from '../train/program.js';

export interface ExplainGraphOptions {
  readonly network: Network;
  readonly layout: Layout;
  /** `[batch, ...shape]` of each input follows from these. */
  readonly inputs: FlowGraph['inputs'];
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  readonly clipNorm: number | null;
}

/** Traces and optimises the step without running it. */
export async function explainTrainGraph(options: ExplainGraphOptions): Promise<string> {
  const { layout, inputs, batchSize } = options;
  const { whole, initialState } = trainProgram(options);
  const batch = { ...batchSpecs(inputs, layout, batchSize), ...hyperTensors(layout, { learningRate: 0 }) };
  // The compiler is as large as the rest of the package, and most programs that import it never look at a graph.
  const [{ createOnnxEngine }, { printGraph }] = await Promise.all([
    import('../engine/onnx/engine.js'),
    import('../engine/onnx/print.js'),
  ]);
  const engine = createOnnxEngine();
  try {
    return printGraph(await engine.compile(whole).graph(initialState(), batch));
  } finally {
    await engine.dispose();
  }
}
