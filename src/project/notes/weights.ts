/** @file Notes about the weights that a verb works with. */
import { type Note, note } from '../../notes.js';

/** The weights are as they were drawn: what is computed with them says nothing. */
export function neverTrained(project: string): Note {
  return note(
    'NEVER_TRAINED',
    project,
    'The heads have the weights that were drawn for them: nothing was fit or loaded, so that results are those of chance.',
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
