/** @file What a column could be as the labels of a task. */
import { binary } from '../../tasks/binary.js';
import { boundedRegression } from '../../tasks/bounded-regression.js';
import { classification } from '../../tasks/classification.js';
import type { TaskKind } from '../../tasks/kind.js';
import { multilabel } from '../../tasks/multilabel.js';
import { regression } from '../../tasks/regression.js';
import { call, key, literal, member } from './code.js';
import type { ColumnProfile } from './profile.js';

export interface SuggestedTask {
  readonly kind: TaskKind;
  readonly code: string;
  readonly why: string;
  /** What makes labels of the column, where they are not yet: a line for the table, and what it does. */
  readonly prepare: { readonly code: string; readonly separator: string } | null;
}

const MOST_CLASSES = 100;
/** Whole numbers of no more values are classes rather than amounts. */
const MOST_NUMBERED = 20;
const SEPARATORS = ['|', ';', ','] as const;

/** Null where the column cannot be labels. */
export function asTask(profile: ColumnProfile): SuggestedTask | null {
  const { sort, values, rows, missing } = profile;
  const present = rows - missing;
  switch (sort) {
    case 'boolean':
      return task(binary(), call('binary'), 'yes or no');
    case 'number':
      return ofNumbers(profile);
    case 'texts':
      return values === null || values.size > MOST_CLASSES ? null : ofSets([...values.keys()].sort(), 'lists of texts');
    case 'text': {
      if (values === null) return null;
      const texts = [...values.keys()].sort();
      const sets = ofSeparated(profile, texts, present);
      if (sets !== null) return sets;
      if (texts.length < 2 || texts.length > MOST_CLASSES || texts.length * 2 > present) return null;
      return task(
        classification({ classes: texts }),
        call('classification', { classes: texts }),
        `${texts.length} texts`,
      );
    }
    case 'date':
    case 'numbers':
    case 'tensor':
    case 'mixed':
    case 'none':
      return null;
  }
}

function ofNumbers({ values, numbers, areWhole, least, greatest }: ColumnProfile): SuggestedTask | null {
  const distinct = values?.size ?? Number.POSITIVE_INFINITY;
  if (distinct < 2) return null;
  if (distinct === 2 && least === 0 && greatest === 1) return task(binary(), call('binary'), '0 and 1');
  if (areWhole && distinct <= MOST_NUMBERED && distinct * 10 <= numbers.length) {
    const classes = [...numbers].filter((value, i) => value !== numbers[i - 1]).map(String);
    return task(classification({ classes }), call('classification', { classes }), `${distinct} whole numbers`);
  }
  const top = greatest <= 1 ? 1 : 100;
  if (least >= 0 && greatest <= top && greatest > top / 2 && !(top === 100 && !areWhole && greatest < 90)) {
    const bounds = { min: 0, max: top };
    return task(boundedRegression(bounds), call('boundedRegression', bounds), `from ${least} to ${greatest}`);
  }
  return task(regression(), call('regression'), `from ${least} to ${greatest}`);
}

/** Texts that are lists: most of their pieces occur in several. */
function ofSeparated({ name, values }: ColumnProfile, texts: readonly string[], present: number): SuggestedTask | null {
  for (const separator of SEPARATORS) {
    const split = texts
      .filter((text) => text.includes(separator))
      .reduce((sum, text) => sum + (values?.get(text) ?? 0), 0);
    if (split * 10 < present) continue;
    const pieces = [...new Set(texts.flatMap((text) => text.split(separator).map((piece) => piece.trim())))]
      .filter((piece) => piece !== '')
      .sort();
    if (pieces.length < 2 || pieces.length > MOST_CLASSES || pieces.length * 2 > present) continue;
    const cell = member('row', name);
    const list = `String(${cell}).split(${literal(separator)}).map((piece) => piece.trim())`;
    const code = `.derive(${literal(name)}, (row) => (${cell} === null ? null : ${list}))`;
    return { ...ofSets(pieces, `texts separated by ${separator}`), prepare: { code, separator } };
  }
  return null;
}

function ofSets(classes: readonly string[], why: string): SuggestedTask {
  return task(multilabel({ classes }), call('multilabel', { classes }), why);
}

function task(kind: TaskKind, code: string, why: string): SuggestedTask {
  return { kind, code, why, prepare: null };
}

/** A task by its name, as TypeScript. */
export const taskLine = (name: string, { code, why }: SuggestedTask): string => `${key(name)}: ${code}, // ${why}`;
