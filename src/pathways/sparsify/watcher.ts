/** @file Goes through a schedule while a fit runs: between steps it writes masks, and what becomes of the weights. */
import type { HostTensors } from '../../engine/engine.js';
import type { Json } from '../../flow/graph.js';
import type { PathwayStep } from '../../train/history.js';
import type { FitControl, FitEvent, Watcher } from '../../train/watchers/watcher.js';
import { keptWhere, type MasksByPathway, seenByAny } from './live-masks.js';
import type { Sparsified, Step } from './sparsify.js';
import type { Moment, Timeline } from './timeline.js';

export interface SparsifyingFacts {
  readonly timeline: Timeline;
  readonly every: 'epoch' | number;
  /** The epoch at whose end the weights are kept to go back to; null for none. */
  readonly rewindsTo: number | null;
  readonly step: (tensors: HostTensors, step: Step) => Promise<Sparsified>;
  /** Is kept by whoever may continue the fit. */
  readonly keepsake: Keepsake;
}

/** Weights and moments of the epoch that is gone back to: too much for what watchers save. */
export interface Keepsake {
  tensors: HostTensors | null;
}

/** What is saved. */
interface Memory {
  /** Where the last step of the schedule was; -1 before the first. */
  readonly last: number;
  /** Optimizer steps of the run so far. */
  readonly total: number;
  readonly steps: readonly PathwayStep[];
  /** Whether the final sparsity was reached. */
  readonly isOver: boolean;
}

export interface Sparsifying extends Watcher {
  /** What the schedule has done so far in this run. */
  readonly done: () => readonly PathwayStep[];
  /** Whether the final sparsity was reached. */
  readonly isOver: () => boolean;
}

export function sparsifying({ timeline, every, rewindsTo, step, keepsake }: SparsifyingFacts): Sparsifying {
  let memory: Memory = { last: -1, total: 0, steps: [], isOver: false };
  let epochs = 0;
  let stepsPerEpoch: number | null = null;

  const turn = async (moment: Moment, epoch: number, fit: FitControl): Promise<void> => {
    // A fit that is continued tells again of an epoch that had begun.
    if (moment.at <= memory.last || !timeline.isDue(moment)) return;
    const sparsity = timeline.sparsity(moment);
    if (sparsity === null) return;
    const exchange = timeline.exchange(moment);
    const { tensors } = await fit.snapshot();
    const result = await step(tensors, { sparsity, exchange, epoch: epoch - 1 });
    const isNothing = result.pruned === 0 && result.exchanged === 0;
    const before = result.pruned > 0 ? keepsake.tensors : null;
    if (!isNothing) await fit.write({ ...result.writes, ...(before === null ? {} : rewound(before, result)) });
    // Only now: where this engine cannot take the step, the fallback goes on from here and takes it.
    memory = { ...memory, last: moment.at, isOver: timeline.isOver(moment) };
    if (isNothing) return;
    const { pruned, exchanged } = result;
    const said: PathwayStep = {
      ...{ phase: 'pruned', scoring: null, epoch, step: memory.total, sparsity: result.sparsity },
      ...{ pruned, exchanged, rewound: before !== null },
    };
    memory = { ...memory, steps: [...memory.steps, said] };
  };

  const keep = async (fit: FitControl): Promise<void> => {
    keepsake.tensors = (await fit.snapshot()).tensors;
  };

  const on = async (event: FitEvent, fit: FitControl): Promise<void> => {
    switch (event.kind) {
      case 'begin':
        epochs = event.epochs;
        if (rewindsTo === 0 && event.done === 0 && memory.total === 0) await keep(fit);
        break;
      case 'epochBegin':
        stepsPerEpoch = event.steps;
        if (every === 'epoch' && event.step === 0) await turn({ at: event.epoch - 1, of: epochs }, event.epoch, fit);
        break;
      case 'step':
        memory = { ...memory, total: event.total };
        if (every !== 'epoch' && stepsPerEpoch !== null) {
          await turn({ at: event.total, of: epochs * stepsPerEpoch }, event.epoch, fit);
        }
        break;
      case 'epoch':
        if (event.record.epoch === rewindsTo) await keep(fit);
        break;
      default:
        break;
    }
  };

  return {
    name: 'pathways',
    on,
    done: () => memory.steps,
    isOver: () => memory.isOver,
    save: () => memory as unknown as Json, // numbers, texts and records of them alone
    restore: (saved) => {
      memory = saved as unknown as Memory; // what `save` gave
    },
  };
}

/**
 * The weights that are left, with all else that the network trains, as they were (Frankle et al., "Linear mode connectivity
 * and the lottery ticket hypothesis", ICML 2020): also the moments, which are of those weights.
 */
function rewound(before: HostTensors, { masks }: { readonly masks: MasksByPathway }): HostTensors {
  const kernels = new Set([...masks.values()].flatMap((own) => [...own.keys()]));
  const next = Object.entries(before).flatMap(([name, value]): [string, HostTensors[string]][] => {
    if (name.startsWith('mask/') || name.startsWith('extension/')) return [];
    const kernel = [...kernels].find((one) => name === one || name.endsWith(`/${one}`));
    const seen = kernel === undefined ? null : seenByAny(masks, kernel);
    return [[name, seen?.length === value.data.length ? keptWhere(value, seen) : value]];
  });
  return Object.fromEntries(next);
}
