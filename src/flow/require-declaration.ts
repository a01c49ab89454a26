/** @file What a task kind must keep to, so that flows can speak about it. Kinds come from outside the package, too. */
import { didYouMean, HeadgateError, show } from '../errors.js';
import type { TaskDeclaration } from './declaration.js';
import { isJson } from './json.js';
import { isName } from './names.js';

/** Throws `INVALID_KIND` for a declaration with which handles or saved flows would not work. */
export function requireDeclaration(
  { kind, options, width, predicates, truth, axis }: TaskDeclaration,
  path: string,
): void {
  const invalid = (problem: string, expected: string, received: unknown, suggestion?: string): HeadgateError =>
    new HeadgateError({ code: 'INVALID_KIND', path, problem, expected, received: show(received), suggestion });

  if (typeof kind !== 'string' || kind === '') throw invalid('its kind has no name', 'a string', kind);
  if (!isJson(options)) throw invalid('its options cannot be saved', 'options that are JSON', options);
  if (!Number.isSafeInteger(width) || width < 1) throw invalid('its width is wrong', 'a whole number above 0', width);
  if (axis !== undefined && !isAxis(axis)) throw invalid('its axis is no name', 'what along("token", …) gives', axis);
  if (typeof predicates !== 'object' || predicates === null) {
    throw invalid('its predicates are no record', 'a record of functions; {} for none', predicates);
  }
  const names = Object.keys(predicates);
  const reserved = names.find((name) => !isName(name));
  if (reserved !== undefined)
    throw invalid('a predicate cannot have this name', 'a name that handles leave free', reserved);
  if (truth !== undefined && !Object.hasOwn(predicates, truth)) {
    const expected = names.length === 0 ? 'none, since it has no predicates' : `one of ${names.join(', ')}`;
    throw invalid('its truth is not one of its predicates', expected, truth, didYouMean(truth, names));
  }
}

function isAxis(axis: unknown): boolean {
  const isAxisName = (one: unknown): boolean => typeof one === 'string' && isName(one);
  if (!Array.isArray(axis)) return isAxisName(axis);
  return axis.length > 1 && axis.every(isAxisName) && new Set(axis).size === axis.length;
}
