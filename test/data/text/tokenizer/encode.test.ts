import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TokenizerOptions } from '../../../../src/data/text/tokenizer/train/options.js';
import { trainTokenizer } from '../../../../src/data/text/tokenizer/train/train.js';
import { refusalOf } from '../../../../src/errors.js';

const lines = ['to be, or not to be', 'Ὀδυσσεύς ΟΔΟΣ', 'Добрый день', '漢字かな한국어', 'naïve café 👩‍💻 [MASK] ##a'];
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.array(fc.constantFrom(...lines, ...lines.join('')), { maxLength: 12 }).map((parts) => parts.join('')),
);

const normalised = (given: string, lowercase: boolean, stripAccents: boolean): string => {
  const lower = lowercase ? given.replaceAll('Σ', 'σ').toLowerCase() : given;
  return (stripAccents ? lower.normalize('NFD').replace(/\p{Mn}/gu, '') : lower).normalize('NFC');
};

const divided = (given: string): string[] =>
  given
    .split(/\p{White_Space}+/u)
    .flatMap((word) => word.match(/[\p{P}\p{S}\p{Script=Han}]|[^\p{P}\p{S}\p{Script=Han}]+/gu) ?? []);

/** The longest piece first; all of a word is unknown where no piece goes on. */
function longestFirst(word: string, ids: ReadonlyMap<string, number>): number[] {
  const characters = [...word];
  const found: number[] = [];
  for (let start = 0; start < characters.length; ) {
    let end = characters.length;
    const piece = () => (start > 0 ? '##' : '') + characters.slice(start, end).join('');
    while (end > start && !ids.has(piece())) end -= 1;
    if (end === start || characters.length > 100) return [1];
    found.push(ids.get(piece()) ?? -1);
    start = end;
  }
  return found;
}

const forms = [
  { lowercase: true, stripAccents: true },
  { lowercase: true, stripAccents: false },
  { lowercase: false, stripAccents: true },
  { lowercase: false, stripAccents: false },
];

describe.each(forms)('lowercase $lowercase, stripAccents $stripAccents', ({ lowercase, stripAccents }) => {
  const train = (kind: TokenizerOptions['kind']) => {
    const tokenizer = trainTokenizer(lines, { kind, lowercase, stripAccents });
    const ids = new Map(tokenizer.pieces.map((piece, id) => [piece, id] as const));
    return { tokenizer, ids };
  };

  test('word pieces are found as by hand', () => {
    const { tokenizer, ids } = train('wordPiece');
    fc.assert(
      fc.property(text, (given) => {
        const words = divided(normalised(given, lowercase, stripAccents));
        expect(Array.from(tokenizer.encode(given))).toEqual(words.flatMap((word) => longestFirst(word, ids)));
      }),
      { numRuns: 300 },
    );
  });

  test('words are found as by hand', () => {
    const { tokenizer, ids } = train('words');
    fc.assert(
      fc.property(text, (given) => {
        const words = divided(normalised(given, lowercase, stripAccents));
        expect(Array.from(tokenizer.encode(given))).toEqual(words.map((word) => ids.get(word) ?? 1));
      }),
      { numRuns: 300 },
    );
  });

  test('characters are code points, and come back as the normalised text', () => {
    const { tokenizer, ids } = train('characters');
    const known = fc
      .array(
        fc.constantFrom(...ids.keys()).filter((piece) => !/^\[[A-Z]+\]$/.test(piece)),
        { maxLength: 30 },
      )
      .map((characters) => characters.join(''));
    fc.assert(
      fc.property(fc.oneof(text, known), (given) => {
        const own = normalised(given, lowercase, stripAccents);
        const encoded = tokenizer.encode(given);
        expect(Array.from(encoded)).toEqual([...own].map((character) => ids.get(character) ?? 1));
        const spelt = [...own].map((character) => (ids.has(character) ? character : '[UNK]')).join('');
        expect(tokenizer.decode(encoded)).toBe(spelt);
      }),
      { numRuns: 300 },
    );
  });
});

test('the library reads our file by itself as we do', () => {
  const library: typeof import('@huggingface/tokenizers') = createRequire(import.meta.url)('@huggingface/tokenizers');
  for (const kind of ['wordPiece', 'characters'] as const) {
    const tokenizer = trainTokenizer(lines, { kind, lowercase: true });
    const bare = new library.Tokenizer(JSON.parse(JSON.stringify(tokenizer.toJson())), { unk_token: '[UNK]' });
    fc.assert(
      fc.property(
        text.filter((given) => !/\[(PAD|UNK|CLS|SEP|MASK)\]/.test(given)),
        (given) => {
          expect(Array.from(tokenizer.encode(given))).toEqual(bare.encode(given).ids);
        },
      ),
      { numRuns: 300 },
    );
  }
});

test('a text that says [MASK] or [PAD] is text', () => {
  const tokenizer = trainTokenizer(['[ mask ] pad'], { kind: 'words' });
  expect(Array.from(tokenizer.encode('[MASK][PAD]'), (id) => tokenizer.pieces[id])).toEqual([
    '[',
    'mask',
    ']',
    '[',
    'pad',
    ']',
  ]);
});

test('half a character is read as U+FFFD', () => {
  const tokenizer = trainTokenizer(['a\uFFFDb😀'], { kind: 'characters' });
  expect(tokenizer.decode(tokenizer.encode('a\uD83Db😀'))).toBe('a\uFFFDb😀');
});

test('decode leaves special tokens out, shows unknown ones, and refuses ids of no piece', () => {
  const tokenizer = trainTokenizer(['to be'], { kind: 'words' });
  expect(tokenizer.decode([2, 6, 1, 5, 3, 0, 0])).toBe('to [UNK] be');
  expect(tokenizer.decode(Int32Array.of(0, 0))).toBe('');
  for (const id of [7, -1, 0.5, Number.NaN]) {
    const refusal = refusalOf(() => void tokenizer.decode([0, id]));
    expect(refusal).toMatchObject({ code: 'INDEX_OUT_OF_RANGE', path: 'ids[1]', received: String(id) });
  }
  for (const given of [null, 3, ['a']]) {
    expect(refusalOf(() => void tokenizer.encode(given as never))).toMatchObject({
      code: 'INVALID_INPUT',
      path: 'text',
    });
  }
});
