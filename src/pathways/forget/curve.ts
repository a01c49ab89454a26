/** @file What forgetting cost, step by step: as data and as a table. */
import { formatNumber } from '../../evaluate/text-table.js';
import { padLeft } from '../../text.js';

export interface ForgetPoint {
  /** Share of each layer's weights that were to go; 0 for the network as it was. */
  readonly share: number;
  /** Weights that are gone, of all layers together. */
  readonly weights: number;
  /** Share of the target that is answered rightly; of a whole task its first metric. Null without rows. */
  readonly target: number | null;
  /** By task, the same of what is to stay: of the target's own task its other answers, of the others the first metric. */
  readonly others: ReadonlyMap<string, number | null>;
  /** The most that one of the others has lost against the network as it was, of those that are maximised. */
  readonly lost: number;
}

/** What was tried, and what was done. */
export interface ForgetCurve {
  /** `digit = 3`, or the path of a task. */
  readonly target: string;
  /** Kernels of which weights went. */
  readonly layers: readonly string[];
  /** The first is of the network as it was. */
  readonly points: readonly ForgetPoint[];
  /** The first point that met `until`: the project is so now. Null: none did, and nothing has changed. */
  readonly kept: ForgetPoint | null;
}

export function curveText({ target, layers, points, kept }: ForgetCurve): string {
  const rows = points.map((point) => {
    const cells = [`${(100 * point.share).toFixed(2)} %`, point.weights.toLocaleString('en-US')];
    return [...cells, formatNumber(point.target), formatNumber(point.lost)];
  });
  const heads = ['share', 'weights', 'target', 'others lost'];
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]): string => row.map((cell, i) => padLeft(cell, widths[i] ?? 0)).join('  ');
  const end = kept === null ? 'no point met the criterion; nothing was changed' : `${kept.weights} weights are gone`;
  return [
    `forgetting ${target} in ${layers.join(', ')}`,
    line(heads),
    ...rows.map((row, i) => line(row) + (points[i] === kept ? '  <- kept' : '')),
    end,
  ].join('\n');
}
