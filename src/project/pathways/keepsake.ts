/** @file A model as it stands, to go back to: weights, pathways, what was learnt, and where its last fit ended. */
import type { EndedFit } from '../../train/state.js';
import type { Model, Pruning, TakenOver } from '../model.js';

export interface ModelKeepsake {
  readonly taken: TakenOver;
  readonly lastFit: EndedFit | null;
  readonly pruning: Pruning | null;
  readonly hasLiveMasks: boolean;
}

export function keepsakeOf(model: Model): ModelKeepsake {
  const { pathways, learnt, thresholds, lastFit, pruning, hasLiveMasks } = model;
  const weights = model.network.store.read();
  return { taken: { weights, pathways, learnt, thresholds }, lastFit, pruning, hasLiveMasks };
}

/** To the bit; a fit may continue what could be continued then. */
export function putBack(model: Model, { taken, lastFit, pruning, hasLiveMasks }: ModelKeepsake): void {
  model.takeOver(taken);
  if (hasLiveMasks) model.usePathways(taken.pathways, {}, true);
  model.pruning = pruning;
  model.lastFit = lastFit;
}
