/** @file Text for a terminal: nothing that steers it, and as many columns as it will take there. */

/** Line ends, escape sequences, and marks that turn the direction of writing: none of them may reach a terminal. */
const CONTROL = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A name as one line of visible characters: `\n`, `\x1b`, `\u202e` for what is none. */
export function visible(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return shortEscapes[character] ?? (code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`);
  });
}

/** Characters of one column each, as nearly all texts are. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: `drawTree` keeps a NUL in the place of a blank
const PLAIN = /^[\u0000\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u0370-\u03ff\u2500-\u257f–…✗]*$/;

/** Scripts and signs that take two columns (Unicode's East Asian widths W and F), and the ideographic blank. */
const WIDE =
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}\u3000-\u303e\u30fb\u30fc\u31c0-\u31ef\u3200-\u32ff\u3300-\u33ff\uff01-\uff60\uffe0-\uffe6]$/u;
/** Halfwidth forms, although their script is a wide one. */
const HALF = /^[\uff61-\uffdc]$/u;
/** Marks upon other characters, joiners, and the inner letters of a Hangul syllable. */
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7fb]$/u;
const EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|\u20e3/u;

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** What a reader sees as one character, each whole: `👍🏽` is one, as is `é` of two code points. */
export function charactersOf(text: string): readonly string[] {
  return PLAIN.test(text) ? [...text] : Array.from(characters.segment(text), ({ segment }) => segment);
}

/** Columns of a terminal that the text takes: two for 日 and 👍, none for an accent upon a letter. */
export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return charactersOf(text).reduce((sum, character) => sum + columnsOfOne(character), 0);
}

function columnsOfOne(character: string): number {
  if (EMOJI.test(character)) return 2;
  let columns = 0;
  for (const point of character) {
    if (!NOTHING.test(point)) columns += WIDE.test(point) && !HALF.test(point) ? 2 : 1;
  }
  return columns;
}

/** Blanks after the text, up to a width in columns. */
export function padRight(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columnsOf(text)));
}

/** Blanks before the text, up to a width in columns. */
export function padLeft(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - columnsOf(text))) + text;
}

/** As many characters from the front as fit into `width` columns. */
function fitting(own: readonly string[], width: number): readonly string[] {
  let columns = 0;
  const end = own.findIndex((character) => {
    columns += columnsOf(character);
    return columns > width;
  });
  return end < 0 ? own : own.slice(0, end);
}

/** Visible, and cut to a width in its middle: names of a family often differ only at an end. */
export function shorten(text: string, width: number): string {
  const whole = visible(text);
  if (columnsOf(whole) <= width) return whole;
  const own = charactersOf(whole);
  const room = Math.max(0, width - 1);
  const front = fitting(own, Math.ceil(room / 2)).join('');
  const back = [...fitting([...own].reverse(), room - Math.ceil(room / 2))].reverse().join('');
  return `${front}…${back}`;
}

/**
 * Many names, each shortened; names that would then look the same are told apart by `~2`, `~3` at their ends. As many
 * labels as names, in their order.
 */
export function shortenAll(names: readonly string[], width: number): readonly string[] {
  const taken = new Set<string>();
  const marks = new Map<string, number>();
  return names.map((name) => {
    const first = shorten(name, width);
    let label = first;
    for (let n = marks.get(first) ?? 2; taken.has(label); n++) {
      const mark = `~${n}`;
      label = shorten(name, width - mark.length) + mark;
      marks.set(first, n + 1);
    }
    taken.add(label);
    return label;
  });
}

/**
 * Lines of at most `width` columns, broken at blanks, and within a word only where it is longer than a line.
 *
 * @param indent of every line but the first
 */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  const start = text.length - text.trimStart().length;
  const [first = '', ...words] = text.slice(start).split(' ');
  /** What is left of a line that one word makes too long. */
  const broken = (line: string): string => {
    let rest = line;
    while (columnsOf(rest) > width && width > indent.length) {
      const own = charactersOf(rest);
      // one that is wider than its room stands there all the same: each line takes something
      const count = Math.max(fitting(own, width).length, indent.length + 1);
      if (count >= own.length) break;
      lines.push(own.slice(0, count).join(''));
      rest = indent + own.slice(count).join('');
    }
    return rest;
  };
  let line = broken(text.slice(0, start) + first);
  for (const word of words) {
    if (columnsOf(line) + 1 + columnsOf(word) <= width) line = `${line} ${word}`;
    else {
      lines.push(line);
      line = broken(indent + word);
    }
  }
  return [...lines, line];
}
