/** @file An input's columns learn from training rows, each by its own kind; how often cells are missing is counted beside. */
import { placedAt } from '../../errors.js';
import type { InputSpec, Json } from '../../flow/graph.js';
import type { Table } from '../table.js';
import type { ColumnKind, ColumnLearning } from './column-kind.js';
import { columnNames, kindsOf } from './define-column.js';

export interface ColumnsLearning {
  readonly see: (table: Table) => void;
  /** What `encoderOf` reads. */
  readonly state: () => Json;
}

/** @param kept numbers that one column may keep in memory */
export function learnColumns(input: string, spec: InputSpec, kept: number): ColumnsLearning {
  const kinds = kindsOf(spec) ?? []; // rows were bound before: the kinds are known
  const columns = columnNames(input, spec).map((name, i) => {
    const kind = kinds[i] as ColumnKind; // one for each column
    return { name, learning: kind.learn?.(kept) ?? null, missing: 0 };
  });
  let rows = 0;
  return {
    see: (table) => {
      rows += table.rows;
      for (const column of columns) {
        try {
          column.missing += learnCells(table, column.name, column.learning);
        } catch (error) {
          throw placedAt(`inputs.${input}.${column.name}`, error);
        }
      }
    },
    state: () => ({
      rows,
      columns: columns.map(({ learning, missing }) => {
        const { learnt, unknown = 0 } = learning?.result() ?? { learnt: null };
        return { missing, unknown, learnt };
      }),
    }),
  };
}

/** How many of the cells are missing. */
function learnCells(table: Table, name: string, learning: ColumnLearning | null): number {
  if (!table.has(name)) return table.rows; // other chunks had it
  const column = table.column(name);
  let missing = 0;
  for (let row = 0; row < table.rows; row++) {
    const cell = column.value(row);
    if (cell === null) missing += 1;
    else learning?.add(cell);
  }
  return missing;
}
