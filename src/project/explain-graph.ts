/** @file The compiled graph of a project's training step, as text. */
import { createOnnxEngine } from '../engine/onnx/engine.js';
import { printGraph } from '../engine/onnx/print.js';
import type { Network } from '../model/network.js';
import type { Layout } from '../tasks/layout.js';
import type { Optimizer } from '../train/optimizers/optimizer.js';
import { trainStep } from '../train/step.js';

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
  const { network, layout, inputs, batchSize } = options;
  const { step, initialState } = trainStep(options);
  const tensor = (...shape: readonly number[]) => ({ shape, dtype: 'float32' as const });
  const batch = {
    targets: tensor(batchSize, layout.width),
    mask: tensor(batchSize, layout.width),
    learningRate: tensor(),
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, { shape }]) => [`input/${name}`, tensor(batchSize, ...shape)]),
    ),
  };
  const engine = createOnnxEngine();
  try {
    return printGraph(await engine.compile(step).graph({ ...network.read(), ...initialState() }, batch));
  } finally {
    await engine.dispose();
  }
}
