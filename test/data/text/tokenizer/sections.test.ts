import { expect, test } from 'vitest';
import { tokenizerOf } from '../../../../src/data/text/tokenizer/tokenizer.js';
import type { Json } from '../../../../src/flow/graph.js';

const special = (id: number, content: string): Json => ({ id, content, special: true });

const whole = {
  truncation: { direction: 'Right', max_length: 2, strategy: 'LongestFirst', stride: 0 },
  padding: { strategy: { Fixed: 8 }, direction: 'Right', pad_id: 5, pad_type_id: 0, pad_token: '<fill>' },
  added_tokens: [special(5, '<fill>'), special(6, '[SEP]'), special(0, '<unk>')],
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: { type: 'BertProcessing', sep: ['[SEP]', 6], cls: ['[SEP]', 6] },
  decoder: null,
  model: { type: 'WordLevel', unk_token: '<unk>', vocab: { '<unk>': 0, to: 1, be: 2, or: 3, not: 4 } },
} satisfies Json;

test('truncation, padding and a post-processor are kept, and not done', () => {
  const tokenizer = tokenizerOf(whole);
  expect(Array.from(tokenizer.encode('to be or not to be'))).toEqual([1, 2, 3, 4, 1, 2]);
  expect(tokenizer.toJson()).toEqual(whole);
});

test('the section names the piece that pads; a mask is not needed', () => {
  const { special, pieces, size } = tokenizerOf(whole);
  expect(special).toEqual({ padding: 5, unknown: 0, mask: null, all: [0, 5, 6] });
  expect([size, pieces[5], pieces[6]]).toEqual([7, '<fill>', '[SEP]']);
});

test('without a section, a piece of a known name pads', () => {
  const { special } = tokenizerOf({
    ...whole,
    padding: null,
    added_tokens: [
      { id: 5, content: '<mask>' },
      { id: 6, content: '<pad>' },
    ],
  });
  expect(special).toEqual({ padding: 6, unknown: 0, mask: 5, all: [0, 5, 6] });
});

test('a word that is a special token is unknown, wherever the vocabulary has it', () => {
  const tokenizer = tokenizerOf({
    ...whole,
    padding: null,
    added_tokens: [special(3, 'or')],
    model: { ...whole.model, vocab: { '<unk>': 0, to: 1, '[PAD]': 2, or: 3 } },
  });
  expect(Array.from(tokenizer.encode('to [PAD] or to'))).toEqual([1, 0, 0, 1]);
});

test('what takes the place of a match is taken as it is written', () => {
  const replaced = (pattern: Json, content: string) =>
    tokenizerOf({
      ...whole,
      normalizer: { type: 'Replace', pattern, content },
      model: { ...whole.model, vocab: { '<unk>': 0, 'x$&$1x': 1, abcdefghij: 2 } },
      added_tokens: [{ id: 3, content: '<fill>' }],
      padding: { pad_token: '<fill>' },
    });
  expect(Array.from(replaced({ String: '.' }, '$&$1').encode('x.x xax'))).toEqual([1, 0]);
  // Ten characters for nine do not let a text grow.
  expect(Array.from(replaced({ String: '(a+b)[c]*' }, 'abcdefghij').encode('(a+b)[c]*'))).toEqual([2]);
});
