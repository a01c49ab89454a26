/** @file Lines of plays, with the labels of this example: all of them are derived from the text. */
import { readFile } from 'node:fs/promises';

export type Line = {
  /** Without the mark at its end, which the labels are made of. */
  readonly text: string;
  /** Whether it names who speaks next, as `ROMEO:` does. */
  readonly isName: boolean;
  readonly isQuestion: boolean;
  readonly endsSentence: boolean;
  /** Who speaks it; null for a name. */
  readonly speaker: string | null;
};

/** The text that comes with this example: the beginning of Coriolanus. */
export const excerpt = new URL('excerpt.txt', import.meta.url);

const NAME = /^([A-Z][A-Za-z' ]*):$/;

export async function readLines(file: URL | string = excerpt): Promise<readonly Line[]> {
  const lines: Line[] = [];
  let speaker: string | null = null;
  for (const line of (await readFile(file, 'utf8')).split(/\r?\n/)) {
    const whole = line.trim();
    if (whole === '') continue;
    const name = NAME.exec(whole)?.[1] ?? null;
    speaker = name ?? speaker;
    lines.push({
      text: whole.replace(/[.,:;?!-]+$/, ''),
      isName: name !== null,
      isQuestion: whole.endsWith('?'),
      endsSentence: /[.?!]$/.test(whole),
      speaker: name === null ? speaker : null,
    });
  }
  return lines;
}

/** Those who speak most, by the number of lines; of equals the first by name. */
export function speakersOf(lines: readonly Line[], most: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const { speaker } of lines) if (speaker !== null) counts.set(speaker, (counts.get(speaker) ?? 0) + 1);
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return sorted.slice(0, most).map(([name]) => name);
}
