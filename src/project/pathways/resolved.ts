/** @file A network with its weights, wherever it comes from: this project, another one, or a folder. Nothing of it changes. */
import type { HostTensors } from '../../engine/engine.js';
import type { Network } from '../../model/network.js';
import { withoutUnseen } from '../../model/pathways/bind.js';
import type { Note } from '../../notes.js';
import { invalidOption } from '../../options.js';
import { boundTo, type Pathway } from '../../pathways/pathway.js';
import type { Layout } from '../../tasks/layout.js';
import type { Model } from '../model.js';
import type { ModelOf } from '../verbs/merge.js';
import { pathwaysFrom, withDrawn } from './saved.js';

export interface Resolved {
  /** What it is called: a project's name, or the folder. */
  readonly name: string;
  readonly network: Network;
  /** By the state's names. */
  readonly weights: HostTensors;
  readonly layout: Layout;
  readonly pathways: readonly Pathway[];
  readonly notes: readonly Note[];
  /** Releases what was made for it. */
  readonly dispose: () => void;
}

/** As it is now. */
export function resolvedModel(model: Model): Resolved {
  const { name, network, pathways } = model;
  const { weights, layout } = model.snapshot();
  return { name, network, weights, layout, pathways, notes: [], dispose: () => {} };
}

/** What `with` and `base` may be: a project, whose model this is, or the folder that one was saved in. */
export type Given = { readonly model: Model } | { readonly folder: string };

/** @throws HeadgateError `INVALID_OPTIONS` at `path`, `DISPOSED` */
export function projectOrFolder(path: string, given: unknown, modelOf: ModelOf): Given {
  const model = modelOf(given);
  if (model !== undefined) return { model };
  if (typeof given === 'string' && given !== '') return { folder: given };
  throw invalidOption(path, given, { expected: 'a project, or the folder that one was saved in' });
}

/**
 * A saved model, as `model` would be had it loaded it.
 *
 * @throws HeadgateError what `load` throws
 */
export async function resolvedFolder(model: Model, folder: string): Promise<Resolved> {
  const { load } = await import('../../deploy/load.js');
  const saved = await model.disk.take(() => load(folder, model.declared()));
  const { baseNetwork: base, flow } = model;
  const pathways = pathwaysFrom(saved.pathways, base);
  const isPartial = saved.pathways !== null && saved.pathways.live.size > 0;
  const values =
    isPartial && saved.pathways !== null
      ? withDrawn(saved.weights, saved.pathways, base.drawnAnew(model.seed))
      : saved.weights;
  const network = pathways.length === 0 ? base : base.withPathways(boundTo(pathways, flow), {});
  const whole = network.store.join(values, network.read());
  return {
    ...{ name: folder, network, pathways, notes: saved.notes, layout: model.layoutWith(saved.learnt) },
    weights: withoutUnseen(network.tensors, whole),
    dispose: () => {
      if (network !== base) network.disposePathways();
    },
  };
}
