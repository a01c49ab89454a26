/** @file One step of a schedule: the masks of all pathways after it, and what to write into the running fit. */
import type { HostTensors } from '../../engine/engine.js';
import type { Network } from '../../model/network.js';
import type { HeldTensor } from '../../model/tensors.js';
import type { Optimizer } from '../../train/optimizers/optimizer.js';
import type { Gradients } from '../assign/evidence.js';
import { scoresOf } from '../assign/scores.js';
import type { Settings } from '../assign/settings.js';
import type { Pathway } from '../pathway.js';
import { readBy } from '../reach.js';
import type { Evidence, Look } from './evidence.js';
import { type MasksByPathway, masksIn, seenThrough, writtenFor } from './live-masks.js';
import { type Held, ones, pruned } from './prune.js';
import { exchanged } from './regrow.js';

export interface SparsifyFacts {
  /** Without pathways. */
  readonly network: Pick<Network, 'held'>;
  readonly kernels: readonly HeldTensor[];
  readonly pathways: readonly Pathway[];
  /** By pathway, indices of its tasks in flow order. */
  readonly tasks: ReadonlyMap<string, ReadonlySet<number>>;
  readonly settings: Settings;
  readonly optimizer: Pick<Optimizer, 'moments' | 'gateSlots'>;
  /** The weights as they were drawn, for `movement`. */
  readonly drawn: HostTensors | null;
  /** Null where neither the method nor an exchange asks for it. */
  readonly evidence: Evidence | null;
}

/** How far a step goes. */
export interface Step {
  readonly sparsity: number;
  /** Share of the kept weights that is exchanged. */
  readonly exchange: number;
  /** From 0; whose order of rows is looked at. */
  readonly epoch: number;
}

export interface Sparsified {
  readonly masks: MasksByPathway;
  readonly writes: HostTensors;
  /** By pathway, the share of its kernels that it leaves out. */
  readonly sparsity: Readonly<Record<string, number>>;
  /** Elements that pathways have lost for good, and those that were exchanged. */
  readonly pruned: number;
  readonly exchanged: number;
}

const NEEDS: Readonly<Record<Settings['method'], 'gradients' | 'inputs' | 'nothing'>> = {
  gradient: 'gradients',
  gradientWeight: 'gradients',
  fisher: 'gradients',
  magnitude: 'nothing',
  activation: 'inputs',
  movement: 'nothing',
  random: 'nothing',
};

/**
 * Pathways are pruned one after another, each by what it sees itself; then each exchanges, of exclusive ones only for what
 * no other has at that time.
 *
 * @param tensors of the running fit's state
 * @throws HeadgateError `CAPACITY_EXHAUSTED`
 */
export async function sparsify(facts: SparsifyFacts, tensors: HostTensors, step: Step): Promise<Sparsified> {
  const before = masksIn(tensors, facts.pathways);
  const masks = new Map([...before].map(([name, own]) => [name, new Map(own)]));
  const gradients = new Map<string, Gradients>();
  for (const pathway of facts.pathways) {
    const own = masks.get(pathway.name) ?? new Map<string, Uint8Array>();
    const { scores, measured } = await scored(facts, tensors, { pathway, masks: own, step });
    if (measured !== null) gradients.set(pathway.name, measured);
    const held = kernelsOn(facts, pathway.name).map(({ name, shape }): Held => {
      return { name, shape, scores: required(scores, name), mask: required(own, name) };
    });
    for (const [name, mask] of pruned(pathway.name, held, facts.settings, step.sparsity)) own.set(name, mask);
  }
  const lost = countIn(before) - countIn(masks);
  const count = step.exchange > 0 ? exchangeAll(facts, tensors, masks, gradients, step.exchange) : 0;
  return {
    masks,
    writes: writtenFor(tensors, before, masks, facts.optimizer),
    sparsity: Object.fromEntries([...masks].map(([name, own]) => [name, sparsityOf(kernelsOn(facts, name), own)])),
    pruned: lost,
    exchanged: count,
  };
}

/** Those on the way of a pathway's tasks. */
function kernelsOn({ kernels, tasks }: SparsifyFacts, pathway: string): readonly HeldTensor[] {
  return kernels.filter(readBy(required(tasks, pathway)));
}

/** The share of these kernels together that a pathway leaves out. */
export function sparsityOf(
  kernels: readonly Pick<HeldTensor, 'name'>[],
  masks: ReadonlyMap<string, Uint8Array>,
): number {
  const all = kernels.map(({ name }) => required(masks, name));
  const size = all.reduce((sum, mask) => sum + mask.length, 0);
  return 1 - all.reduce((sum, mask) => sum + ones(mask), 0) / size;
}

interface Scored {
  readonly scores: ReadonlyMap<string, Float64Array>;
  readonly measured: Gradients | null;
}

async function scored(
  { network, kernels, tasks, settings, drawn, evidence }: SparsifyFacts,
  tensors: HostTensors,
  of: { readonly pathway: Pathway; readonly masks: ReadonlyMap<string, Uint8Array>; readonly step: Step },
): Promise<Scored> {
  const { name } = of.pathway;
  const values = seenThrough(of.pathway, tensors, network.held, of.masks);
  const look: Look = { pathway: name, tasks: tasks.get(name) ?? new Set(), values, epoch: of.step.epoch };
  const needs = NEEDS[settings.method];
  const wantsGradients = needs === 'gradients' || of.step.exchange > 0;
  const measured = evidence !== null && wantsGradients ? await evidence.gradients(look) : null;
  const inputs = evidence !== null && needs === 'inputs' ? await evidence.inputs(look) : null;
  const gradients = measured === null ? null : new Map([[name, measured]]);
  const facts = { weights: values, drawn, gradients, inputs, settings };
  return { scores: new Map(kernels.map((kernel) => [kernel.name, scoresOf(kernel, name, facts)])), measured };
}

function exchangeAll(
  { settings, pathways }: SparsifyFacts,
  tensors: HostTensors,
  masks: Map<string, Map<string, Uint8Array>>,
  gradients: ReadonlyMap<string, Gradients>,
  share: number,
): number {
  let count = 0;
  for (const { name } of pathways) {
    const own = masks.get(name) ?? new Map<string, Uint8Array>();
    for (const [kernel, mask] of own) {
      const others = [...masks].flatMap(([other, its]) => (other === name ? [] : [required(its, kernel)]));
      const taken =
        settings.exclusive && others.length > 0 ? mask.map((_, i) => Number(others.some((one) => one[i] === 1))) : null;
      const weights = tensors[kernel]?.data ?? [];
      const ofLoss = required(required(gradients, name).mean, kernel);
      const next = exchanged({ mask, taken, weights, gradients: ofLoss, share });
      own.set(kernel, next.mask);
      count += next.count;
    }
  }
  return count;
}

function countIn(masks: MasksByPathway): number {
  return [...masks.values()].flatMap((own) => [...own.values()]).reduce((sum, mask) => sum + ones(mask), 0);
}

function required<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined) throw new Error(`nothing is known of ${name}`);
  return value;
}
