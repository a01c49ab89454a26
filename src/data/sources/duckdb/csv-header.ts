/** @file The first line of a CSV file: the names of its columns, read before the rest is. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { HeadgateError, show } from '../../../errors.js';

/** More than any header, and less than a file without line ends may hold. */
const HEADER_BYTES = 2 ** 20;

/** @throws HeadgateError `UNREADABLE_FILE`, `INVALID_CSV` for a file that is not UTF-8, or whose first line never ends */
export async function readFirstLine(name: string): Promise<{ readonly line: string; readonly isGzip: boolean }> {
  const { bytes, isGzip } = await firstBytes(name);
  return { line: firstLine(textOf(bytes, name), name, bytes.length >= HEADER_BYTES), isGzip };
}

export interface HeaderFacts {
  /** For errors. */
  readonly file: string;
  readonly delimiter: string;
  /** Names that are meant, whatever they look like. */
  readonly accepted: ReadonlySet<string>;
}

/** @throws HeadgateError `INVALID_CSV`, `DUPLICATE_COLUMN` */
export function headerOf(line: string, { file: path, delimiter, accepted }: HeaderFacts): readonly string[] {
  const names = fieldsOf(line, delimiter, path);
  if (names.every((column) => column === '')) {
    throw invalid(path, 'The first line must hold the names of the columns.', show(names));
  }
  const twice = names.find((column, i) => names.indexOf(column) < i);
  if (twice !== undefined) {
    const problem = `Two columns are named ${show(twice)}.`;
    throw new HeadgateError({ code: 'DUPLICATE_COLUMN', path, problem, mend: 'Give each column its own name.' });
  }
  const [only = ''] = names.length === 1 ? names : [];
  const other = [';', '\t', '|', ','].find((mark) => mark !== delimiter && only.includes(mark));
  if (other === undefined || accepted.has(only)) return names;
  throw new HeadgateError({
    code: 'INVALID_CSV',
    path,
    problem: 'The header has one name, which looks like several with another delimiter.',
    received: show(only),
    mend: `Say { delimiter: ${show(other)} }; if it is one name, declare its type: { types: { ${show(only)}: … } }.`,
  });
}

async function firstBytes(name: string): Promise<{ readonly bytes: Buffer; readonly isGzip: boolean }> {
  try {
    const start = await collected(createReadStream(name, { end: 1 }), 2);
    const isGzip = start[0] === 0x1f && start[1] === 0x8b;
    const file = createReadStream(name);
    const stream = isGzip ? file.pipe(createGunzip()) : file;
    file.on('error', (error) => stream.destroy(error));
    const bytes = await collected(stream, HEADER_BYTES);
    file.destroy();
    return { bytes, isGzip };
  } catch (cause) {
    const received = cause instanceof Error ? cause.message : String(cause);
    const facts = { code: 'UNREADABLE_FILE', path: name, problem: 'The file could not be read.', received } as const;
    throw new HeadgateError(facts, { cause });
  }
}

async function collected(stream: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream) {
    parts.push(part);
    size += part.length;
    if (size >= most) break;
  }
  return Buffer.concat(parts).subarray(0, most);
}

function textOf(bytes: Buffer, name: string): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || bytes.includes(0)) {
    throw new HeadgateError({
      code: 'INVALID_CSV',
      path: name,
      problem: 'The file is not UTF-8 text: it has zero bytes or the byte order mark of UTF-16.',
      mend: "Write it as UTF-8, or read it whole: readCsv(path, { encoding: 'utf-16le' }).",
    });
  }
  return new TextDecoder('utf-8').decode(bytes); // without its byte order mark; a part of a character may end it
}

/** Up to the first line end that is not in quotes. */
function firstLine(text: string, name: string, isCut: boolean): string {
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text[i];
    if (unit === '"') isQuoted = !isQuoted;
    if (!isQuoted && (unit === '\n' || unit === '\r')) return text.slice(0, i);
  }
  if (!isCut) return text;
  throw invalid(name, 'The first line does not end within a megabyte: it is no header.', show(text));
}

function fieldsOf(line: string, delimiter: string, name: string): readonly string[] {
  try {
    const [names = []]: string[][] = parse(line, { delimiter, trim: true });
    if (line.includes('\ufffd')) throw new Error('it is not UTF-8');
    return names;
  } catch (cause) {
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new HeadgateError(
      { code: 'INVALID_CSV', path: name, problem: 'The header cannot be read.', received },
      { cause },
    );
  }
}

function invalid(path: string, problem: string, received: string): HeadgateError {
  return new HeadgateError({ code: 'INVALID_CSV', path, problem, received });
}
