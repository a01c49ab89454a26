import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { tokenizerOf } from '../../../../src/data/text/tokenizer/tokenizer.js';
import type { Json } from '../../../../src/flow/graph.js';

interface Case {
  readonly name: string;
  readonly json: Json;
  readonly texts: readonly string[];
  readonly ids: readonly (readonly number[])[];
  readonly decoded: readonly string[];
}

// Made by scripts/fixtures/make-tokenizers.ts, with Python's tokenizers 0.23.2.
const file = path.join(import.meta.dirname, '../../../fixtures/tokenizers.json');
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] }; // written by that script

test.each(cases)('$name: the ids and texts that Python gives', ({ json, texts, ids, decoded }) => {
  const tokenizer = tokenizerOf(json);
  expect(texts.map((text) => Array.from(tokenizer.encode(text)))).toEqual(ids);
  expect(ids.map((list) => tokenizer.decode(list))).toEqual(decoded);
});

test('there are cases of every model', () => {
  expect(cases.length).toBe(20);
  const types = cases.map(({ json }) => JSON.stringify(json).match(/"model":\{"type":"(\w+)"/)?.[1]);
  expect([...new Set(types)].sort()).toEqual(['BPE', 'Unigram', 'WordLevel', 'WordPiece']);
});
