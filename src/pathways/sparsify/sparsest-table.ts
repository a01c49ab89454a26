/** @file What a search for the highest sparsity has tried, and what came of it. */
import { formatNumber } from '../../evaluate/text-table.js';
import type { Note } from '../../notes.js';

/** One try. */
export interface SparsityTry {
  /** That was asked for. */
  readonly sparsity: number;
  /** That the pathways had then, all kernels of all of them together. */
  readonly actual: number;
  /** What was measured after the fine-tuning; null where it is not defined. */
  readonly value: number | null;
  /** Whether it is within the budget. */
  readonly fits: boolean;
  /** Of fine-tuning. */
  readonly epochs: number;
}

export interface Sparsest {
  /** In the order in which they were made. */
  readonly tries: readonly SparsityTry[];
  /** The one whose weights and pathways the project has; null where none fits and the project is as it was. */
  readonly best: SparsityTry | null;
  /** Whether the search came to its end, or the signal fired before. */
  readonly ended: 'completed' | 'aborted';
  /** Name of what was measured: `validation loss`. */
  readonly monitor: string;
  /** Measured before the first try. */
  readonly dense: number;
  /** What a try may have at the worst; it is the same for all. */
  readonly bar: number;
  readonly notes: readonly Note[];
  readonly toString: () => string;
  readonly print: () => void;
}

export function sparsestTable(facts: Omit<Sparsest, 'toString' | 'print' | 'notes'>): Sparsest {
  const tries = Object.freeze(facts.tries.map((one) => Object.freeze({ ...one })));
  const place = facts.best === null ? -1 : facts.tries.indexOf(facts.best);
  const text = (): string => textOf({ ...facts, tries }, place);
  return Object.freeze<Sparsest>({
    ...facts,
    ...{ tries, best: tries[place] ?? null, notes: [] },
    toString: text,
    print: () => console.log(text()),
  });
}

function textOf(
  { tries, monitor, dense, bar, ended }: Pick<Sparsest, 'tries' | 'monitor' | 'dense' | 'bar' | 'ended'>,
  best: number,
): string {
  const rows = tries.map(({ sparsity, actual, value, fits }, i) => [
    formatNumber(sparsity),
    formatNumber(actual),
    formatNumber(value),
    `${fits ? 'yes' : 'no'}${i === best ? ', kept' : ''}`,
  ]);
  const table = [['sparsity', 'actual', monitor, 'fits'], ['0', '0', formatNumber(dense), 'dense'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  '));
  const none = ended === 'aborted' && tries.length === 0 ? 'none was tried' : 'none fits';
  const kept = best < 0 ? `${none}: the project is as it was` : `kept sparsity ${rows[best]?.[1]}`;
  const end = ended === 'aborted' ? '; aborted' : '';
  return [...lines, `${kept} (the bar is ${formatNumber(bar)})${end}`].join('\n');
}
