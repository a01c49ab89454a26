/** @file The verb `explainGraph`. */
import { batchSpecs } from '../../data/batches.js';
import { readOptions } from '../../options.js';
import { defaultOptimizer } from '../../train/default-optimizer.js';
import { hyperTensors } from '../../train/hyper.js';
import { trainProgram } from '../../train/program.js';
import type { Model } from '../model.js';
import { explainGraphSchema } from '../options/fit.js';

/** Traces and optimises the training step without running it. See `Project.explainGraph`. */
export function explainGraph(model: Model, given: unknown): Promise<string> {
  return model.lock.reading('explainGraph', async () => {
    const options = readOptions('explainGraph', explainGraphSchema, given);
    const { batchSize, clipNorm, optimizer = defaultOptimizer(null) } = options;
    const { network, layout, flow } = model;
    const { whole, initialState } = trainProgram({ network, layout, optimizer, clipNorm });
    const state = initialState();
    const batch = {
      ...batchSpecs(flow.graph.inputs, layout, batchSize),
      ...hyperTensors(layout, { learningRate: 0 }),
    };
    // The compiler is as large as the rest of the package, and most programs that import it never look at a graph.
    const [{ createOnnxEngine }, { printGraph }] = await Promise.all([
      import('../../engine/onnx/engine.js'),
      import('../../engine/onnx/print.js'),
    ]);
    const engine = createOnnxEngine();
    try {
      return printGraph(await engine.compile(whole).graph(state, batch));
    } finally {
      await engine.dispose();
    }
  });
}
