/** @file The note of a fit in which tasks without a pathway train what pathways own. */
import type { OnlyTasks } from '../../data/bind.js';
import type { Flow } from '../../flow/flow.js';
import { type Note, note } from '../../notes.js';
import type { Pathway } from '../../pathways/pathway.js';
import { visible } from '../../text.js';

/**
 * A task without a pathway sees the whole backbone, and trains it with the others: what pathways own moves for it.
 *
 * @param only indices in flow order of the tasks that are trained; null for all
 */
export function trainsOthers(
  { tasks }: Pick<Flow, 'tasks'>,
  pathways: readonly Pathway[],
  only: OnlyTasks,
): readonly Note[] {
  const trained = tasks.flatMap(({ path }, index) => (only === null || only.has(index) ? [path] : []));
  const inOne = new Set(pathways.flatMap((pathway) => pathway.tasks));
  const without = trained.filter((path) => !inOne.has(path));
  const moved = pathways.filter((pathway) => pathway.tasks.some((path) => trained.includes(path)));
  const [first] = without;
  if (first === undefined || moved.length === 0) return [];
  const text =
    `This fit trains the whole backbone for ${names(without)}, without a pathway, what ${names(moved.map(({ name }) => name))} ` +
    'own included. Give every task a pathway, `pathways.assign`, or train with `fitTasks`, where what others see rests.';
  return [note('TRAINS_OTHERS', first, text)];
}

/** As many as are read. */
const SHOWN = 5;

function names(paths: readonly string[]): string {
  const shown = paths.slice(0, SHOWN).map(visible).join(', ');
  return paths.length > SHOWN ? `${shown} and ${paths.length - SHOWN} more` : shown;
}
