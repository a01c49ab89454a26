/** @file Lines of CSV that are so long that DuckDB drops them without a word: beyond its buffers, it does not count them. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HeadgateError, show } from '../../../errors.js';

/** Up to its double DuckDB was seen to count lines that are too long; from its fourfold on, to lose them. */
const MOST_BYTES = 8 * 2 ** 20;
const WINDOW = 2 ** 20;
const [LINE_FEED, CARRIAGE_RETURN] = [10, 13];

/**
 * Reads a file once, and looks for line ends only: a gigabyte a second. A file that cannot be read is left to who reads
 * its values.
 *
 * @throws HeadgateError `INVALID_CSV`, also where lines that do not fit are counted
 */
export async function requireShortLines(file: string, isGzip: boolean): Promise<void> {
  const raw = createReadStream(file, { highWaterMark: WINDOW });
  const bytes = isGzip ? pipeline(raw, createGunzip({ chunkSize: WINDOW }), () => {}) : raw;
  let read = 0;
  let start = 0;
  try {
    for await (const chunk of bytes) {
      const window: Buffer = chunk; // no encoding was set
      const ends = [LINE_FEED, CARRIAGE_RETURN].flatMap((end) => [window.indexOf(end), window.lastIndexOf(end)]);
      const found = ends.filter((place) => place !== -1);
      const first = found.length === 0 ? window.length : Math.min(...found);
      if (read + first - start > MOST_BYTES) throw tooLong(file, start);
      if (found.length > 0) start = read + Math.max(...found) + 1;
      read += window.length;
    }
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
  } finally {
    raw.destroy();
  }
}

function tooLong(file: string, start: number): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_CSV',
    path: file,
    problem: `The line that begins at byte ${start} does not end within ${MOST_BYTES / 2 ** 20} megabytes.`,
    expected:
      'lines of up to two million bytes; longer ones are counted where `onReject` says so, but none as long as this',
    received: `more than ${show(MOST_BYTES)} bytes`,
    mend: 'Mend the file: is it another kind of file, or one line without its ends?',
  });
}
