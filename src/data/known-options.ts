/** @file Options of the doors to data: a misspelt one is refused, with what was probably meant. */
import { didYouMean, HeadgateError, show } from '../errors.js';

/**
 * Throws `INVALID_OPTIONS` unless `options` is an object with no keys but the known ones.
 *
 * @param others What other packages call an option, by their word.
 */
export function requireKnownOptions(
  verb: string,
  options: unknown,
  known: readonly string[],
  others: Readonly<Record<string, string>> = {},
): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidOption(verb, `an object with some of: ${known.join(', ')}`, options);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new HeadgateError({
      code: 'INVALID_OPTIONS',
      path: `${verb}.${name}`,
      problem: `${verb} has no option ${show(name)}.`,
      expected: known.length === 0 ? 'no options' : `some of: ${known.join(', ')}`,
      received: show(name),
      suggestion: Object.hasOwn(others, name) ? others[name] : didYouMean(name, known),
    });
  }
}

export function invalidOption(path: string, expected: string, received: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_OPTIONS',
    path,
    problem: 'This option does not fit.',
    expected,
    received: show(received),
  });
}
