/** @file Notes about the weights that a verb works with. */
import { type Note, note } from '../../notes.js';
import type { History } from '../../train/history.js';

/** The weights are as they were drawn: what is computed with them says nothing. */
export function neverTrained(project: string): Note {
  return note(
    'NEVER_TRAINED',
    project,
    'The heads have the weights that were drawn for them: nothing was fit or loaded, so that results are those of chance.',
  );
}

/** Rows that can be read once are trained on as they come. */
export function nothingLearnt(): Note {
  return note(
    'NOTHING_LEARNT',
    'data',
    'These rows can be read only once: inputs and labels are used as they are, and heads begin at 0. Give a function that ' +
      'opens them, and what they are like is learnt first.',
  );
}

/** A second fit keeps the weights alone. */
export function startedAnew(project: string): Note {
  return note(
    'STARTED_ANEW',
    project,
    'This fit goes on from the weights of the last one; moments, schedule, order of rows and dropout start anew.',
  );
}

/** The best weights were to be kept, and no epoch had a value by which it could be the best. */
export function nothingKept(monitor: string): Note {
  return note(
    'NOTHING_KEPT',
    'validation',
    `No epoch's ${monitor} was a finite number, so that none is the best: the weights are those of the last step.`,
  );
}

/** Steps that a fit left out, since its epoch of this place, from 0. */
export function stepsSkipped({ epochs, partial }: History, since: number): readonly Note[] {
  const records = [...epochs.slice(since), ...(partial === null ? [] : [partial])];
  const skipped = records.flatMap((record) => record.skipped ?? []);
  const [first] = skipped;
  if (first === undefined) return [];
  const count = skipped.reduce((sum, { steps }) => sum + steps, 0);
  const what = count === 1 ? '1 step was skipped' : `${count} steps were skipped, the first as`;
  return [note('STEPS_SKIPPED', first.path, `${what}${count === 1 ? ', as' : ''} ${first.problem}.`)];
}

/** A fit that was to prune pathways ended early, and the next one does not go on with it. */
export function scheduleUnfinished(project: string): Note {
  return note(
    'SCHEDULE_UNFINISHED',
    project,
    'The fit that pruned the pathways by their schedule ended before it was over: they stay as they are now. ' +
      '`fit(rows, { continue: true })` in place of this one would have gone on.',
  );
}
