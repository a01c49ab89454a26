/** @file Code blocks of the documentation, made into modules that the compiler can check. */

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
