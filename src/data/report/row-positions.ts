/** @file How far the rows of ragged inputs reach, of rows that a report reads: some of them may be refused. */
import { refusalOf } from '../../errors.js';
import { maskedAxes } from '../../flow/ragged-input.js';
import type { Layout } from '../../tasks/layout.js';
import { readTokens } from '../hiding/read-tokens.js';
import { cellIn, isRagged, readCell } from '../ragged/bind-ragged.js';
import { columnExtents } from '../ragged/column-extents.js';
import { type Extents, emptyExtents, type Positions } from '../ragged/extents.js';
import { positionsIn } from '../ragged/positions.js';
import type { Table } from '../table.js';

export interface RowPositions {
  /** Null where no task answers along the axes of a ragged input. */
  readonly positions: Positions | null;
  /** 0 for each row of which nobody knows how far it reaches: its cell is refused. It has no position then. */
  readonly known: Uint8Array;
}

export function rowPositions(layout: Layout, table: Table): RowPositions {
  const known = new Uint8Array(table.rows).fill(1);
  const extents = new Map<string, Extents>();
  for (const [input, spec] of Object.entries(layout.flow.graph.inputs)) {
    const ofColumn =
      spec.columnKinds === undefined || spec.ragged === undefined
        ? undefined
        : columnExtents(input, spec, table.rows, readTokens(table, input, spec));
    if (ofColumn !== undefined) extents.set(input, ofColumn);
    if (!isRagged(spec)) continue;
    const own = emptyExtents(table.rows, spec.shape.slice(0, maskedAxes(spec)));
    extents.set(input, own);
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
      else for (const [axis, place, length] of reached) own.lengths[axis]?.fill(length, place, place + 1);
    }
  }
  return { positions: positionsIn(layout, table.rows, (input) => extents.get(input)), known };
}
