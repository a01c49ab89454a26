/** @file Notes about columns whose cells are missing or unknown far more often than in the rows that the model learnt of. */
import { show } from '../../errors.js';
import { type Note, note } from '../../notes.js';
import type { ColumnReader } from './readers.js';

/** How often a column's cells were missing, unknown or cut. */
export interface Tally {
  rows: number;
  missing: number;
  unknown: number;
  cut: number;
}

/** Fewer rows say little of a share. */
const LEAST_ROWS = 10;
/** By how much a share may be greater than that of the training rows. */
const FURTHER = 0.1;
/** Standard errors of the training rows' share in as many rows as these: more is not by chance. */
const CHANCE = 3;

export function shareNotes(input: string, reader: ColumnReader, tally: Tally): readonly Note[] {
  return [...cutNotes(input, reader, tally), ...otherShares(input, reader, tally)];
}

/** Nothing is cut in silence. */
function cutNotes(input: string, { name, kind }: ColumnReader, { cut, rows }: Tally): readonly Note[] {
  if (cut === 0) return [];
  const text =
    `${cut} of ${rows} values in the column ${show(name)} of the input "${input}" are longer than its ${kind.width} places: ` +
    'only their beginning is read.';
  return [note('VALUES_CUT', `inputs.${input}`, text)];
}

function otherShares(input: string, { name, shares }: ColumnReader, tally: Tally): readonly Note[] {
  if (shares === null || tally.rows < LEAST_ROWS) return [];
  const column = `the column ${show(name)} of the input "${input}"`;
  const beside = (count: number, of: number): string =>
    `in ${percent(count / tally.rows)} of these rows, and in ${percent(of / shares.rows)} of those that the model learnt of`;
  const notes: Note[] = [];
  if (isFurther(tally.missing, shares.missing, tally.rows, shares.rows)) {
    const text = `There is no value in ${column} ${beside(tally.missing, shares.missing)}.`;
    notes.push(
      note('MISSING_VALUES', `inputs.${input}`, `${text} What is missing is imputed: is the column read as it was?`),
    );
  }
  if (isFurther(tally.unknown, shares.unknown, tally.rows, shares.rows)) {
    const text = `The values in ${column} are unknown ${beside(tally.unknown, shares.unknown)}.`;
    notes.push(
      note('UNKNOWN_VALUES', `inputs.${input}`, `${text} All unknown values are one: are they written as they were?`),
    );
  }
  return notes;
}

function isFurther(count: number, before: number, rows: number, rowsBefore: number): boolean {
  const then = before / rowsBefore;
  return count / rows - then > Math.max(FURTHER, CHANCE * Math.sqrt((then * (1 - then)) / rows));
}

/** About the training rows themselves, once they were seen: columns of which nothing can be learnt. */
export function trainingNotes(input: string, { name, kind, shares }: ColumnReader): readonly Note[] {
  if (shares === null) return [];
  const { rows, missing, unknown, learnt } = shares;
  const path = `inputs.${input}`;
  if (missing === rows) {
    const text = `The column ${show(name)} of the input "${input}" has no value in any of the ${rows} rows: nothing is learnt of it.`;
    return [note('MISSING_VALUES', path, text)];
  }
  // Of values that were learnt, the rare ones are meant to share a place.
  if (learnt !== null || kind.learn === undefined || unknown / rows <= FURTHER) return [];
  const text =
    `The values in the column ${show(name)} of the input "${input}" are none of the declared ones in ` +
    `${percent(unknown / rows)} of the rows: they share a place. Are they written in another way?`;
  return [note('UNKNOWN_VALUES', path, text)];
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
