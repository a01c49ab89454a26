/** @file A data report as a table for a terminal. */
import type { Balance } from '../../data/report/balance.js';
import type { DescribedCells } from '../../data/report/columns.js';
import type { CountedRows } from '../../data/report/inputs.js';
import type { NumberSummary } from '../../data/report/number-summary.js';
import type { Refusal } from '../../data/report/refusals.js';
import { listed, show } from '../../errors.js';
import { terminalColumns } from '../../evaluate/text-table.js';
import { padRight, shortenAll, visible, wrap } from '../../text.js';
import { percent, shareText } from './compare.js';
import type { DataFacts, DescribedPart, DescribedTaskData, LeftOut } from './facts.js';

/** Of the names before the figures. */
const NAME = 32;
const FIGURE = 9;
/** Classes, or tasks, that a line names. */
const MOST_CLASSES = 10;

/** Tasks, then inputs, then what was found; each line 80 columns at most. */
export function reportText(facts: DataFacts, fewLabels: number): string {
  const lines = [...rowLines(facts), '', ...taskLines(facts.tasks, fewLabels), '', ...columnLines(facts.columns)];
  const found = findings(facts);
  if (found.length > 0) lines.push('', ...found.flatMap((line) => wrapped(line, '')));
  return lines.map((line) => line.trimEnd()).join('\n');
}

function rowLines({ rows, parts, refusedRows, repeatedRows }: DataFacts): readonly string[] {
  const says = [
    ...(refusedRows.rows > 0 ? [`${counted(refusedRows)} would be refused for their inputs`] : []),
    ...(repeatedRows !== null && repeatedRows.rows > 0
      ? [`${counted(repeatedRows)} have the inputs of an earlier row`]
      : []),
  ];
  return [
    `${rows} ${rows === 1 ? 'row' : 'rows'}`,
    ...parts.flatMap((part) => wrapped(partText(part), '  ')),
    ...says.flatMap((line) => wrapped(line, '  ')),
  ];
}

function partText({ name, rows, trainable }: DescribedPart): string {
  const counts = Object.entries(trainable).map(([path, count]) => `${path} ${count}`);
  return `${name}: ${rows} rows, of which count: ${few(counts)}`;
}

/** `3 rows (first: row 7)`. */
const counted = ({ rows, first }: CountedRows): string => `${rows} (first: row ${first})`;

function taskLines(tasks: readonly DescribedTaskData[], fewLabels: number): readonly string[] {
  const names = shortenAll(
    tasks.map(({ path }) => path),
    NAME - 2,
  );
  const heading = line('tasks', ['labelled', 'true', 'false', 'unknown', 'counts']);
  return [
    heading,
    ...tasks.flatMap((task, i) => {
      const { applies, labelled, trainable } = task;
      const figures = [labelled, applies.yes, applies.no, applies.unknown, trainable].map(String);
      return [
        line(`  ${names[i]}`, figures), // one for each
        ...taskDetails(task, fewLabels).flatMap((text) => wrapped(text, '    ')),
      ];
    }),
  ];
}

function taskDetails(task: DescribedTaskData, fewLabels: number): readonly string[] {
  const { kind, column, condition, includesUnknown, withheld, refused, balance, isNearlyEmpty, trainable } = task;
  const read = column === null ? 'no column of labels' : `labels in ${show(column)}`;
  const withheldText = `do not count: ${withheld.no} where the condition is false, ${withheld.unknown} where it is not known`;
  return [
    `${kind}, ${read}`,
    ...(condition === null ? [] : [`given ${condition}${includesUnknown ? ' (or unknown)' : ''}`]),
    ...(isNearlyEmpty ? [`nearly empty: ${trainable} labels count, fewer than ${fewLabels}`] : []),
    ...refused.map(refusalText),
    ...(withheld.no + withheld.unknown > 0 ? [withheldText] : []),
    ...balanceText(balance),
  ];
}

function refusalText({ code, count, row, problem, received, suggestion }: Refusal): string {
  const was = received === null ? '' : `, ${received}`;
  const meant = suggestion === null ? '' : ` (did you mean "${suggestion}"?)`;
  return `refused: ${count} × ${code} (first: row ${row}${was})${meant}: ${problem}`;
}

