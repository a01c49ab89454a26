/** @file An optimizer step on an engine: in one graph, or in parts whose gradients are added up on the host. */
import { averagePort, COUNTS, LEARNING_RATE } from '../data/ports.js';
import type { BatchTensors, Engine, EngineState, HostTensor, HostTensors, RandomKey } from '../engine/engine.js';
import { outputOf } from '../score/loss-sums.js';
import type { Layout } from '../tasks/layout.js';
import { type Hyperparameters, hyperTensors } from './hyper.js';
import type { TrainProgram } from './program.js';
import type { StepBatches } from './step-feed.js';

export interface OptimizerStep {
  /**
   * Replaces the state's values, and returns `loss`, `sums` and `penalty` of the whole step. When `accept` throws, the
   * state keeps the values it had.
   *
   * @param accept is given the outputs of each part with its rows
   */
  readonly run: (
    state: EngineState,
    step: StepBatches,
    hyper: Hyperparameters,
    key: RandomKey,
    accept: (outputs: HostTensors, ids: ArrayLike<number>) => void,
  ) => Promise<HostTensors>;
  readonly dispose: () => void;
}

/** @param accumulate batches of a step at most */
export function optimizerStep(
  engine: Engine,
  layout: Layout,
  program: TrainProgram,
  accumulate: number,
): OptimizerStep {
  return accumulate === 1 ? wholeStep(engine, layout, program) : stepInParts(engine, layout, program, accumulate);
}

function wholeStep(engine: Engine, layout: Layout, program: TrainProgram): OptimizerStep {
  const whole = engine.compile(program.whole);
  return {
    run: (state, { parts: [part], ids }, hyper, key, accept) => {
      if (part === undefined) throw new Error('a step of no batches');
      const batch = { ...part.batch.tensors, ...hyperTensors(layout, hyper) };
      return whole.run(state, batch, key, (outputs) => accept(outputs, ids));
    },
    dispose: () => whole.dispose(),
  };
}

/**
 * Each part knows the counts of the whole step, so that gradients and losses add up. Moving averages are the means of the
 * parts', by their rows; dropout is drawn for each part anew.
 */
function stepInParts(engine: Engine, layout: Layout, program: TrainProgram, accumulate: number): OptimizerStep {
  const differentiate = engine.compile(program.differentiate);
  const apply = engine.compile(program.apply);
  return {
    run: async (state, { parts, ids, counts }, hyper, { seed, counter }, accept) => {
      const tensors = hyperTensors(layout, { ...hyper, penaltyShare: 1 / parts.length });
      const sums = new Map<string, HostTensor>();
      for (const [i, part] of parts.entries()) {
        const batch: BatchTensors = { ...part.batch.tensors, ...tensors, [COUNTS]: counts };
        const key = { seed, counter: counter * accumulate + i };
        const outputs = await differentiate.run(state, batch, key, (made) => accept(made, part.ids));
        for (const [name, tensor] of Object.entries(outputs)) {
          add(sums, name, tensor, shareOf(name, part.ids.length / ids.length, 1 / parts.length));
        }
      }
      const summed = Object.fromEntries(sums);
      const { loss, sums: ofTasks, penalty, finite, ...gradients } = summed;
      const outputs = { loss: outputOf(summed, 'loss'), sums: outputOf(summed, 'sums'), ...(penalty && { penalty }) };
      const rate = tensors[LEARNING_RATE] as HostTensor; // `hyperTensors` has it
      const batch = { ...gradients, [COUNTS]: counts, [LEARNING_RATE]: rate };
      await apply.run(state, batch, { seed, counter }, () => accept(outputs, ids));
      return outputs;
    },
    dispose: () => {
      differentiate.dispose();
      apply.dispose();
    },
  };
}

/** What an output of a part counts for in that of the step: averages by rows, penalties (the same in each) as a mean. */
function shareOf(name: string, ofRows: number, ofParts: number): number {
  if (name.startsWith(averagePort(''))) return ofRows;
  return name === 'penalty' ? ofParts : 1;
}

function add(sums: Map<string, HostTensor>, name: string, { shape, dtype, data }: HostTensor, share: number): void {
  const known = sums.get(name);
  const sum = known?.data ?? new Float32Array(data.length);
  addInto(sum, data, share);
  if (known === undefined) sums.set(name, { shape, dtype, data: sum });
}

/** Gradients are many: no iterator, and no function for each. */
function addInto(sum: HostTensor['data'], data: HostTensor['data'], share: number): void {
  for (let i = 0; i < data.length; i++) sum[i] = (sum[i] as number) + (data[i] as number) * share; // equal lengths
}
