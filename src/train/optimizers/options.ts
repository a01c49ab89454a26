/** @file Checking what a user gives to an optimizer or a schedule. */
import { didYouMean, HeadgateError, show } from '../../errors.js';

/** Throws `INVALID_OPTIONS` unless `value` is a finite number that passes. */
export function requireNumber(path: string, value: unknown, accepts: (x: number) => boolean, expected: string): void {
  if (typeof value === 'number' && Number.isFinite(value) && accepts(value)) return;
  throw invalid(path, expected, value);
}

/** As `requireNumber`; a function, a schedule, is checked at each step. */
export function requireRate(path: string, value: unknown): void {
  if (typeof value === 'function') return;
  requireNumber(path, value, (x) => x >= 0, 'a number >= 0, or a schedule');
}

/** Throws `INVALID_OPTIONS` unless `options` is an object that has no other options than these. */
export function requireOptions(path: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalid(path, `options: ${known.join(', ')}`, options);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new HeadgateError({
      code: 'INVALID_OPTIONS',
      path: `${path}.${name}`,
      problem: 'there is no such option',
      expected: known.join(', '),
      received: show(name),
      suggestion: known.find((option) => abbreviates(name, option)) ?? didYouMean(name, known),
    });
  }
}

/** Throws `INVALID_OPTIONS` unless these are groups as `ParameterGroup` declares them. */
export function requireGroups(path: string, groups: unknown): void {
  if (!Array.isArray(groups))
    throw invalid(path, 'an array of { parameters | tasks | layers, rate, weightDecay }', groups);
  for (const [i, group] of groups.entries()) {
    requireOptions(`${path}[${i}]`, group, ['parameters', 'tasks', 'layers', 'rate', 'weightDecay']);
    for (const name of ['rate', 'weightDecay']) {
      const value: unknown = Reflect.get(group, name);
      if (value !== undefined) requireNumber(`${path}[${i}].${name}`, value, (x) => x >= 0, 'a number >= 0');
    }
  }
}

/** `lr` for learningRate, `eps` for epsilon: edit distance does not see these. */
function abbreviates(name: string, option: string): boolean {
  const initials =
    option[0] +
    option
      .slice(1)
      .replace(/[^A-Z]/g, '')
      .toLowerCase();
  return name.length > 1 && (initials === name.toLowerCase() || option.startsWith(name.toLowerCase()));
}

function invalid(path: string, expected: string, value: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_OPTIONS',
    path,
    problem: 'this option does not fit',
    expected,
    received: show(value),
  });
}
