/** @file Lines of a terminal that are written over again and again, where they stand. */
import { columnsOf } from '../../text.js';

export interface Rewriting {
  /** @param lines each narrower than the terminal */
  readonly draw: (lines: readonly string[]) => void;
  /** Takes them off; what is written next stands in their place. */
  readonly clear: () => void;
}

/** To the end of the line, and of the screen. */
const ERASE_LINE = '\u001b[K';
const ERASE_BELOW = '\u001b[J';

/**
 * Every drawing is one write, over the one before it, so that nothing flickers. The cursor stays behind the last line. Where the
 * terminal has become narrower, most break lines that were drawn before: those rows are counted, and taken off.
 * What others have written since (a note, a line of the program's own) stands below: then nothing above is touched.
 */
export function createRewriting(stream: NodeJS.WriteStream): Rewriting {
  /** Columns of the lines that stand there. */
  let widths: readonly number[] = [];
  let sent = 0;
  /** To the beginning of the first of them. */
  const home = (): string => {
    if (sent !== bytesTo(stream)) return '\r';
    const columns = stream.columns || 80;
    const rows = widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    const up = Math.min(rows, stream.rows || 24) - 1;
    const isBroken = rows > widths.length;
    return `\r${up > 0 ? `\u001b[${up}A` : ''}${isBroken ? ERASE_BELOW : ''}`;
  };
  return {
    draw: (lines) => {
      const below = widths.length > lines.length ? ERASE_BELOW : '';
      stream.write(home() + lines.map((line) => line + ERASE_LINE).join('\n') + below);
      sent = bytesTo(stream);
      widths = lines.map(columnsOf);
    },
    clear: () => {
      if (widths.length > 0) stream.write(home() + (widths.length > 1 ? ERASE_BELOW : ERASE_LINE));
      widths = [];
    },
  };
}

/** Bytes that anybody in this process has sent to the terminal. */
function bytesTo(stream: NodeJS.WriteStream): number {
  const { stdout } = process;
  return stream.bytesWritten + (stdout.isTTY ? stdout.bytesWritten : 0);
}
