import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const CODE = /'([A-Z]+(?:_[A-Z]+)+)'|code: '([A-Z]+)'|misuse\(\s*'([A-Z]+)'/g;
/** Names of the same look that are no codes. */
const OTHERS = new Set(['HEADGATE_EXECUTION_PROVIDERS', 'HEADGATE_THREADS']);

test('every code in the source stands in docs/errors.md, and no other does', () => {
  const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(path.join(root, 'src', file), 'utf8'));
  const used = new Set(
    sources.flatMap((text) => [...text.matchAll(CODE)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')),
  );
  for (const other of OTHERS) used.delete(other);
  const page = readFileSync(path.join(root, 'docs/errors.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const listed = rows.flatMap((line) =>
    [...(line.split('|')[1] ?? '').matchAll(/`([A-Z_]+)`/g)].map((match) => match[1]),
  );
  expect(listed.sort()).toEqual([...used].sort());
});
