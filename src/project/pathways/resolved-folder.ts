/** @file A saved model as a network with its weights, without a project that has loaded it. */

import { withoutUnseen } from '../../model/pathways/bind.js';
import { invalidOption } from '../../options.js';
import { boundTo } from '../../pathways/pathway.js';
import type { Model } from '../model.js';
import { folderPath } from '../options/folder.js';
import type { Resolved } from './resolved.js';
import { pathwaysFrom, withDrawn } from './saved.js';

/**
 * What `with` and `base` are: a project, which was read when the verb was called, or the folder that one was saved in.
 *
 * @param read null where what was given is no project
 * @throws HeadgateError `INVALID_OPTIONS` at `path`, and of a folder what `load` throws
 */
export async function resolvedOther(
  model: Model,
  path: string,
  given: unknown,
  read: Resolved | null,
): Promise<Resolved> {
  if (read !== null) return read;
  if (typeof given === 'string') return resolvedFolder(model, folderPath.read(given, path));
  throw invalidOption(path, given, { expected: 'a project, or the folder that one was saved in' });
}

/**
 * A saved model, as `model` would be had it loaded it.
 *
 * @throws HeadgateError what `load` throws
 */
async function resolvedFolder(model: Model, folder: string): Promise<Resolved> {
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
    ...{ name: folder, network, pathways, notes: saved.notes, isDrawn: false, layout: model.layoutWith(saved.learnt) },
    ...{ learnt: saved.learnt, thresholds: saved.thresholds },
    weights: withoutUnseen(network.tensors, whole),
    dispose: () => {
      if (network !== base) network.disposePathways();
    },
  };
}
