/** @file Checking what a project is declared with, for callers without types and kinds from outside. */
import { HeadgateError, show } from '../errors.js';
import { requireDeclaration } from '../flow/require-declaration.js';
import type { TaskKind } from '../tasks/kind.js';

/** Throws `NO_TASKS` or `NO_INPUTS`. */
export function requireAny(path: 'tasks' | 'inputs', given: object): void {
  if (Object.keys(given).length > 0) return;
  throw new HeadgateError({
    code: path === 'tasks' ? 'NO_TASKS' : 'NO_INPUTS',
    path,
    problem: `a project needs ${path}`,
    expected: `at least one of ${path}`,
    received: '{}',
  });
}

/** Throws `NOT_A_TASK`, `INVALID_KIND`. */
export function requireKind(given: unknown, path: string): void {
  if (!isKind(given)) {
    throw new HeadgateError({
      code: 'NOT_A_TASK',
      path,
      problem: 'this is no task',
      expected: 'what binary(), classification({ classes }), boundedRegression({ min, max }) and the like give',
      received: show(given),
    });
  }
  requireDeclaration(given, path);
}

function isKind(given: unknown): given is TaskKind {
  const methods = ['encode', 'loss', 'activate', 'decode', 'value', 'explain'] as const satisfies (keyof TaskKind)[];
  const isObject = typeof given === 'object' && given !== null;
  return isObject && methods.every((method) => typeof Reflect.get(given, method) === 'function');
}
