/** @file A terminal as tests need one: it knows what progress sends, breaks long lines, and breaks them anew at another width. */
import { charactersOf, columnsOf } from '../../../src/text.js';

interface Row {
  readonly cells: string[];
  /** Whether it goes on in the next row: a line that was too long. */
  isBroken: boolean;
}

export class Screen {
  private rows: Row[] = [{ cells: [], isBroken: false }];
  private row = 0;
  private column = 0;

  private columns: number;
  /** Rows that can be seen: the cursor goes no further up. */
  private readonly height: number;

  constructor(columns: number, height: number) {
    this.columns = columns;
    this.height = height;
  }

  /** All that stands there, also what was scrolled out of sight. */
  text(): string[] {
    return this.rows.map(({ cells }) => cells.join('').trimEnd());
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these steer a terminal
    for (const [part] of text.matchAll(/\u001b\[\d*[A-Z]|[^\u001b]/gu)) this.take(part);
  }

  private take(part: string): void {
    const sequence = part.length > 1 && part.startsWith('\u001b');
    if (part === '\r') this.column = 0;
    else if (part === '\n') this.newLine(false);
    else if (!sequence) this.print(part);
    else if (part.endsWith('[K')) this.current().cells.length = Math.min(this.current().cells.length, this.column);
    else if (part.endsWith('[J')) {
      this.current().cells.length = Math.min(this.current().cells.length, this.column);
      this.rows.length = this.row + 1;
    } else if (part.endsWith('A')) {
      this.row = Math.max(0, this.rows.length - this.height, this.row - Number(part.slice(2, -1)));
    } else throw new Error(`progress sent ${JSON.stringify(part)}`);
  }

  private current(): Row {
    const row = this.rows[this.row];
    if (row === undefined) throw new Error('there is no such row');
    return row;
  }

  private newLine(isBroken: boolean): void {
    this.current().isBroken = isBroken;
    this.row++;
    this.column = 0;
    if (this.row === this.rows.length) this.rows.push({ cells: [], isBroken: false });
  }

  private print(character: string): void {
    if (this.column + columnsOf(character) > this.columns) this.newLine(true);
    const { cells } = this.current();
    while (cells.length < this.column) cells.push(' ');
    cells[this.column++] = character;
    if (columnsOf(character) === 2) cells[this.column++] = '';
  }

  /** As VTE, iTerm2, Windows Terminal, kitty: lines are broken at the new width, the cursor stays behind its character. */
  resize(columns: number): void {
    const cursor = this.rows.length - 1 === this.row;
    if (!cursor) throw new Error('progress leaves the cursor in the last row');
    const lines = [''];
    for (const { cells, isBroken } of this.rows) {
      lines[lines.length - 1] += cells.join('');
      if (!isBroken) lines.push('');
    }
    lines.pop();
    this.columns = columns;
    this.rows = [{ cells: [], isBroken: false }];
    [this.row, this.column] = [0, 0];
    for (const [i, line] of lines.entries()) {
      if (i > 0) this.newLine(false);
      for (const character of charactersOf(line)) this.print(character);
    }
  }
}
