/** @file How far the rows of ragged inputs reach, of rows that a report reads: some of them may be refused. */
import { refusalOf } from '../../errors.js';
import type { FlowGraph, InputSpec } from '../../flow/graph.js';
import { maskedAxes } from '../../flow/ragged-input.js';
import type { Layout } from '../../tasks/layout.js';
import { readTokens } from '../hiding/read-tokens.js';
import { unequalRows } from '../ragged/agree.js';
import { cellIn, isRagged, readCell } from '../ragged/bind-ragged.js';
import { columnExtents } from '../ragged/column-extents.js';
import { type Extents, emptyExtents, type Positions } from '../ragged/extents.js';
import { positionsIn } from '../ragged/positions.js';
import type { Table } from '../table.js';

export interface RowExtents {
  /** By the name of the ragged input; a row of which nobody knows it reaches nowhere. */
  readonly extents: ReadonlyMap<string, Extents>;
  /** 0 for each row of which nobody knows how far it reaches: a cell is refused, or two inputs do not agree. */
  readonly known: Uint8Array;
}

export function rowExtents(specs: FlowGraph['inputs'], table: Table): RowExtents {
  const known = new Uint8Array(table.rows).fill(1);
  const extents = new Map(
    Object.entries(specs).flatMap(([input, spec]): [string, Extents][] => {
      const own = isRagged(spec) ? extentsOf(input, spec, table, known) : ofColumn(input, spec, table);
      return own === undefined ? [] : [[input, own]];
    }),
  );
  for (const { row } of unequalRows(specs, extents)) known[row] = 0;
  for (const { lengths } of extents.values()) {
    for (const own of lengths) {
      const size = own.length / table.rows;
      for (let row = 0; row < table.rows; row++) if (known[row] === 0) own.fill(0, row * size, (row + 1) * size);
    }
  }
  return { extents, known };
}

/** Of a text: one that is refused has no token. */
function ofColumn(input: string, spec: InputSpec, table: Table): Extents | undefined {
  if (spec.columnKinds === undefined || spec.ragged === undefined) return undefined;
  return columnExtents(input, spec, table.rows, readTokens(table, input, spec));
}

function extentsOf(input: string, spec: InputSpec, table: Table, known: Uint8Array): Extents {
  const extents = emptyExtents(table.rows, spec.shape.slice(0, maskedAxes(spec)));
  const column = table.has(input) ? table.column(input) : null;
  for (let row = 0; row < table.rows; row++) {
    const reached: (readonly [number, number, number])[] = [];
    const into = {
      set: (): void => {},
      reaches: (axis: number, place: number, length: number): void => void reached.push([axis, place, length]),
    };
    const cell = column === null ? null : cellIn(column, row);
    const refusal = refusalOf(() => readCell(cell, row, spec, into, { input, path: (text) => text }));
    if (refusal !== null) known[row] = 0;
    else for (const [axis, place, length] of reached) extents.lengths[axis]?.fill(length, place, place + 1);
  }
  return extents;
}

export interface RowPositions extends Pick<RowExtents, 'known'> {
  /** Null where no task answers along the axes of a ragged input. */
  readonly positions: Positions | null;
}

export function rowPositions(layout: Layout, table: Table): RowPositions {
  const { extents, known } = rowExtents(layout.flow.graph.inputs, table);
  return { positions: positionsIn(layout, table.rows, (input) => extents.get(input)), known };
}
