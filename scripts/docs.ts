/** @file Code of the documentation, pages and docstrings, made into modules that the compiler can check. */

/**
 * One module for each ```ts block of a page, line for line where it stands in the page, so that the compiler's line
 * numbers are the page's. Text inside `<!-- preamble … -->` comments above a block belongs to it, unseen by readers.
 */
export function modulesOf(markdown: string): string[] {
  const lines = markdown.split('\n');
  const preamble = new Set<number>();
  const blocks: number[][] = [];
  let inside: 'prose' | 'preamble' | 'block' | 'other' = 'prose';
  lines.forEach((line, i) => {
    if (inside === 'prose') {
      if (line === '<!-- preamble') inside = 'preamble';
      else if (line === '```ts') {
        inside = 'block';
        blocks.push([...preamble]);
      } else if (line.startsWith('```')) inside = 'other';
    } else if (line === (inside === 'preamble' ? '-->' : '```')) inside = 'prose';
    else if (inside === 'preamble') preamble.add(i);
    else if (inside === 'block') blocks.at(-1)?.push(i);
  });
  if (inside !== 'prose') throw new Error(`a ${inside} is not closed`);
  return blocks.map((kept) => {
    const keep = new Set(kept);
    return `${lines.map((line, i) => (keep.has(i) ? line : '')).join('\n')}\nexport {};\n`;
  });
}

/** What examples in docstrings may name without declaring it, beside what the package exports. */
const KNOWN = `
declare const train: Table, validation: Table, test: Table, table: Table;
declare const evaluation: Evaluation;
declare const json: unknown;
declare function median(decoded: Float64Array, labels: Float64Array): number;
declare const project: typeof declared, other: typeof declared, base: typeof declared;
const declared = new Project({
  name: 'camera',
  inputs: { frame: vector({ columns: ['minutes', 'pages'] }) },
  tasks: { doorOpen: binary(), doorLocked: binary(), alarm: binary(), shirt: classification({ classes: ['red', 'blue'] }) },
}).flow('all', (task, x) => [task.doorOpen(x.features), task.shirt(x.features)]);
`;

/**
 * One module for each `@example` of a source file, line for line where it stands in the file.
 *
 * @param exports names of what `headgate` and its subpaths export, by the path that they are imported from
 */
export function examplesOf(source: string, exports: ReadonlyMap<string, readonly string[]>): string[] {
  const imports = [...exports].map(([from, names]) => `import { ${names.join(', ')} } from '${from}';`);
  const head = [...imports, ...KNOWN.trim().split('\n')].join(' ');
  const lines = source.split('\n');
  return lines.flatMap((line, start) => {
    if (!/^\s*\* @example\b/.test(line)) return [];
    const rest = lines.slice(start + 1);
    const end = rest.findIndex((next) => /^\s*\*(\/| @)/.test(next));
    const body = rest.slice(0, end).map((next) => next.replace(/^\s*\* ?/, ''));
    const first = line.replace(/^\s*\* @example ?/, '');
    const code = [`${head} export async function example() { ${first}`, ...body, '}'].join('\n');
    return [`${'\n'.repeat(start)}${code}\n`];
  });
}
