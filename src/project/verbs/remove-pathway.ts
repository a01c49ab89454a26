/** @file The verb `pathways.remove`. */
import type { HostTensors } from '../../engine/engine.js';
import { HeadgateError } from '../../errors.js';
import { predicatesIn } from '../../flow/conditions.js';
import type { Pathway } from '../../pathways/pathway.js';
import { initialThresholds } from '../../score/scores.js';
import type { Model } from '../model.js';
import { liveMasks, withDrawn } from '../pathways/saved.js';

/** Frees what a pathway alone sees. See `ProjectPathways.remove`. */
export function removePathway(model: Model, pathway: Pathway): Promise<void> {
  return model.lock.changing('remove', async () => {
    requireUnasked(model, pathway);
    const left = model.pathways.filter((one) => one !== pathway);
    const { baseNetwork: base, network, learnt } = model;
    const drawn = base.drawnAnew(model.seed);
    const values = network.read();
    // What the others see stays; with nobody left, all is drawn anew.
    const lanes = left.length === 0 ? base.lanes : base.withPathways([], {}).lanes;
    const seen = left.length === 0 ? null : liveMasks(left, { held: network.held, units: network.units, lanes });
    const backbone = network.held.filter(({ part }) => part === 'backbone');
    const kept = seen === null ? null : withDrawn(values, { live: seen }, drawn);
    const weights: Record<string, HostTensors[string]> = {};
    for (const { name } of backbone) {
      const value = kept === null ? drawn[name] : kept[name];
      if (value !== undefined) weights[name] = value;
    }
    const heads = base.store.split(drawn);
    for (const task of pathway.tasks) {
      for (const role of ['kernel', 'bias']) {
        const value = heads[`head/${task}/${role}`];
        if (value !== undefined) weights[`head/${task}/${role}`] = value;
      }
    }
    const tasks = new Map([...learnt.tasks].filter(([path]) => !pathway.tasks.includes(path)));
    const thresholds = new Map(
      [...initialThresholds(model.flow.tasks)].filter(([path]) => pathway.tasks.includes(path)),
    );
    model.takeOver({ weights, pathways: left, learnt: { ...learnt, tasks }, thresholds });
  });
}

function requireUnasked({ flow }: Model, { name, tasks }: Pathway): void {
  for (const task of flow.tasks) {
    if (tasks.includes(task.path)) continue;
    const asked = predicatesIn(task.condition).find(({ path }) => tasks.includes(path));
    if (asked === undefined) continue;
    throw new HeadgateError({
      code: 'TASK_IN_USE',
      path: `pathways.${name}`,
      problem: `the condition of ${task.path} asks about ${asked.path}, which would no longer be trained`,
      expected: 'a pathway about whose tasks no task elsewhere asks',
      received: name,
      mend: `Remove the pathway of ${task.path} first.`,
    });
  }
}
