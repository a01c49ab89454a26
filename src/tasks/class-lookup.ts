/** @file From a label of a classification to the index of its class, by what the label says and nothing else. */
import { HeadgateError, listed, show } from '../errors.js';
import { invalidOption } from '../options.js';
import { meaningOf } from './cell-text.js';
import { invalidLabel } from './labels.js';
import { knownClass } from './options.js';

export type ClassLookup = (label: unknown, where: () => string) => number;

/**
 * A label is the class of its name; numbers and booleans are named as they are written, so that a column of a file
 * may come as numbers or as texts. A number that names no class is an index, unless a class is called by a number: it
 * could then be either, and is refused.
 *
 * Throws `INVALID_OPTIONS` for two classes that no reader could tell apart, such as `'1'` and `'1.0'`; the lookup
 * throws `UNKNOWN_CLASS`, `INVALID_LABEL`.
 */
export function classLookup(classes: readonly string[]): ClassLookup {
  const byName = new Map<unknown, number>();
  const asWritten = new Map<unknown, number>(classes.map((name, index) => [name, index]));
  for (const [index, name] of classes.entries()) {
    const key = keyOf(name);
    const same = byName.get(key);
    if (same !== undefined) {
      const problem = `the classes ${show(classes[same])} and ${show(name)} say the same, so no label could tell them apart`;
      throw invalidOption('classification.classes', classes, {
        problem,
        expected: 'classes that differ in what they say',
      });
    }
    byName.set(key, index);
  }
  const namedByNumber = [...byName.keys()].some((key) => typeof key === 'number');
  return (label, where) => {
    const exact = asWritten.get(label);
    if (exact !== undefined) return exact;
    const key = keyOf(label);
    const index = byName.get(key);
    if (index !== undefined) return index;
    if (typeof key === 'number' && namedByNumber) throw ambiguous(label, classes, where());
    if (typeof key === 'number' && Number.isInteger(key) && key >= 0 && key < classes.length) return key;
    const meaning = meaningOf(label);
    if (typeof meaning === 'string') return knownClass(where(), meaning, classes);
    throw invalidLabel(label, where, {
      problem: 'A label of a classification must be a class name or the index of a class.',
      expected: `one of: ${listed(classes)}; or an integer from 0 to ${classes.length - 1}; or null where it is missing`,
      mend: 'If the classes are called by numbers, give them as strings; if -1 marks a missing label, map it to null.',
    });
  };
}

/** Equal for labels that say the same: a list has the key of its JSON text, which no other text has. */
function keyOf(label: unknown): unknown {
  const meaning = meaningOf(label);
  return typeof meaning === 'object' && meaning !== null ? JSON.stringify(meaning) : meaning;
}

function ambiguous(label: unknown, classes: readonly string[], path: string): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_CLASS',
    path,
    problem: `There is no class ${show(label)}; since classes are called by numbers, a number is a name and no index.`,
    expected: `one of: ${listed(classes)}; or null where it is missing`,
    received: show(label),
    mend: 'If labels are indices, turn them into names first: classes[index].',
  });
}
