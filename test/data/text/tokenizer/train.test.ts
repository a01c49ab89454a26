import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { readTokenizer } from '../../../../src/data/text/tokenizer/read.js';
import type { TokenizerOptions } from '../../../../src/data/text/tokenizer/train/options.js';
import { trainTokenizer } from '../../../../src/data/text/tokenizer/train/train.js';
import { refusalOf } from '../../../../src/errors.js';

const lines = [
  'To be, or not to be: that is the question.',
  'Whether ’tis nobler in the mind to suffer',
  'The slings and arrows of outrageous fortune,',
  'naïve café — 漢字かな 👩‍💻 Добрый день ΟΔΟΣ',
  'constructor __proto__ toString hasOwnProperty',
];

const kinds: readonly TokenizerOptions['kind'][] = ['wordPiece', 'words', 'characters'];
const bytes = (texts: Iterable<string | null>, options: TokenizerOptions) =>
  JSON.stringify(trainTokenizer(texts, options).toJson());

afterEach(() => void vi.restoreAllMocks());

test.each(kinds)('%s: any order of the same lines gives the same bytes', (kind) => {
  const once = bytes(lines, { kind });
  fc.assert(
    fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), (shuffled) => {
      expect(bytes(shuffled, { kind })).toBe(once);
    }),
    { numRuns: 10 },
  );
});

test.each(kinds)('%s: the first pieces of a vocabulary are the smaller vocabulary', (kind) => {
  const large = trainTokenizer(lines, { kind, size: 300 }).pieces;
  for (let size = 6; size <= large.length; size += 7) {
    expect(trainTokenizer(lines, { kind, size }).pieces).toEqual(large.slice(0, size));
  }
});

test('special ids, pieces and sizes', () => {
  const { pieces, size, special } = trainTokenizer(['b a b'], { kind: 'characters' });
  expect(pieces).toEqual(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ' ', 'b', 'a']); // ' ' and b twice: by text
  expect(size).toBe(8);
  expect(special).toEqual({ padding: 0, unknown: 1, mask: 4, all: [0, 1, 2, 3, 4] });
});

test('words: the most frequent first, equals by text; punctuation and Chinese characters by themselves', () => {
  const tokenizer = trainTokenizer(['b a, b 漢字b', 'C c'], { kind: 'words' });
  expect(tokenizer.pieces.slice(5)).toEqual(['b', 'c', ',', 'a', '字', '漢']);
  expect(tokenizer.decode(tokenizer.encode('A字z!'))).toBe('a 字 [UNK] [UNK]');
});

test('word pieces: every character as a first and as a further one, then what is merged', () => {
  const tokenizer = trainTokenizer(['aba ab, ab'], { kind: 'wordPiece' });
  expect(tokenizer.pieces.slice(5)).toEqual(['a', '##a', 'b', '##b', ',', 'ab', 'aba']);
  expect(Array.from(tokenizer.encode('BÁB aba'))).toEqual([7, 6, 8, 11]);
  expect(tokenizer.decode([7, 6, 8, 11])).toBe('bab aba');
});

test('no word of known characters is unknown, but for one longer than 100 of them', () => {
  const tokenizer = trainTokenizer(['the quick brown fox jumps over the lazy dog'], { kind: 'wordPiece' });
  const word = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), minLength: 1, maxLength: 100 });
  fc.assert(fc.property(word, (text) => !tokenizer.encode(text).includes(1)));
  expect(Array.from(tokenizer.encode('a'.repeat(101)))).toEqual([1]);
});

test('names of Object.prototype are words as others are', () => {
  const words = ['constructor', 'tostring', 'hasownproperty', 'proto'];
  const { pieces } = trainTokenizer(lines, { kind: 'words' });
  expect(words.filter((word) => pieces.filter((piece) => piece === word).length === 1)).toEqual(words);
  const { pieces: merged } = trainTokenizer(lines, { kind: 'wordPiece' });
  expect(words.filter((word) => merged.includes(word))).toEqual(words);
});

