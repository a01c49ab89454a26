/** @file What compaction did, as data and as a table. */
import { formatNumber, terminalColumns } from '../../evaluate/text-table.js';
import { padLeft, padRight, shortenAll, wrap } from '../../text.js';
import type { KeptUnits } from './choice.js';

export interface BeforeAfter {
  readonly before: number;
  readonly after: number;
}

export interface Sizes {
  readonly units: BeforeAfter;
  readonly parameters: BeforeAfter;
  readonly bytes: BeforeAfter;
  /** Multiplications of a weight with what it reads, for one row. */
  readonly multiplyAdds: BeforeAfter;
}

export interface LayerSizes extends Sizes {
  /** Its path in the model: `stem`, `encoder/dense.2`. */
  readonly name: string;
}

/** A unit that several layers make together (a residual) counts in each of them, and once in the whole. */
export interface CompactReport extends Sizes {
  /** Layers with weights, in the order of the model. */
  readonly layers: readonly LayerSizes[];
  /** Units that could have gone by their weights, or were to go, and why they stay. */
  readonly kept: readonly KeptUnits[];
  /** The largest difference of an output on the probes, in parts of that output's largest value. */
  readonly difference: number;
  /** The table, at most 80 columns wide. */
  readonly toString: () => string;
  readonly print: () => void;
}

const SIZES = ['units', 'parameters', 'multiplyAdds'] as const;
const HEADINGS = ['layer', 'units', 'parameters', 'multiply-adds'];

export function compactReport(facts: Omit<CompactReport, 'toString' | 'print'>): CompactReport {
  const report: CompactReport = {
    ...facts,
    toString: () => textOf(facts),
    print: () => console.log(textOf(facts)),
  };
  return Object.freeze(report);
}

function textOf(facts: Omit<CompactReport, 'toString' | 'print'>): string {
  const rows = [...facts.layers, { ...facts, name: 'all' }];
  const cells = rows.map((row) => SIZES.map((size) => arrow(row[size])));
  const widths = SIZES.map((_, i) =>
    Math.max(...[HEADINGS[i + 1] ?? '', ...cells.map((row) => row[i] ?? '')].map((cell) => cell.length)),
  );
  const names = shortenAll(
    rows.map(({ name }) => name),
    terminalColumns - widths.reduce((a, b) => a + b + 2, 0),
  );
  const nameWidth = Math.max(...['layer', ...names].map((name) => name.length));
  const line = (name: string, row: readonly string[]): string =>
    [padRight(name, nameWidth), ...row.map((cell, i) => padLeft(cell, widths[i] ?? 0))].join('  ').trimEnd();
  const kept = facts.kept.flatMap(({ group, units, because }) =>
    wrap(`kept: ${units.length} of ${group}: ${because}`, terminalColumns, '  '),
  );
  return [
    line(HEADINGS[0] ?? '', HEADINGS.slice(1)),
    ...names.map((name, i) => line(name, cells[i] ?? [])),
    `bytes: ${arrow(facts.bytes)}; largest difference of an output: ${formatNumber(facts.difference)} of its scale`,
    ...kept,
  ].join('\n');
}

const arrow = ({ before, after }: BeforeAfter): string =>
  before === after ? count(after) : `${count(before)} -> ${count(after)}`;

const count = (value: number): string => value.toLocaleString('en-US');
