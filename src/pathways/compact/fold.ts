/** @file What units that go leave behind: the biases of what read them. */
import type { LayerVariable } from '../../model/binding.js';
import type { UnitGraph } from '../../model/units/graph.js';
import type { Reading } from './constants.js';
import { eachNonZero, weight } from './weights.js';

/** By kernel, what is added to the bias of each of its columns; kernels whose biases stay are not here. */
export type Folds = ReadonlyMap<LayerVariable, Float64Array>;

/**
 * A row that goes and always reads `v` adds `v · Σ W[…, row, column]` to each column's bias.
 *
 * @param by what stands for a row: what it always reads, or what it reads on average
 */
export function foldsOf(
  graph: UnitGraph,
  readings: ReadonlyMap<LayerVariable, Reading>,
  isGone: readonly boolean[],
  by: 'constants' | 'means',
): Folds {
  const folds = new Map<LayerVariable, Float64Array>();
  for (const [variable, reading] of readings) {
    const rows = graph.axes.get(variable)?.find(({ role }) => role === 'reads');
    const values = reading[by].map((value, i) => (isGone[rows?.units[i] ?? -1] ? (value ?? 0) : 0));
    if (rows === undefined || values.every((value) => value === 0)) continue;
    const own = weight(variable);
    const columns = columnAxis(own.shape.length, rows.axis);
    const sums = new Float64Array(own.shape[columns] ?? 0);
    eachNonZero(own, [rows.axis, columns], (i, j, value) => {
      sums[j] = (sums[j] ?? 0) + (values[i] ?? 0) * value;
    });
    if (sums.some((sum) => sum !== 0)) folds.set(variable, sums);
  }
  return folds;
}

/** Kernels read along one of their last two axes and make along the other. */
const columnAxis = (rank: number, reads: number): number => (reads === rank - 1 ? rank - 2 : rank - 1);
