/** @file Names and patterns of files become a list of files, each as DuckDB finds it and nothing else. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { didYouMean, HeadgateError } from '../../../errors.js';
import { invalidOption } from '../../../options.js';
import type { Connection } from './database.js';

/** One or several names of files; `*`, `?`, `[ab]` and `**` stand for several, where no file has that very name. */
export type FileNames = string | URL | readonly (string | URL)[];

export interface DataFile {
  /** For a person. */
  readonly name: string;
  /** For DuckDB: it matches this file alone. */
  readonly pattern: string;
}

/**
 * The files of a pattern in the order of their names, patterns in the order given.
 *
 * @throws HeadgateError `UNREADABLE_FILE` for a name or pattern without a file; `INVALID_OPTIONS` for what is no name
 */
export async function filesOf(verb: string, given: FileNames, connection: Connection): Promise<readonly DataFile[]> {
  const names: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (names.length === 0) throw invalidOption(`${verb}.files`, given, { expected: 'at least one name of a file' });
  const lists: (readonly DataFile[])[] = [];
  for (const name of names) lists.push(await matching(nameOf(verb, name), connection));
  return lists.flat();
}

function nameOf(verb: string, name: unknown): string {
  if (name instanceof URL && name.protocol === 'file:') return fileURLToPath(name);
  if (name instanceof URL) return name.href;
  if (typeof name === 'string' && name !== '' && !name.includes('\0')) return name;
  throw invalidOption(`${verb}.files`, name, {
    expected: 'a name of a file, a pattern such as data/*.parquet, or several',
  });
}

async function matching(name: string, connection: Connection): Promise<readonly DataFile[]> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(name)) return [{ name, pattern: name }]; // s3, https: DuckDB says what it needs
  const found = await stat(name).catch(() => null);
  if (found?.isDirectory() === true) {
    throw unreadable(name, 'This is a folder.', { mend: `Say which of its files: ${path.join(name, '*.parquet')}.` });
  }
  if (found !== null) return [fileAt(name)];
  if (!/[*?[]/.test(name)) {
    const siblings = await readdir(path.dirname(name)).catch((): string[] => []);
    const near = didYouMean(path.basename(name), siblings);
    throw unreadable(name, 'There is no such file.', {
      suggestion: near === undefined ? undefined : path.join(path.dirname(name), near),
    });
  }
  const facts = { code: 'UNREADABLE_FILE', path: name } as const;
  const rows = await connection.ask('SELECT file FROM glob($1)', facts, [name]);
  const files = rows.map(([file]) => String(file)).sort((a, b) => (a < b ? -1 : 1));
  if (files.length === 0) throw unreadable(name, 'No file matches this pattern.', {});
  return files.map(fileAt);
}

/** In brackets, a character of a pattern stands for itself. */
function fileAt(name: string): DataFile {
  return { name, pattern: path.resolve(name).replaceAll(/[*?[]/g, '[$&]') };
}

function unreadable(
  file: string,
  problem: string,
  more: { readonly mend?: string; readonly suggestion?: string | undefined },
): HeadgateError {
  return new HeadgateError({ code: 'UNREADABLE_FILE', path: file, problem, ...more });
}
