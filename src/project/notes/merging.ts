/** @file Notes about models that are merged. */
import { type Note, note } from '../../notes.js';
import type { Snapshot } from '../snapshot.js';
import { neverTrained } from './weights.js';

/** What takes part with weights that were drawn: all of a model, or the heads of tasks of which no label has counted. */
export function drawnWeights(label: string, { isDrawn, layout }: Snapshot): readonly Note[] {
  if (isDrawn) return [neverTrained(label)];
  return layout.slots
    .filter((slot) => slot.neverTrained)
    .map(({ task }) =>
      note(
        'NEVER_TRAINED',
        `${label}.${task.path}`,
        'No label of this task has counted in a fit: its head has the weights that were drawn for it, and they are merged.',
      ),
    );
}

/** Inputs and labels that two models measure in different units, or weigh otherwise: their weights answer to other numbers. */
export function scalesDiffer(label: string, own: Snapshot['learnt'], other: Snapshot['learnt']): readonly Note[] {
  const inputs = [...other.inputs].filter(([name, encoder]) => differ(own.inputs.get(name), encoder));
  const tasks = [...other.tasks].filter(([path, { kind }]) => differ(own.tasks.get(path)?.kind, kind));
  return [...inputs.map(([name]) => `inputs.${name}`), ...tasks.map(([path]) => path)].map((path) =>
    note(
      'SCALES_DIFFER',
      `${label}.${path}`,
      'This model has learnt something else from its rows here (what becomes 0 and 1, balanced weights) than the project, ' +
        'which keeps its own. Fit the models on from one that was fit before: save it, and load it into each.',
    ),
  );
}

function differ(own: unknown, other: unknown): boolean {
  return own !== undefined && JSON.stringify(own) !== JSON.stringify(other);
}

/** Parameters of whole numbers have no mean. */
export function keptAsTheyAre(names: readonly string[]): readonly Note[] {
  return names.map((name) =>
    note(
      'NOT_MERGED',
      name,
      'This parameter is no float32 and not the same in all models: it stays as it is in the project.',
    ),
  );
}
