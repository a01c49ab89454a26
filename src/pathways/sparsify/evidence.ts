/** @file What training rows say of a pathway's kernels while a fit runs: all of it as if nothing were masked. */
import type { Feed } from '../../data/feed.js';
import type { Engine, HostTensors } from '../../engine/engine.js';
import type { Network } from '../../model/network.js';
import type { HeldTensor } from '../../model/tensors.js';
import type { Layout } from '../../tasks/layout.js';
import { type GradientMeter, type Gradients, gradientMeter } from '../assign/evidence.js';
import { type InputMeter, inputMeter } from '../assign/inputs.js';
import type { InputMeans } from '../score/by-inputs.js';

export interface EvidenceFacts {
  /** Without pathways. */
  readonly network: Network;
  readonly layout: Layout;
  readonly engine: Engine;
  readonly feed: Feed;
  readonly kernels: readonly HeldTensor[];
  readonly batches: number;
  /** Of dropout. */
  readonly seed: number;
}

/** Where a measurement is taken. */
export interface Look {
  readonly pathway: string;
  /** Indices in flow order. */
  readonly tasks: ReadonlySet<number>;
  /** The network's tensors as the pathway sees them. */
  readonly values: HostTensors;
  /** Whose order of rows is taken. */
  readonly epoch: number;
}

export interface Evidence {
  /**
   * Dense: of weights that are masked as well, as if they were there with the value 0. The network without pathways is given
   * the weights that the pathway sees, so that no mask stands between a weight and the loss.
   */
  readonly gradients: (look: Look) => Promise<Gradients>;
  readonly inputs: (look: Look) => Promise<ReadonlyMap<string, InputMeans>>;
  readonly dispose: () => void;
}

export function liveEvidence(facts: EvidenceFacts): Evidence {
  const { network, layout, engine, feed, kernels, batches, seed } = facts;
  let meter: GradientMeter | null = null;
  let inputs: InputMeter | null = null;
  return {
    gradients: async ({ pathway, tasks, values, epoch }) => {
      meter ??= await gradientMeter({ network, layout, engine });
      const tensors = kernels.map(({ name }) => name);
      const ways = new Map([[pathway, tasks]]);
      const measured = await meter.measure({ feed, seed, batches, epoch, tensors, ways, values });
      const own = measured.get(pathway);
      if (own === undefined) throw new Error(`no gradients of the pathway ${pathway}`);
      return own;
    },
    inputs: async ({ values, epoch }) => {
      inputs ??= await inputMeter({ network, layout, engine, kernels });
      return inputs.measure({ feed, batches, values, epoch });
    },
    dispose: () => {
      meter?.dispose();
      inputs?.dispose();
      [meter, inputs] = [null, null];
    },
  };
}
