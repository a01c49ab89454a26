/** @file The verb `explainGraph`. */
import { batchSpecs, scalar } from '../../data/batches.js';
import { LEARNING_RATE } from '../../data/ports.js';
import { readOptions } from '../../options.js';
import { trainStep } from '../../train/step.js';
import type { Model } from '../model.js';
import { defaultOptimizer, explainGraphSchema } from '../options/fit.js';

/** Traces and optimises the training step without running it. See `Project.explainGraph`. */
export function explainGraph(model: Model, given: unknown): Promise<string> {
  return model.lock.reading('explainGraph', async () => {
    const {
      batchSize,
      clipNorm,
      optimizer = defaultOptimizer(),
    } = readOptions('explainGraph', explainGraphSchema, given);
    const { network, layout, flow } = model;
    const { weights } = model.snapshot();
    const { step, initialState } = trainStep({ network, layout, optimizer, clipNorm });
    const batch = { ...batchSpecs(flow.graph.inputs, layout, batchSize), [LEARNING_RATE]: scalar(0) };
    // Loaded on demand, since it brings native code.
    const { createOnnxEngine } = await import('../../engine/onnx/engine.js');
    const { printGraph } = await import('../../engine/onnx/print.js');
    const engine = createOnnxEngine();
    try {
      return printGraph(await engine.compile(step).graph({ ...weights, ...initialState() }, batch));
    } finally {
      await engine.dispose();
    }
  });
}
