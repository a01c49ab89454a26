/** @file Which names tasks, flows and inputs may have. */
import { HeadgateError, show } from '../errors.js';

/** Letters of any script, digits, underscores and hyphens; no dot, since dots divide paths. */
const NAME = /^[\p{L}_][\p{L}\p{N}_-]*$/u;

/** Names that JavaScript objects or handles use themselves. */
const RESERVED = new Set(['__proto__', 'constructor', 'prototype', 'given', 'not', 'then']);

/** Throws `INVALID_NAME` unless `name` may name a task, a flow or an input. */
export function requireName(name: string, path: string): void {
  if (NAME.test(name) && !RESERVED.has(name) && name.length <= 200) return;
  throw new HeadgateError({
    code: 'INVALID_NAME',
    path,
    problem: RESERVED.has(name) ? 'this name is reserved' : 'this cannot be a name',
    expected: 'a letter or underscore, then letters, digits, underscores and hyphens',
    received: show(name),
    mend: 'Choose another name.',
  });
}