test('the report counts what the texts hold and what has no piece', () => {
  const texts = ['é a é', null, '', ' \n', `${'x'.repeat(101)} b`];
  const { report } = trainTokenizer(texts, { kind: 'wordPiece', minimumCount: 2 });
  expect({ ...report, toString: null, print: null }).toEqual({
    ...{ kind: 'wordPiece', pieces: 7, size: 4096, texts: 4, missing: 1, blank: 2, toString: null, print: null },
    ...{ tokens: 5, tokensPerText: 1.25, unknown: 3, unknownShare: 0.6, longWords: 1 },
    ...{ accents: 2, accentsShare: 2 / (5 + 2 + 103) },
    leftOut: {
      ...{ distinct: 2, occurrences: 2 },
      first: [
        { text: 'a', count: 1 },
        { text: 'b', count: 1 },
      ],
    },
  });
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  report.print();
  expect(log.mock.calls).toEqual([
    [
      [
        'wordPiece: 7 pieces, special ones included; there is no more to learn for 4096',
        'texts: 4, of them 2 without a token; 1 missing ones passed over',
        'tokens: 5, 1.25 a text',
        'unknown: 3 tokens, 60.00 %; 1 of them words longer than 100 characters',
        'accents taken away: 2, 1.82 % of the characters',
        'left out: 2 characters, seen 2 times: "a" (1), "b" (1)',
      ].join('\n'),
    ],
  ]);
});

test.each(kinds)('%s: tokens and unknown ones of the report are those of encoding every text', (kind) => {
  const tokenizer = trainTokenizer(lines, { kind, size: 40 });
  const ids = lines.flatMap((line) => Array.from(tokenizer.encode(line)));
  expect(tokenizer.report.tokens).toBe(ids.length);
  expect(tokenizer.report.unknown).toBe(ids.filter((id) => id === 1).length);
  expect(tokenizer.report.unknown).toBeGreaterThan(0);
});

test('corners: one word, one character, a very long word, many lines, a generator', () => {
  expect(trainTokenizer(['a'], { kind: 'wordPiece' }).pieces.slice(5)).toEqual(['a', '##a']);
  expect(trainTokenizer(['ab'], { kind: 'words' }).pieces.slice(5)).toEqual(['ab']);
  const long = 'ab'.repeat(500_000);
  const characters = trainTokenizer([long], { kind: 'characters' });
  expect(characters.report.tokens).toBe(1_000_000);
  expect(characters.encode(long).length).toBe(1_000_000);
  for (const kind of ['wordPiece', 'words'] as const) {
    const { pieces, report } = trainTokenizer([long, 'a'.repeat(100), `${'a'.repeat(99)}😀`], { kind });
    expect([report.longWords, report.unknown, pieces.includes('a'.repeat(100))]).toEqual([1, 1, true]);
  }
  function* many() {
    for (let i = 0; i < 100_000; i++) yield `word${i % 1000} again`;
  }
  const { report } = trainTokenizer(many(), { kind: 'wordPiece', size: 500 });
  expect([report.texts, report.pieces, report.unknown]).toEqual([100_000, 500, 0]);
});

test('what is no text, and nothing to learn from', () => {
  const refusal = (texts: never, options: TokenizerOptions) => refusalOf(() => void trainTokenizer(texts, options));
  const kind = 'words';
  expect(refusal(['a', 3] as never, { kind })).toMatchObject({ code: 'INVALID_DATA', path: 'texts[1]', received: '3' });
  expect(refusal(3 as never, { kind })).toMatchObject({ code: 'INVALID_DATA', path: 'texts' });
  for (const texts of [[], [null], ['', ' '], ['a'.repeat(101)]]) {
    expect(refusal(texts as never, { kind })).toMatchObject({ code: 'EMPTY_DATASET', path: 'texts' });
  }
  expect(refusal(['a'] as never, { kind: 'wordPiece', minimumCount: 2 })).toMatchObject({ code: 'EMPTY_DATASET' });
  expect(refusal(['a'] as never, { kind, size: 5 })).toMatchObject({ path: 'trainTokenizer.size' });
  expect(refusal(['a'] as never, { kind: 'word' } as never)).toMatchObject({
    path: 'trainTokenizer.kind',
    suggestion: 'words',
  });
});

test('save and read: the same bytes, whole or not at all', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tokenizer-'));
  try {
    const file = path.join(folder, 'tokenizer.json');
    const tokenizer = trainTokenizer(lines, { kind: 'wordPiece', size: 200 });
    await tokenizer.save(file);
    await tokenizer.save(file);
    expect(await readdir(folder)).toEqual(['tokenizer.json']);
    expect(await readFile(file, 'utf8')).toBe(`${JSON.stringify(tokenizer.toJson(), null, 2)}\n`);
    const again = await readTokenizer(file);
    expect(again.pieces).toEqual(tokenizer.pieces);
    expect(again.special).toEqual(tokenizer.special);
    for (const line of lines) expect(again.encode(line)).toEqual(tokenizer.encode(line));
    await expect(tokenizer.save(path.join(folder, 'nowhere', 'a.json'))).rejects.toMatchObject({ code: 'SAVE_FAILED' });
    await expect(tokenizer.save(folder)).rejects.toMatchObject({ code: 'SAVE_FAILED' });
    expect(await readdir(folder)).toEqual(['tokenizer.json']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
