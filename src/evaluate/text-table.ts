/** @file Plain text tables: numbers and cells as people and programs read them. */
import { visible } from '../text.js';

/** Columns of a terminal that nobody has widened. */
export const terminalColumns = 80;

/** Beside the name of a task of which no label ever counted in a fit. */
export const neverTrainedWords = ' (never trained)';

/** Four decimals; powers of ten where those would not show it; a dash for what is not defined. */
export function formatNumber(value: number | null): string {
  if (value === null) return '–';
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e6) ? value.toExponential(3) : value.toFixed(4);
}

export type Cell = string | number | null;

/** RFC 4180 with `\n`; null is an empty cell, numbers keep every digit. */
export function toCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\n`).join('');
}

function csvCell(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function toMarkdown(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const escaped = (text: string): string =>
    visible(text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\n', ' '));
  return [line(columns), line(columns.map(() => '---')), ...rows.map((row) => line(row.map(escaped)))].join('');
}
