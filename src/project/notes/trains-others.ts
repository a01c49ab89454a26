/** @file The note of a fit in which tasks without a pathway train what pathways own. */
import type { OnlyTasks } from '../../data/bind.js';
import type { Flow } from '../../flow/flow.js';
import { type HeldTensor, ownersOf } from '../../model/tensors.js';
import { type Note, note } from '../../notes.js';
import type { Pathway } from '../../pathways/pathway.js';
import { visible } from '../../text.js';

interface TrainsOthersFacts {
  readonly flow: Pick<Flow, 'tasks'>;
  readonly pathways: readonly Pathway[];
  readonly network: { readonly held: readonly Pick<HeldTensor, 'part' | 'role' | 'owners'>[] };
}

/**
 * A task without a pathway sees all layers that it reads, and trains them with the others: what pathways own of these
 * moves for it.
 *
 * @param only indices in flow order of the tasks that are trained; null for all
 */
export function trainsOthers({ flow, pathways, network }: TrainsOthersFacts, only: OnlyTasks): readonly Note[] {
  if (pathways.length === 0) return [];
  const isTrained = (index: number): boolean => only === null || only.has(index);
  const indices = new Map(flow.tasks.map(({ path }, index) => [path, index]));
  const inOne = new Set(pathways.flatMap(({ tasks }) => tasks));
  const kernels = network.held.filter(({ part, role }) => part === 'backbone' && role === 'kernel');
  const readers = kernels.map(({ owners }) => new Set(ownersOf(owners).filter(isTrained)));
  const shares = (path: string, other: string): boolean => {
    const [one, two] = [indices.get(path) ?? -1, indices.get(other) ?? -1];
    return readers.some((own) => own.has(one) && own.has(two));
  };
  const free = flow.tasks.map(({ path }) => path).filter((path) => !inOne.has(path));
  const moved = pathways.filter(({ tasks }) => tasks.some((task) => free.some((path) => shares(path, task))));
  const without = free.filter((path) => moved.some(({ tasks }) => tasks.some((task) => shares(path, task))));
  const [first] = without;
  if (first === undefined) return [];
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
