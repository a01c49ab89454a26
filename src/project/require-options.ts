/** @file Checking what a project is declared with, for callers without types and kinds from outside. */
import { columnNames, kindsOf } from '../data/columns/define-column.js';
import { HeadgateError, show } from '../errors.js';
import { requireDeclaration } from '../flow/require-declaration.js';
import type { TaskKind } from '../tasks/kind.js';
import type { Inputs } from './declared.js';

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

/** Throws `NOT_AN_INPUT` for columns of which only the names of their kinds came through, as in a copy by JSON. */
export function requireColumnKinds(inputs: Inputs): void {
  for (const [name, spec] of Object.entries(inputs)) {
    if (spec.columnKinds === undefined || kindsOf(spec)?.length === columnNames(name, spec).length) continue;
    throw new HeadgateError({
      code: 'NOT_AN_INPUT',
      path: `inputs.${name}.columnKinds`,
      problem: 'these are not the kinds of its columns, only their names, or not one for each column',
      expected: 'what columns(…), number(), category(…), boolean(…), date(…), numbers(…) or defineColumn(…) gives',
      received: show(spec.columnKinds),
    });
  }
}

/** Throws `INVALID_OPTIONS` for numbers of a kind of which the default backbone does not know what they are. */
export function requireAmounts(inputs: Inputs): void {
  for (const [name, spec] of Object.entries(inputs)) {
    if (!kindsOf(spec)?.some(({ isAlone, ids }) => isAlone === true && ids === undefined)) continue;
    throw new HeadgateError({
      code: 'INVALID_OPTIONS',
      path: 'Project.backbone',
      problem: `the numbers of the input "${name}" are no amounts, and the default backbone would read them as such`,
      expected: `a backbone of your own: tf.layers.embedding(…).apply(${name})`,
      mend: 'Or say what they are, where the kind of column is defined: ids.',
    });
  }
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
