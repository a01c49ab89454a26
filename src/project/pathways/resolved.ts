/** @file A network with its weights, wherever it comes from: this project, another one, or a folder. Nothing of it changes. */
import type { HostTensors } from '../../engine/engine.js';
import type { Network } from '../../model/network.js';
import type { Note } from '../../notes.js';
import type { Pathway } from '../../pathways/pathway.js';
import type { Thresholds } from '../../score/scores.js';
import type { Learnt } from '../../tasks/filled.js';
import type { Layout } from '../../tasks/layout.js';
import type { ReadingVerb } from '../lock.js';
import type { Model } from '../model.js';
import type { ModelOf } from '../verbs/merge.js';

export interface Resolved {
  /** What it is called: a project's name, or the folder. */
  readonly name: string;
  readonly network: Network;
  /** By the state's names. */
  readonly weights: HostTensors;
  readonly layout: Layout;
  readonly pathways: readonly Pathway[];
  readonly learnt: Learnt;
  readonly thresholds: Thresholds;
  readonly notes: readonly Note[];
  /** The weights are as they were drawn. */
  readonly isDrawn: boolean;
  /** Releases what was made for it. */
  readonly dispose: () => void;
}

/** As it is now. */
function resolvedModel(model: Model): Resolved {
  const { name, network, pathways } = model;
  const { weights, layout, learnt, thresholds, isDrawn } = model.snapshot();
  return { ...{ name, network, weights, layout, pathways, learnt, thresholds, isDrawn }, notes: [], dispose: () => {} };
}

/**
 * Runs a verb that reads a project, and maybe a second one, as both are now. Its module is loaded while it has their locks: most
 * programs use it never.
 *
 * @param other what may be a project
 * @param run second: null where it is none
 * @throws HeadgateError `DISPOSED`
 */
export function readingBoth<T>(
  model: Model,
  verb: ReadingVerb,
  other: unknown,
  modelOf: ModelOf,
  run: (own: Resolved, other: Resolved | null) => Promise<T>,
): Promise<T> {
  return model.lock.reading(verb, async () => {
    const own = resolvedModel(model);
    const second = modelOf(other);
    if (second === undefined) return run(own, null);
    return second.lock.reading(verb, async () => run(own, resolvedModel(second))); // nobody disposes it meanwhile
  });
}
