/** @file Columns that say too much of a label: what is only known once the label is. */
import { visible } from '../../text.js';
import type { Table } from '../table.js';

/** Rows, below which agreement may be chance. */
const LEAST_ROWS = 20;
/** Above this share, the label is read off rather than learnt. */
const TELLS = 0.95;
/** A label that is nearly always the same is told by anything. */
const COMMON = 0.9;
/** Values of a column that are compared with labels. */
const MOST_VALUES = 100;

/**
 * Why the column is suspected to follow from the label; null where it is not. Looked at are what the label is where the column
 * is missing and where it is not, and what it is for each of its values, where these are few.
 */
export function suspectedLeak(tables: readonly Table[], column: string, task: string): string | null {
  const byPresence = new Map<string, Map<string, number>>();
  const byValue = new Map<string, Map<string, number>>();
  for (const table of tables) {
    if (!table.has(column) || !table.has(task)) continue;
    const [own, labels] = [table.column(column), table.column(task)];
    for (let row = 0; row < table.rows; row++) {
      const label: unknown = labels.value(row);
      if (typeof label === 'object') continue; // missing, or a list
      const value: unknown = own.value(row);
      count(byPresence, value === null ? 'missing' : 'there', String(label));
      if (byValue.size <= MOST_VALUES && typeof value !== 'object') count(byValue, String(value), String(label));
    }
  }
  const all = merged(byPresence);
  const usual = most(all).count / total(all);
  if (total(all) < LEAST_ROWS || usual > COMMON) return null;
  const name = visible(task);
  for (const [presence, labels] of byPresence) {
    const { label, count: agreeing } = most(labels);
    const isMixed = byPresence.size === 2 && total(labels) >= LEAST_ROWS && total(all) - total(labels) >= LEAST_ROWS;
    if (isMixed && agreeing >= TELLS * total(labels)) {
      return `where it is ${presence}, ${name} is ${visible(label)} in ${agreeing} of ${total(labels)} rows`;
    }
  }
  if (byValue.size > MOST_VALUES || byValue.size * LEAST_ROWS > total(all)) return null;
  const told = [...byValue.values()].reduce((sum, labels) => sum + most(labels).count, 0);
  const seen = [...byValue.values()].reduce((sum, labels) => sum + total(labels), 0);
  return told >= TELLS * seen ? `its value tells ${name} in ${told} of ${seen} rows` : null;
}

function count(groups: Map<string, Map<string, number>>, group: string, label: string): void {
  const labels = groups.get(group) ?? new Map<string, number>();
  labels.set(label, (labels.get(label) ?? 0) + 1);
  groups.set(group, labels);
}

function merged(groups: ReadonlyMap<string, ReadonlyMap<string, number>>): Map<string, number> {
  const all = new Map<string, number>();
  for (const labels of groups.values())
    for (const [label, rows] of labels) all.set(label, (all.get(label) ?? 0) + rows);
  return all;
}

const total = (labels: ReadonlyMap<string, number>): number => [...labels.values()].reduce((a, b) => a + b, 0);

function most(labels: ReadonlyMap<string, number>): { readonly label: string; readonly count: number } {
  let best = { label: '', count: 0 };
  for (const [label, rows] of labels) if (rows > best.count) best = { label, count: rows };
  return best;
}
