/** @file What was taken for what, as a user reads it: a matrix while it fits a terminal, else the commonest mistakes. */
import type { ConfusionCell, ConfusionData } from '../tasks/kind.js';
import { columnsOf, padLeft, padRight, shorten, shortenAll, visible } from '../text.js';
import { terminalColumns } from './text-table.js';

export interface ConfusionMatrix {
  /** The decision it is about, for a kind with several (a class of a multilabel); else null. */
  readonly name: string | null;
  readonly classes: readonly string[];
  /** The pairs that occurred, in the order of `classes`. */
  readonly cells: readonly ConfusionCell[];
  /** `[true][predicted]`, in the order of `classes`: classes² numbers, made when asked for. */
  readonly counts: readonly (readonly number[])[];
  /** At most 80 columns wide: the matrix, or where it does not fit, the commonest mistakes. */
  readonly toString: () => string;
  readonly print: () => void;
}

/** One matrix, or one for each decision of a task with several. */
export interface Confusions extends ReadonlyArray<ConfusionMatrix> {
  readonly toString: () => string;
  readonly print: () => void;
}

export function confusions(data: readonly ConfusionData[]): Confusions {
  const matrices = data.map(confusionMatrix);
  const text = (): string => matrices.map((matrix) => matrix.toString()).join('\n\n');
  const hidden = { toString: { value: text }, print: { value: () => console.log(text()) } };
  return Object.freeze(Object.defineProperties(matrices, hidden)) as Confusions; // an array with what was just defined
}

function confusionMatrix(data: ConfusionData): ConfusionMatrix {
  const { name, classes, cells } = data;
  const text = (): string => render(data);
  const matrix = {
    name,
    classes,
    cells,
    get counts() {
      const counts = classes.map(() => new Array<number>(classes.length).fill(0));
      for (const { actual, predicted, count } of cells) (counts[actual] as number[])[predicted] = count;
      return counts;
    },
  };
  const hidden = { toString: { value: text }, print: { value: () => console.log(text()) } };
  return Object.freeze(Object.defineProperties(matrix, hidden)) as unknown as ConfusionMatrix; // with what was just defined
}

/** Mistakes that a list shows. */
const LISTED = 20;
/** Class names that head the columns of a matrix need at least this many characters to be told apart. */
const LEAST_NAME = 6;
const GREATEST_NAME = 20;

function render(data: ConfusionData): string {
  const title = data.name === null ? [] : [shorten(data.name, terminalColumns)];
  return [...title, ...(matrixLines(data) ?? mistakeLines(data))].join('\n');
}

/** Null where the matrix is wider than a terminal. */
function matrixLines({ classes, cells }: ConfusionData): readonly string[] | null {
  const digits = Math.max(1, ...cells.map(({ count }) => String(count).length));
  const longest = Math.max(...classes.map((name) => columnsOf(visible(name))));
  const nameWidth = Math.max(longest <= GREATEST_NAME ? longest : GREATEST_NAME, 'true'.length);
  const room = Math.floor((terminalColumns - nameWidth) / classes.length) - 2;
  const cellWidth = Math.max(digits, Math.min(longest, room));
  if (room < digits || (room < LEAST_NAME && room < longest)) return null;
  const byPlace = new Map(cells.map(({ actual, predicted, count }) => [actual * classes.length + predicted, count]));
  const columns = shortenAll(classes, cellWidth);
  const line = (heading: string, texts: readonly string[]): string =>
    padRight(heading, nameWidth) + texts.map((text) => `  ${padLeft(text, cellWidth)}`).join('');
  return [
    `${'true'.padEnd(nameWidth)}  predicted`,
    line('', columns),
    ...shortenAll(classes, nameWidth).map((name, actual) =>
      line(
        name,
        classes.map((_, predicted) => String(byPlace.get(actual * classes.length + predicted) ?? 0)),
      ),
    ),
  ];
}

function mistakeLines({ classes, cells }: ConfusionData): readonly string[] {
  const mistakes = cells.filter(({ actual, predicted }) => actual !== predicted);
  const count = (some: readonly ConfusionCell[]): number => some.reduce((sum, cell) => sum + cell.count, 0);
  const all = count(cells);
  const head = `${all - count(mistakes)} of ${all} rows right, ${classes.length} classes`;
  // a stable sort: of equally common mistakes the first in class order comes first
  const shown = [...mistakes].sort((a, b) => b.count - a.count).slice(0, LISTED);
  if (shown.length === 0) return [head];
  const countWidth = Math.max('rows'.length, ...shown.map((cell) => String(cell.count).length));
  const nameWidth = Math.floor((terminalColumns - countWidth - 4) / 2);
  const used = [...new Set(shown.flatMap(({ actual, predicted }) => [actual, predicted]))];
  const short = shortenAll(
    used.map((c) => classes[c] as string), // cells hold places of classes
    nameWidth,
  );
  const labels = new Map(used.map((c, i) => [c, short[i] as string]));
  const width = Math.max('predicted'.length, ...short.map(columnsOf));
  const line = (rows: string, actual: string, predicted: string): string =>
    `${rows.padStart(countWidth)}  ${padRight(actual, width)}  ${predicted}`;
  const rest = mistakes.length - shown.length;
  return [
    head,
    line('rows', 'true', 'predicted'),
    ...shown.map((cell) =>
      line(String(cell.count), labels.get(cell.actual) as string, labels.get(cell.predicted) as string),
    ),
    ...(rest > 0 ? [`… and ${count(mistakes) - count(shown)} rows in ${rest} more pairs: see \`cells\``] : []),
  ];
}
