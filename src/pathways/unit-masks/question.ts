/** @file The question of a head of its own: is it this class or not? Asked of labels, and of what a task decodes. */
import { didYouMean, HeadgateError, listed, show } from '../../errors.js';
import type { ElementTest } from '../../flow/declaration.js';
import { invalidOption } from '../../options.js';
import type { TaskKind } from '../../tasks/kind.js';
import type { TaskSlot } from '../../tasks/layout.js';

/** A class by its name, or for a task that is itself a yes or no, which of the two. */
export type ClassOf = string | boolean;

export interface Question {
  readonly slot: TaskSlot;
  readonly class: ClassOf;
  /** Element of an encoded label that answers it. */
  readonly element: number;
  /** Its value where the answer is yes. */
  readonly value: number;
}

/**
 * @param where the option's path, for errors
 * @throws HeadgateError `UNKNOWN_CLASS`; `INVALID_OPTIONS` for a kind without classes
 */
export function questionOf(slot: TaskSlot, given: ClassOf, where: string): Question {
  const { kind, path } = slot.task;
  const { classes } = kind;
  if (classes !== undefined) {
    const index = typeof given === 'string' ? classes.indexOf(given) : -1;
    if (index < 0) throw unknownClass(path, given, classes, where);
    const isIndex = kind.width === 1 && classes.length > 1;
    return { slot, class: given, ...(isIndex ? { element: 0, value: index } : { element: index, value: 1 }) };
  }
  const yes = yesOf(kind);
  if (yes === null) {
    throw invalidOption(where, given, {
      expected: `no class: ${path} has none`,
      mend: 'Leave `class` out; the masks are then trained with the task’s own head.',
    });
  }
  if (typeof given !== 'boolean') {
    throw invalidOption(where, given, { expected: `true or false: ${path} is a yes or no` });
  }
  return { slot, class: given, element: yes.element, value: given ? yes.value : 1 - yes.value };
}

/** Where a kind that stands as a condition by itself is true; null for other kinds. */
function yesOf(kind: TaskKind): { readonly element: number; readonly value: number } | null {
  const { truth, predicates } = kind;
  const test: ElementTest | undefined = truth === undefined ? undefined : predicates[truth]?.();
  if (test === undefined || !('oneOf' in test)) return null;
  const [value] = test.oneOf;
  return value === 0 || value === 1 ? { element: test.element, value } : null;
}

/** How many rows that count are of the class, and how many are not. */
export interface ClassCounts {
  yes: number;
  no: number;
}

/**
 * N / (2 N_c): both answers weigh the same, whatever their shares; a mean of 1 (scikit-learn's `balanced`).
 *
 * @throws HeadgateError `NO_COUNTED_LABELS` where one of the answers never occurs
 */
export function answerWeights(
  { slot, class: name }: Question,
  { yes, no }: ClassCounts,
): readonly [no: number, yes: number] {
  if (yes > 0 && no > 0) return [(yes + no) / (2 * no), (yes + no) / (2 * yes)];
  throw new HeadgateError({
    code: 'NO_COUNTED_LABELS',
    path: slot.task.path,
    problem: `no label that counts is ${yes === 0 ? '' : 'other than '}${show(name)}, so there is nothing to tell apart`,
    expected: 'rows of the class, and rows of others',
    received: `${yes} of it, ${no} of others`,
  });
}

function unknownClass(path: string, given: ClassOf, classes: readonly string[], where: string): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_CLASS',
    path: where,
    problem: `the task ${path} has no such class`,
    expected: `one of: ${listed(classes)}`,
    received: show(given),
    suggestion: didYouMean(given, classes),
  });
}
