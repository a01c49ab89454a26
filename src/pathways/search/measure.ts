/** @file What a mask is worth: one number, of the network seen through it. */
import type { BoundRows } from '../../data/bound-rows.js';
import type { Dataset } from '../../data/dataset.js';
import type { Engine, HostTensor, HostTensors } from '../../engine/engine.js';
import { startValidation } from '../../evaluate/validation.js';
import { type Extension, extensionTensors } from '../../model/extension.js';
import type { Network } from '../../model/network.js';
import { foldScores } from '../../score/fold.js';
import { createScorer } from '../../score/scorer.js';
import type { Thresholds } from '../../score/scores.js';
import { declaredWeights, type Layout } from '../../tasks/layout.js';
import type { Monitor } from '../../train/monitor.js';
import type { MaskPool, WeightMask } from './pools.js';

export interface MeasurerFacts {
  readonly engine: Engine;
  readonly network: Network;
  readonly layout: Layout;
  readonly weights: HostTensors;
  readonly thresholds: Thresholds;
  readonly pools: readonly MaskPool[];
  readonly monitor: Monitor;
}

export interface Measurer {
  /** Null where it is not defined on these rows. */
  readonly measure: (mask: WeightMask, rows: BoundRows<Dataset>) => Promise<number | null>;
  readonly dispose: () => void;
}

const ROWS = 256;

/** On a state of its own: the project's weights stay as they are. Its step is compiled once. */
export async function createMeasurer(facts: MeasurerFacts): Promise<Measurer> {
  const { engine, network, layout, weights, thresholds, pools, monitor } = facts;
  const tensorsOf = (mask: WeightMask): HostTensors =>
    Object.fromEntries(
      pools.map(({ name, shape }): [string, HostTensor] => {
        return [name, { shape, dtype: 'float32', data: Float32Array.from(mask.get(name) ?? []) }];
      }),
    );
  const extension: Extension = {
    name: 'search',
    tensors: tensorsOf(new Map(pools.map(({ name, allowed }) => [name, allowed]))),
    effective: (name, value, masks) => {
      const mask = masks[name];
      return mask === undefined ? value : value.mul(mask);
    },
  };
  const state = await engine.createState({ ...weights, ...extensionTensors([extension]) });
  const scorer = createScorer(engine, network, layout, ROWS, [extension]);
  return {
    measure: async (mask, rows) => {
      await state.write(extensionTensors([{ ...extension, tensors: tensorsOf(mask) }]));
      const fold = startValidation(layout, thresholds, { metrics: false, monitored: monitor.needs });
      return monitor.read({ validation: await foldScores(scorer, state, rows, fold) });
    },
    dispose: () => {
      scorer.dispose();
      state.dispose();
    },
  };
}

/** The loss of these tasks, with the weights that they were declared with. Null where none has a label that counts. */
export function lossOfTasks(layout: Layout, tasks: ReadonlySet<number>): Monitor {
  const weights = declaredWeights(layout);
  return {
    name: 'loss',
    direction: 'minimise',
    needs: null,
    read: ({ validation }) => {
      const losses = layout.slots.flatMap(({ task, index }) => {
        const loss = tasks.has(index) ? (validation?.tasks[task.path] ?? null) : null;
        return loss === null ? [] : [loss * Number(weights[index])];
      });
      return losses.length === 0 ? null : losses.reduce((sum, loss) => sum + loss, 0);
    },
  };
}
