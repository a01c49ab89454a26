import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseStrictJson } from '../../src/files/strict-json.js';

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text), 'file.json');
const refused = (problem: unknown) =>
  expect.objectContaining({ code: 'INVALID_JSON', path: 'file.json', message: problem });

test('any JSON is read as JSON.parse reads it, however it is set out', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '{', '}', '[', ']', ':', ',', ' ', '\n', 'é', '日') });
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(value, fc.constantFrom('', ' ', '\t', '    '), (given, indent) => {
      const json = JSON.stringify(given, null, indent);
      expect(parse(json)).toEqual(JSON.parse(json));
    }),
    { numRuns: 200 },
  );
});

test.each([' ', '\n', '\r', '\t', ' \r\n\t', ''])(
  'a key that stands twice is found with %j before its colon',
  (blank) => {
    expect(() => parse(`{"a":[{"b":1}],"c":2,"a"${blank}:3}`)).toThrow(
      refused(expect.stringContaining('The key "a" stands twice')),
    );
    expect(() => parse(`[{"x":{"b":1,"b"${blank}:2}}]`)).toThrow(
      refused(expect.stringContaining('The key "b" stands twice')),
    );
    // equal keys of other objects, and values that look like keys, are none
    const good = `{"a"${blank}:{"a":"a"},"b":["a","a",{"a":1},{"a":2}],"c":"\\"a\\":"}`;
    expect(parse(good)).toEqual(JSON.parse(good));
  },
);

test('a key that is written in two ways is one', () => {
  expect(() => parse('{"a\\\\":1,"a\\u005c":2}')).toThrow(refused(expect.stringContaining('stands twice')));
  expect(parse('{"a\\"":1,"a":2,"a\\\\":3}')).toEqual({ 'a"': 1, a: 2, 'a\\': 3 });
});

test('256 levels are read, 257 are not, of lists and of objects', () => {
  const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const objects = (depth: number): string => `${'{"a":'.repeat(depth)}0${'}'.repeat(depth)}`;
  expect(JSON.stringify(parse(lists(256)))).toBe(lists(256));
  expect(JSON.stringify(parse(objects(256)))).toBe(objects(256));
  for (const deep of [lists(257), objects(257)]) {
    expect(() => parse(deep)).toThrow(refused(expect.stringContaining('It nests deeper than 256 levels.')));
  }
  // what was closed does not count
  expect(parse(`[${Array<string>(300).fill('[{}]').join()}]`)).toHaveLength(300);
});

test('a byte order mark, and bytes that are not UTF-8, are refused', () => {
  expect(() => parse('\ufeff{}')).toThrow(refused(expect.anything()));
  expect(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22), 'file.json')).toThrow(
    refused(expect.stringContaining('The bytes are not UTF-8.')),
  );
  expect(() => parse('{')).toThrow(refused(expect.anything()));
});
