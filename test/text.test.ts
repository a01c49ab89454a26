/** @file Text for a terminal: what steers it, its width in columns, names cut short, lines broken. */
import { describe, expect, test } from 'vitest';
import { charactersOf, columnsOf, padLeft, padRight, shorten, shortenAll, visible, wrap } from '../src/text.js';

const HOSTILE = 'red\n\u001b[31mALARM\u001b[0m\u202e\r\u009b2J';

describe('names', () => {
  test('what is no visible character is written as an escape', () => {
    expect(visible(HOSTILE)).toBe('red\\n\\x1b[31mALARM\\x1b[0m\\u202e\\r\\x9b2J');
    expect(visible('größe 日本 👍🏽')).toBe('größe 日本 👍🏽');
  });

  test('long names lose their middle, and a character stays whole', () => {
    expect(shorten('abcdefgh', 5)).toBe('ab…gh');
    expect(shorten('👍👍👍👍👍', 7)).toBe('👍…👍'); // two columns each: 3 are left for either end
    expect(shorten('👍👍👍👍👍', 9)).toBe('👍👍…👍👍');
    expect(shorten('👨‍👩‍👧abcdef👨‍👩‍👧', 7)).toBe('👨‍👩‍👧a…b👨‍👩‍👧'.replace('…b', '…f'));
  });

  test('names that differ only in what was cut are told apart', () => {
    const names = ['front', 'middle', 'back'].map((part) => `aVeryLongBeginning.${part}.aVeryLongEnd`);
    const short = shortenAll(names, 14);
    expect(new Set(short).size).toBe(3);
    expect(short).toEqual(['aVeryLo…ongEnd', 'aVeryL…ngEnd~2', 'aVeryL…ngEnd~3']);
    expect(short.every((name) => name.length <= 14)).toBe(true);
  });

  test('ten thousand names that are cut to one are told apart in as many tries', () => {
    const long = 'x'.repeat(40);
    const short = shortenAll(
      Array.from({ length: 10_000 }, (_, i) => `${long}${String(i).padStart(5, '0')}${long}`),
      20,
    );
    expect(new Set(short).size).toBe(10_000);
    expect(short.at(-1)).toBe('xxxxxxx…xxxxxx~10000');
  });

  test('lines break at blanks, and within a word that is longer than a line', () => {
    expect(wrap('one two three four', 9, '  ')).toEqual(['one two', '  three', '  four']);
    expect(wrap('  one two', 6, '  ')).toEqual(['  one', '  two']);
    expect(wrap('abcdefghij kl', 4)).toEqual(['abcd', 'efgh', 'ij', 'kl']);
    expect(wrap('日本語の文 です', 6, '  ')).toEqual(['日本語', '  の文', '  です']);
    expect(wrap('日本', 1)).toEqual(['日', '本']); // wider than its room, and yet it ends
  });

  test('columns, as a terminal counts them', () => {
    const columns = {
      abc: 3,
      größe: 5,
      日本: 4,
      'e\u0301': 1,
      '👍': 2,
      '👍🏽': 2,
      '👨‍👩‍👧': 2,
      '🇧🇬': 2,
      '❤️': 2,
      '1️⃣': 2,
    };
    for (const [text, width] of Object.entries(columns)) expect([text, columnsOf(text)]).toEqual([text, width]);
    const more = {
      한: 2,
      '\u1112\u1161\u11ab': 2,
      カ: 2,
      ｶ: 1,
      Ａ: 2,
      '–': 1,
      '│': 1,
      Привет: 6,
      '\u200b': 0,
      '\ud800': 1,
      '': 0,
    };
    for (const [text, width] of Object.entries(more)) expect([text, columnsOf(text)]).toEqual([text, width]);
    expect(charactersOf('a👍🏽e\u0301')).toEqual(['a', '👍🏽', 'e\u0301']);
    expect([padRight('日', 4), padLeft('日', 4), padLeft('日本', 2)]).toEqual(['日  ', '  日', '日本']);
  });
});
