/** @file Which training labels a setting leaves, and which of them count. */
import { permutation, type Table, uniforms } from 'headgate';
import { type QualityCase, type Setting, taskOf } from './case.js';

/** Share of labels that stay, each label for itself: a condition's too. */
const KEPT = { full: 1, half: 0.5, tenth: 0.1 } as const;

/**
 * The table with labels hidden at random. `one` leaves each row one task's, every task's as often; where that task has a
 * condition, the condition's stays with it, for without it the label would never count.
 */
export function hideLabels(table: Table, tasks: QualityCase['tasks'], setting: Setting, seed: number): Table {
  if (setting === 'full') return table;
  const names = Object.keys(tasks);
  if (setting === 'one') {
    const order = permutation(table.rows, { seed, stream: 'quality/one', counter: 0 });
    return names.reduce((hidden, name) => {
      const kept = Uint8Array.from(order, (place) => Number(isKept(name, names[place % names.length], tasks)));
      return keepOnly(hidden, name, (row) => kept[row] === 1);
    }, table);
  }
  return names.reduce((hidden, name) => {
    const draws = uniforms({ seed, stream: `quality/${setting}/${name}`, counter: 0 }, table.rows);
    return keepOnly(hidden, name, (row) => Number(draws[row]) < KEPT[setting]);
  }, table);
}

/** Is the task the chosen one, or a condition that it rests on? */
function isKept(name: string, chosen: string | undefined, tasks: QualityCase['tasks']): boolean {
  for (let at = chosen; at !== undefined; at = taskOf(tasks, at).given?.task) if (at === name) return true;
  return false;
}

function keepOnly(table: Table, name: string, keep: (row: number) => boolean): Table {
  const column = table.column(name);
  return table.derive(name, (_, row) => (keep(row) ? column.value(row) : null));
}

/** A task's labels where they count: null where the label is missing, or its condition does not hold or leaves it out. */
export function countedLabels(table: Table, tasks: QualityCase['tasks'], name: string): readonly unknown[] {
  const column = table.column(name);
  const { given } = taskOf(tasks, name);
  const conditions = given && countedLabels(table, tasks, given.task);
  const counts = (condition: unknown): boolean =>
    condition === null ? given?.whenUnknown === 'include' : condition === given?.holds;
  return Array.from({ length: table.rows }, (_, row) =>
    conditions && !counts(conditions[row]) ? null : column.value(row),
  );
}
