import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { errorCodes } from '../../src/error-codes.js';
import { noteCodes } from '../../src/notes.js';

const root = path.resolve(import.meta.dirname, '../..');
const CODE = /'([A-Z]+(?:_[A-Z]+)+)'|code: '([A-Z]+)'|misuse\(\s*'([A-Z]+)'/g;
/** Names of the same look that are no codes. */
const OTHERS = new Set([
  ...['HEADGATE_EXECUTION_PROVIDERS', 'HEADGATE_THREADS'],
  ...['TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS'], // types of DuckDB
]);

/** The lists themselves. */
const LISTS = new Set(['error-codes.ts', 'notes.ts']);

test('every code in the source stands in the list of codes and in docs/errors.md, and no other does', () => {
  const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !LISTS.has(file))
    .map((file) => readFileSync(path.join(root, 'src', file), 'utf8'));
  const used = new Set(
    sources.flatMap((text) => [...text.matchAll(CODE)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')),
  );
  for (const other of [...OTHERS, ...noteCodes]) used.delete(other);
  const page = readFileSync(path.join(root, 'docs/errors.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const listed = rows.flatMap((line) =>
    [...(line.split('|')[1] ?? '').matchAll(/`([A-Z_]+)`/g)].map((match) => match[1]),
  );
  expect([...used].sort()).toEqual([...errorCodes].sort());
  expect(listed.sort()).toEqual([...errorCodes].sort());
});

test('every note stands in docs/project.md, and no other does', () => {
  const page = readFileSync(path.join(root, 'docs/project.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]);
  expect(listed.sort()).toEqual([...noteCodes].sort());
});
