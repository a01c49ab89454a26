/** @file The compiled graph of a project's training step, as text. */
import { batchSpecs, scalar } from '../data/batches.js';
import { LEARNING_RATE } from '../data/ports.js';
import type { FlowGraph } from '../flow/graph.js';
import type { Network } from '../model/network.js';
import type { Layout } from '../tasks/layout.js';
import type { Optimizer } from '../train/optimizers/optimizer.js';
import { trainStep } from '../train/step.js';

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
  const { network, layout, inputs, batchSize } = options;
  const { step, initialState } = trainStep(options);
  const batch = { ...batchSpecs(inputs, layout, batchSize), [LEARNING_RATE]: scalar(0) };
  // The compiler is as large as the rest of the package, and most programs that import it never look at a graph.
  const [{ createOnnxEngine }, { printGraph }] = await Promise.all([
    import('../engine/onnx/engine.js'),
    import('../engine/onnx/print.js'),
  ]);
  const engine = createOnnxEngine();
  try {
    return printGraph(await engine.compile(step).graph({ ...network.read(), ...initialState() }, batch));
  } finally {
    await engine.dispose();
  }
}
