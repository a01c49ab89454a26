/** @file The report of what rows are to a declaration. */
import type { CountedRows } from '../../data/report/inputs.js';
import { didYouMean } from '../../errors.js';
import type { DataComparison } from './compare.js';
import type { DataFacts, LeftOut } from './facts.js';
import { LOOKED_AT } from './leaks.js';
import type { ReadRows } from './read-rows.js';
import { reportText } from './text.js';

export interface DataReport extends DataFacts {
  /** A table, at most 80 columns wide. */
  readonly toString: () => string;
  readonly print: () => void;
  /** What `JSON.stringify` writes: plain data, null where there is no number. */
  readonly toJSON: () => DataFacts;
}

export interface Findings {
  readonly read: ReadRows;
  readonly fewLabels: number;
  readonly repeatedRows: CountedRows | null;
  readonly comparison: DataComparison | null;
}

export function dataReport({ read, fewLabels, repeatedRows, comparison }: Findings): DataReport {
  const { rows, parts, inputs, surplus, leaks } = read;
  const tasks = read.labels.map((labels) => Object.freeze({ ...labels, isNearlyEmpty: labels.trainable < fewLabels }));
  const facts: DataFacts = Object.freeze({
    ...{ rows, parts, tasks: Object.freeze(tasks) },
    columns: inputs.columns,
    equalColumns: inputs.equalColumns,
    surplus: Object.freeze([...surplus]),
    refusedRows: inputs.refusedRows,
    ...{ repeatedRows, leaks, leftOut: leftOutOf(read), comparison },
  });
  const text = (): string => reportText(facts, fewLabels);
  return Object.freeze({ ...facts, toString: text, print: () => console.log(text()), toJSON: () => facts });
}

function leftOutOf({ rows, inputs, labels, surplus }: ReadRows): readonly LeftOut[] {
  const found: LeftOut[] = [];
  if (inputs.refusedRows.rows > 0) {
    const why = 'fit refuses them for a cell of an input';
    found.push({ what: 'rows', count: inputs.refusedRows.rows, why });
  }
  if (rows > LOOKED_AT) {
    const why = `leaks were looked for in the first ${LOOKED_AT} rows alone`;
    found.push({ what: 'rows', count: rows - LOOKED_AT, why });
  }
  for (const { path, column, withheld, refused } of labels) {
    if (column === null) found.push({ what: path, count: null, why: absentWhy(path, surplus) });
    for (const { count, code } of refused) found.push({ what: path, count, why: `fit refuses these labels: ${code}` });
    if (withheld.no > 0) found.push({ what: path, count: withheld.no, why: 'labels where its condition is false' });
    if (withheld.unknown > 0) {
      found.push({ what: path, count: withheld.unknown, why: 'labels where its condition is not known' });
    }
  }
  for (const { column, isAbsent } of inputs.columns) {
    if (isAbsent) found.push({ what: column, count: null, why: 'an input reads it, and the rows do not have it' });
  }
  for (const column of surplus) found.push({ what: column, count: null, why: 'no input and no task reads it' });
  return Object.freeze(found.map((one) => Object.freeze(one)));
}

function absentWhy(path: string, surplus: readonly string[]): string {
  const near = didYouMean(path, surplus) ?? didYouMean(path.split('.').at(-1) ?? path, surplus);
  return `no column has its labels${near === undefined ? '' : `; did you mean "${near}"?`}`;
}
