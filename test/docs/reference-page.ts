/** @file Reads docs/reference.md: the options that it lists for each function, and the calls that it names. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

export interface DocumentedOption {
  readonly takes: string;
  /** `needed`, a JavaScript value in backticks, or words. */
  readonly usual: string;
}

export interface Section {
  /** `fit`, of a heading ### `fit`; null under any other heading. */
  readonly name: string | null;
  readonly options: ReadonlyMap<string, DocumentedOption>;
  readonly text: string;
}

/** The page by its headings of third level, and what stands before the first below others. */
export function readReference(): readonly Section[] {
  const page = readFileSync(path.join(root, 'docs/reference.md'), 'utf8');
  return page.split(/^(?=##)/m).map((text) => {
    const name = /^### `([^`]+)`$/m.exec(text)?.[1] ?? null;
    const rows = text.split('\n').filter((line) => line.startsWith('| `'));
    const isOptions = text.includes('\n| option | takes | default | |\n');
    return { name, options: new Map(isOptions ? rows.map(optionIn) : []), text };
  });
}

function optionIn(row: string): [string, DocumentedOption] {
  const [, option = '', takes = '', usual = ''] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
  return [option.replaceAll('`', ''), { takes, usual }];
}

/** A section's own options, and those that it takes over by "those of `other`", but for what stands after "but". */
export function allOptions(name: string, sections: readonly Section[]): ReadonlyMap<string, DocumentedOption> {
  const section = sections.find((one) => one.name === name);
  if (section === undefined) throw new Error(`docs/reference.md has no section ### \`${name}\``);
  const over = /those of `([^`]+)`(?: but `([^`]+)`)?/.exec(section.text);
  const others = over?.[1] === undefined ? [] : [...allOptions(over[1], sections)];
  return new Map([...others.filter(([option]) => option !== over?.[2]), ...section.options]);
}

/** What stands in the first cells of tables that list calls: `and(…)` is `and`, `table.rows` is `table.rows`. */
export function callsIn(sections: readonly Section[]): readonly string[] {
  return sections
    .filter(({ text, options }) => options.size === 0 && !text.startsWith('## Environment'))
    .flatMap(({ text }) => text.split('\n').filter((line) => line.startsWith('| `')))
    .flatMap((row) => [...(row.split(' |')[0] ?? '').matchAll(/`([\w.]+)/g)].map((match) => match[1] ?? ''));
}
