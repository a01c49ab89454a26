/** @file Plain text tables: numbers and cells as people and programs read them. */

/** Columns of a terminal that nobody has widened. */
export const terminalColumns = 80;

/** Four decimals; powers of ten where those would not show it; a dash for what is not defined. */
export function formatNumber(value: number | null): string {
  if (value === null) return '–';
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e6) ? value.toExponential(3) : value.toFixed(4);
}

/** Line ends, escape sequences, and marks that turn the direction of writing: none of them may reach a terminal. */
const CONTROL = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A name as one line of visible characters: `\n`, `\x1b`, `\u202e` for what is none. */
export function visible(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return shortEscapes[character] ?? (code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`);
  });
}

/** Visible, and cut to a width in its middle: names of a family often differ only at an end. */
export function shorten(text: string, width: number): string {
  const characters = [...visible(text)];
  if (characters.length <= width) return characters.join('');
  const room = Math.max(0, width - 1);
  const front = Math.ceil(room / 2);
  return `${characters.slice(0, front).join('')}…${characters.slice(characters.length - (room - front)).join('')}`;
}

/**
 * Many names, each shortened; names that would then look the same are told apart by `~2`, `~3` at their ends. As many
 * labels as names, in their order.
 */
export function shortenAll(names: readonly string[], width: number): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let label = shorten(name, width);
    for (let n = 2; taken.has(label); n++) {
      const mark = `~${n}`;
      label = shorten(name, width - mark.length) + mark;
    }
    taken.add(label);
    return label;
  });
}

/**
 * Lines of at most `width` columns, broken at blanks, and within a word only where it is longer than a line.
 *
 * @param indent of every line but the first
 */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  const start = text.length - text.trimStart().length;
  const [first = '', ...words] = text.slice(start).split(' ');
  /** What is left of a line that one word makes too long. */
  const broken = (line: string): string => {
    let rest = line;
    for (; rest.length > width && width > indent.length; rest = indent + rest.slice(width))
      lines.push(rest.slice(0, width));
    return rest;
  };
  let line = broken(text.slice(0, start) + first);
  for (const word of words) {
    if (line.length + 1 + word.length <= width) line = `${line} ${word}`;
    else {
      lines.push(line);
      line = broken(indent + word);
    }
  }
  return [...lines, line];
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
  const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [line(columns), line(columns.map(() => '---')), ...rows.map((row) => line(row.map(escaped)))].join('');
}
