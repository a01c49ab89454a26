/** @file Several columns of a table as one vector, each by its own kind. */
import { HeadgateError, show } from '../../errors.js';
import type { ColumnSpecOf, ColumnsSpecOf } from '../../flow/graph.js';
import { isRecord } from '../../options.js';
import type { ColumnKind } from './column-kind.js';
import { kindsOf, specOf } from './define-column.js';

type CellsOf<Columns> = {
  readonly [K in keyof Columns & string]: Columns[K] extends { readonly __cell?: infer Cell } ? Cell : unknown;
};

/**
 * One vector `[size]` of several columns, each by its own kind: `number()`, `category(…)`, `boolean(…)`, `date(…)`,
 * `numbers(…)`, or one of your own (`defineColumn`). Its size follows from the declaration alone. What the kinds learn, they
 * learn from the first fit's rows; `project.describe()` shows it, and the name of each number of the vector.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example
 * columns({
 *   age: number(),
 *   sex: category({ values: ['male', 'female'] }),
 *   alone: boolean({ yes: ['y'], no: ['n'] }),
 * })
 */
export function columns<const Columns extends Readonly<Record<string, ColumnSpecOf<unknown>>>>(
  declared: Columns,
): ColumnsSpecOf<CellsOf<Columns>> {
  const given: unknown = declared; // from untyped code
  const isPlain = isRecord(given) && [Object.prototype, null].includes(Object.getPrototypeOf(given));
  const names = isPlain ? Object.keys(given) : [];
  if (names.length === 0) {
    throw refused('columns', given, 'a record of columns, at least one: { age: number(), … }', '');
  }
  return specOf(
    'columns',
    names,
    names.map((name) => kindOf(declared[name], name)),
  );
}

function kindOf(spec: unknown, name: string): ColumnKind {
  const path = `columns.${name}`;
  const kinds =
    isRecord(spec) && Array.isArray(spec.columnKinds) ? kindsOf(spec as unknown as ColumnSpecOf<unknown>) : null; // it has what is asked of it
  const [kind, ...others] = kinds ?? [];
  if (kind === undefined || others.length > 0 || (isRecord(spec) && spec.columns !== null)) {
    const made = 'what number(), category(…), boolean(…), date(…), numbers(…) or defineColumn(…) gives';
    throw refused(path, spec, made, 'Images, tensors and vectors are inputs of their own.');
  }
  if (kind.isAlone !== true) return kind;
  const expected = 'a column whose numbers are amounts';
  throw refused(path, spec, expected, `Declare it as an input of its own: inputs: { ${name}: … }, for an embedding.`);
}

function refused(path: string, received: unknown, expected: string, mend: string): HeadgateError {
  const problem = 'this is no column of a vector';
  const facts = { code: 'INVALID_OPTIONS', path, problem, expected, received: show(received) } as const;
  return new HeadgateError(mend === '' ? facts : { ...facts, mend });
}