function balanceText(balance: Balance): readonly string[] {
  switch (balance.of) {
    case 'classes': {
      const all = balance.classes.reduce((sum, { count }) => sum + count, 0);
      if (all === 0) return [];
      return [few(balance.classes.map(({ name, count }) => `${show(name)} ${count} (${percent(count / all)})`))];
    }
    case 'decisions': {
      const known = balance.decisions.filter(({ count }) => count > 0);
      if (known.length === 0) return [];
      const text = known.map(({ name, count, positives }) => {
        return `${name === null ? 'yes' : show(name)} ${positives} of ${count} (${percent(positives / count)})`;
      });
      return [few(text)];
    }
    case 'numbers':
      return balance.elements
        .flatMap((element) => (element === null ? [] : summaryText(element)))
        .slice(0, MOST_CLASSES);
  }
}

function few(texts: readonly string[]): string {
  const rest = texts.length - MOST_CLASSES;
  return [...texts.slice(0, MOST_CLASSES), ...(rest > 0 ? [`… ${rest} more`] : [])].join(', ');
}

function summaryText({ least, greatest, mean, quartiles }: NumberSummary): string {
  return `from ${short(least)} to ${short(greatest)}, mean ${short(mean)}, quartiles ${quartiles.map(short).join(', ')}`;
}

/** Four digits. */
const short = (value: number): string => String(Number(value.toPrecision(4)));

function columnLines(columns: readonly DescribedCells[]): readonly string[] {
  const labels = columns.map(({ input, column }) => (input === column ? column : `${input}.${column}`));
  const names = shortenAll(labels, NAME - 2);
  return [
    line('inputs', ['missing', 'unknown', 'refused', 'values']),
    ...columns.flatMap((column, i) => {
      const { missing, unknown, refused, values } = column;
      const count = refused.reduce((sum, one) => sum + one.count, 0);
      const figures = [missing, unknown, count, values ?? '>1000'].map(String);
      return [line(`  ${names[i]}`, figures), ...columnDetails(column).flatMap((text) => wrapped(text, '    '))]; // one for each
    }),
  ];
}

function columnDetails(column: DescribedCells): readonly string[] {
  const { kind, numbers, isAbsent, isConstant, refused, refusesMissing, missing, firstMissing, cut } = column;
  const gaps = `missing cells are refused (first: row ${firstMissing})`;
  return [
    numbers === null ? kind : `${kind}, ${summaryText(numbers)}`,
    ...(isAbsent ? ['no such column: fit refuses these rows'] : isConstant ? ['constant'] : []),
    ...(cut > 0 ? [`cut: ${cut} are longer than their places, and read in part`] : []),
    ...(refusesMissing && missing > 0 && !isAbsent ? [gaps] : []),
    ...refused.map(refusalText),
  ];
}

function findings({ equalColumns, leaks, comparison, leftOut }: DataFacts): readonly string[] {
  const differing = comparison?.shares.filter(({ differs }) => differs) ?? [];
  const inBoth = comparison?.inBoth ?? null;
  return [
    ...equalColumns.map((names) => `equal columns: ${listed(names.map((name) => show(name)))}`),
    ...leaks.map(({ task, why }) => `leak? ${task}: ${why}`),
    ...(comparison === null ? [] : [`compared with ${comparison.rows} other rows`]),
    ...(inBoth !== null && inBoth.rows > 0
      ? [`in both: ${counted(inBoth)} of the others have inputs of these rows`]
      : []),
    ...differing.map((share) => `differs: ${shareText(share, short)}`),
    ...leftOut.filter(isNew).map(leftOutText),
  ];
}

/** Labels that are left out are counted below their tasks. */
const isNew = ({ what, count }: LeftOut): boolean => count === null || what === 'rows';

const leftOutText = ({ what, count, why }: LeftOut): string =>
  `left out: ${what}${count === null ? '' : ` (${count})`}: ${why}`;

function line(name: string, figures: readonly string[]): string {
  return padRight(name, NAME) + figures.map((figure) => figure.padStart(FIGURE)).join('');
}

function wrapped(text: string, indent: string): readonly string[] {
  return wrap(visible(indent + text), terminalColumns, `${indent}  `);
}
