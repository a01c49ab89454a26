/** @file Which names tasks, flows and inputs may have. */
import { HeadgateError, show } from '../errors.js';

/** Letters of any script, digits, underscores and hyphens; no dot, since dots divide paths. */
const NAME = /^[\p{L}_][\p{L}\p{N}_-]*$/u;

const MAXIMUM_LENGTH = 200;

/** Names that JavaScript objects or handles use themselves. */
const RESERVED = new Set(['__proto__', 'constructor', 'prototype', 'given', 'not', 'then', 'via']);

export function isName(name: string): boolean {
  return name.length <= MAXIMUM_LENGTH && NAME.test(name) && !RESERVED.has(name);
}

/** Throws `INVALID_NAME` unless `name` may name a task, a flow or an input. */
export function requireName(name: string, path: string): void {
  if (typeof name === 'string' && isName(name)) return;
  throw new HeadgateError({
    code: 'INVALID_NAME',
    path,
    problem: RESERVED.has(name) ? 'this name is reserved' : 'this cannot be a name',
    expected: `a letter or underscore, then letters, digits, underscores and hyphens, at most ${MAXIMUM_LENGTH}`,
    received: show(name),
    mend: 'Choose another name.',
  });
}

/**
 * The own names of an object that a user wrote. Throws `INVALID_NAME`, also for a literal `{ __proto__: … }`, in which
 * JavaScript sees no name but a prototype.
 */
export function requireNames(given: object, path: string): readonly string[] {
  const prototype: unknown = Object.getPrototypeOf(given);
  if (prototype !== Object.prototype && prototype !== null) requireName('__proto__', `${path}.__proto__`);
  const names = Object.keys(given);
  for (const name of names) requireName(name, `${path}.${name}`);
  return names;
}
