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
    const weights: Record<string, HostTensors[string]> = {};
    // What the others see stays; with nobody left, all is drawn anew. Who has no pathway sees all.
    if (!hasTrainedWithout(model)) {
      const lanes = base.lanes; // as if every task had a pathway: those that have none were never trained
      const seen = left.length === 0 ? null : liveMasks(left, { held: network.held, units: network.units, lanes });
      const kept = seen === null ? drawn : withDrawn(values, { live: seen }, drawn);
      for (const { name, part } of network.held) {
        const value = kept[name];
        if (part === 'backbone' && value !== undefined) weights[name] = value;
      }
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

/** Whether a task without a pathway has learnt something: it sees the whole backbone. */
function hasTrainedWithout({ flow, pathways, learnt }: Model): boolean {
  const inOne = new Set(pathways.flatMap(({ tasks }) => tasks));
  return flow.tasks.some(({ path }) => !inOne.has(path) && learnt.tasks.has(path));
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
