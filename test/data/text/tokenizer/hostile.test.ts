import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTokenizer } from '../../../../src/data/text/tokenizer/read.js';
import { tokenizerOf } from '../../../../src/data/text/tokenizer/tokenizer.js';
import { HeadgateError, refusalOf } from '../../../../src/errors.js';
import type { Json } from '../../../../src/flow/graph.js';

type Fields = Readonly<Record<string, Json>>;

const vocab = { '[PAD]': 0, '[UNK]': 1, a: 2, '##a': 3, '[MASK]': 4 };
const wordPiece: Fields = {
  ...{ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab },
};
const bpe: Fields = {
  type: 'BPE',
  unk_token: '[UNK]',
  vocab: { '[PAD]': 0, '[UNK]': 1, a: 2, aa: 3 },
  merges: ['a a'],
};
const unigram: Fields = {
  type: 'Unigram',
  unk_id: 1,
  vocab: [
    ['<pad>', 0],
    ['<unk>', 0],
    ['a', -1],
  ],
};
const sound: Fields = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, model: wordPiece };

const refused = (json: unknown) => refusalOf(() => void tokenizerOf(json as Json));
const withModel = (model: Json): Fields => ({ ...sound, model });
const changed = (fields: Fields): Fields => withModel({ ...wordPiece, ...fields });
const withVocab = (own: Json): Fields => changed({ vocab: own });
const added = (token: Fields): Fields => ({ ...sound, added_tokens: [token] });
const divided = (pre_tokenizer: Json): Fields => ({ ...sound, pre_tokenizer });
const splitBy = (Regex: string): Fields =>
  divided({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });
const replacing = (pattern: Json, content: string): Json => ({ type: 'Replace', pattern, content });

test('what the others are changed from is sound', () => {
  expect(refused(sound)).toBe(null);
  expect(refused(withModel(bpe))).toBe(null);
  expect(refused(withModel(unigram))).toBe(null);
});

function nested(depth: number): Json {
  let json: Json = {};
  for (let i = 0; i < depth; i++) json = { inner: json };
  return json;
}

const cyclic: Record<string, unknown> = { ...sound };
cyclic.itself = cyclic;

const cases: readonly (readonly [string, unknown, string])[] = [
  ['no object', null, 'tokenizer'],
  ['a list', [], 'tokenizer'],
  ['a text', 'tokenizer', 'tokenizer'],
  ['nests deep', { ...sound, deep: nested(100_000) }, 'deep.inner.inner.inner'],
  ['holds itself', cyclic, 'itself.itself.itself.itself'],
  ['a function in it', { ...sound, decoder: () => {} }, 'decoder'],
  ['NaN in it', { ...sound, decoder: Number.NaN }, 'decoder'],
  ['no model', { ...sound, model: undefined }, 'model'],
  ['a model of null', withModel(null), 'model'],
  ['a model that is a list', withModel([]), 'model'],
  ['a model without type', changed({ type: null }), 'model.type'],
  ['an unknown model', changed({ type: 'Magic' }), 'model.type'],
  ['a model named as a method', changed({ type: 'constructor' }), 'model.type'],
  ['no vocabulary', withVocab(null), 'model.vocab'],
  ['a vocabulary that is a list', withVocab(['a']), 'model.vocab'],
  ['an empty vocabulary', withVocab({}), 'model.vocab'],
  ['an id that is a text', withVocab({ ...vocab, b: '5' }), 'model.vocab'],
  ['an id below 0', withVocab({ ...vocab, b: -1 }), 'model.vocab'],
  ['an id between', withVocab({ ...vocab, b: 4.5 }), 'model.vocab'],
  ['an id beyond 2^31', withVocab({ ...vocab, b: 2 ** 31 }), 'model.vocab'],
  ['an id beyond 2^53', withVocab({ ...vocab, b: 2 ** 60 }), 'model.vocab'],
  ['an id twice', withVocab({ ...vocab, b: 4 }), 'model.vocab'],
  ['a hole', withVocab({ ...vocab, b: 6 }), 'model.vocab'],
  ['ids from 1 on', withVocab({ '[PAD]': 1, '[UNK]': 2 }), 'model.vocab'],
  ['a long piece', withVocab({ ...vocab, ['b'.repeat(513)]: 5 }), 'model.vocab'],
  ['no padding', withVocab({ '[UNK]': 0, a: 1 }), 'padding'],
  ['padding that is not there', { ...sound, padding: { pad_token: '<p>', pad_id: 0 } }, 'padding'],
  ['padding of another id', { ...sound, padding: { pad_token: '[PAD]', pad_id: 3 } }, 'padding'],
  ['an unknown token that is not there', changed({ unk_token: '<unk>' }), 'model.unk_token'],
  ['words of any length', changed({ max_input_chars_per_word: 1e9 }), 'model.max_input_chars_per_word'],
  ['no prefix', changed({ continuing_subword_prefix: null }), 'model.continuing_subword_prefix'],
  ['an added id that is taken', added({ id: 2, content: 'b' }), 'added_tokens.0'],
  ['an added piece that has another id', added({ id: 5, content: 'a' }), 'added_tokens.0'],
  ['an added id that is none', added({ id: 2 ** 31, content: 'b' }), 'added_tokens.0'],
  ['an added id after a hole', added({ id: 7, content: 'b' }), 'model.vocab'],
  ['an added token without text', added({ id: 5, content: '' }), 'added_tokens.0.content'],
  ['a long added token', added({ id: 5, content: 'b'.repeat(513) }), 'added_tokens.0.content'],
  ['an added token of whole words', added({ id: 5, content: 'b', single_word: true }), 'added_tokens.0.single_word'],
  ['added tokens that are no list', { ...sound, added_tokens: {} }, 'added_tokens'],
  ['BPE without unknown and bytes', withModel({ ...bpe, unk_token: null }), 'model.unk_token'],
  ['BPE that says bytes and has none', withModel({ ...bpe, unk_token: null, byte_fallback: true }), 'model.unk_token'],
  ['BPE that draws', withModel({ ...bpe, dropout: 0.1 }), 'model.dropout'],
  ['a merge of three', withModel({ ...bpe, merges: ['a a a'] }), 'model.merges.0'],
  ['a merge of what is no piece', withModel({ ...bpe, merges: ['a b'] }), 'model.merges.0'],
  ['a merge that makes no piece', withModel({ ...bpe, merges: ['a aa'] }), 'model.merges.0'],
  ['Unigram without unknown', withModel({ ...unigram, unk_id: null }), 'model.unk_id'],
  ['Unigram with an unknown beyond', withModel({ ...unigram, unk_id: 3 }), 'model.unk_id'],
  ['Unigram of bytes', withModel({ ...unigram, byte_fallback: true }), 'model.byte_fallback'],
  ['Unigram without pieces', withModel({ ...unigram, vocab: [] }), 'model.unk_id'],
  [
    'Unigram with a piece twice',
    withModel({
      ...unigram,
      vocab: [
        ['<pad>', 0],
        ['a', 0],
        ['a', 0],
      ],
    }),
    'model.vocab.2',
  ],
  [
    'a score that is none',
    withModel({
      ...unigram,
      vocab: [
        ['<pad>', 0],
        ['<unk>', null],
      ],
    }),
    'model.vocab.1',
  ],
  [
    'a normalizer of null in a list',
    { ...sound, normalizer: { type: 'Sequence', normalizers: [null] } },
    'normalizer.normalizers.0',
  ],
  ['an unknown normalizer', { ...sound, normalizer: { type: 'Precompiled' } }, 'normalizer.type'],
  ['an unknown pre-tokenizer', divided({ type: 'UnicodeScripts' }), 'pre_tokenizer.type'],
  ['an unknown decoder', { ...sound, decoder: { type: 'CTC' } }, 'decoder.type'],
  [
    'a way to divide that the library has not',
    divided({ type: 'Split', pattern: { String: 'a' }, behavior: 'MergedWithNext' }),
    'pre_tokenizer.behavior',
  ],
  [
    'many parts',
    { ...sound, normalizer: { type: 'Sequence', normalizers: Array(65).fill({ type: 'NFC' }) } },
    'normalizer',
  ],
  [
    'a text bomb',
    { ...sound, normalizer: { type: 'Sequence', normalizers: Array(4).fill(replacing({ String: 'a' }, 'aa')) } },
    'normalizer',
  ],
  ['one great replacement', { ...sound, normalizer: replacing({ Regex: '\\s' }, ' '.repeat(9)) }, 'normalizer'],
  ['a pattern that is none', divided({ type: 'Split', pattern: 'a', behavior: 'Removed' }), 'pre_tokenizer.pattern'],
];

test.each(cases)('%s', (_, json, at) => {
  expect(refused(json)).toMatchObject({ code: 'INVALID_TOKENIZER', path: at });
});

const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const gpt4 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

describe('regular expressions', () => {
  test.each([
    '(a+)+b',
    '(a|a)*b',
    '(a*)*',
    'a*a*a*b',
    '(?:a?){30}a{30}',
    '(.*)\\1',
    '[a',
    'a'.repeat(600),
    '',
    'a*',
    '[a--b]',
    '[[a]&&b]',
    '[]',
    '\\b',
    '(?=a)',
  ])('refuses %s', (Regex) => {
    expect(refused(splitBy(Regex))).toMatchObject({ code: 'INVALID_TOKENIZER', path: 'pre_tokenizer.pattern' });
    const normalizer = replacing({ Regex }, '');
    expect(refused({ ...sound, normalizer })).toMatchObject({ code: 'INVALID_TOKENIZER', path: 'normalizer.pattern' });
    expect(refused({ ...sound, decoder: normalizer })).toMatchObject({ path: 'decoder.pattern' });
  });

  test.each([
    '\\s+',
    ' {2,}',
    '\\p{N}{1,3}',
    '[^\\p{L}\\s]+',
    '[a-z0-9_.\\-]',
    '[\\s\\S]',
    '\\d',
    '😀',
    '[\\x21-\\x2F\\[\\]]',
    gpt2,
    gpt4,
  ])('takes %s, which ends soon on a long text', (Regex) => {
    const tokenizer = tokenizerOf(splitBy(Regex));
    for (const unit of ['a', ' ', '1', 'a ', '12 ', "'", "'r", ' \n', '!']) tokenizer.encode(unit.repeat(100_000));
  });
});

test.each(['[z-a]', '\\p{Nobody}', 'a{3,2}'])('%s is no regular expression', (Regex) => {
  expect(refused(splitBy(Regex))).toMatchObject({ code: 'INVALID_TOKENIZER', path: 'tokenizer' });
});

test('__proto__ and constructor are pieces as others are', () => {
  const own: Json = JSON.parse('{ "[PAD]": 0, "[UNK]": 1, "__proto__": 2, "constructor": 3 }');
  const tokenizer = tokenizerOf({
    ...withModel({ type: 'WordLevel', unk_token: '[UNK]', vocab: own }),
    pre_tokenizer: { type: 'WhitespaceSplit' },
  });
  expect(tokenizer.pieces).toEqual(['[PAD]', '[UNK]', '__proto__', 'constructor']);
  expect(Array.from(tokenizer.encode('__proto__ constructor toString hasOwnProperty'))).toEqual([2, 3, 1, 1]);
  expect(JSON.stringify(tokenizer.toJson())).toContain('"__proto__":2');
});

test('a tokenizer keeps its own copy', () => {
  const json = JSON.parse(JSON.stringify(sound));
  const tokenizer = tokenizerOf(json);
  json.model.vocab.a = 3;
  expect(tokenizer.toJson()).toEqual(sound);
  expect(Object.isFrozen(tokenizer.pieces)).toBe(true);
});

test('a text that the model cannot divide at once is an error of its own', () => {
  const tokenizer = tokenizerOf(withModel(unigram));
  expect(tokenizer.encode('a'.repeat(1000)).length).toBe(1000);
  const refusal = refusalOf(() => void tokenizer.encode('a'.repeat(1_000_000)));
  expect(refusal).toMatchObject({ code: 'INVALID_INPUT', path: 'text' });
});

describe('files', () => {
  let folder = '';
  const at = (name: string) => path.join(folder, name);
  const failure = async (name: string): Promise<HeadgateError> => {
    const error: unknown = await readTokenizer(at(name)).catch((cause: unknown) => cause);
    if (error instanceof HeadgateError) return error;
    throw new Error(`expected a HeadgateError, got ${String(error)}`);
  };
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tokenizer-'));
    await mkdir(at('folder'));
    await writeFile(at('sound.json'), JSON.stringify(sound));
    await symlink(at('sound.json'), at('link.json'));
    await writeFile(at('empty.json'), '');
    await writeFile(at('cut.json'), JSON.stringify(sound).slice(0, -10));
    await writeFile(at('twice.json'), '{"model":{"vocab":{"a":0,"a":1}}}');
    await writeFile(at('deep.json'), '['.repeat(100_000) + ']'.repeat(100_000));
    await writeFile(at('latin1.json'), Buffer.from([0x7b, 0xff, 0x7d]));
    await writeFile(at('strange.json'), JSON.stringify(withVocab({ a: 1 })));
    await writeFile(at('large.json'), '');
    await truncate(at('large.json'), 2 ** 26 + 1);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a sound one is read, by a link too', async () => {
    expect((await readTokenizer(at('sound.json'))).size).toBe(5);
    expect((await readTokenizer(at('link.json'))).toJson()).toEqual(sound);
  });

  test.each([
    ['nowhere.json', 'UNREADABLE_FILE'],
    ['folder', 'NOT_A_FILE'],
    ['large.json', 'FILE_TOO_LARGE'],
    ['empty.json', 'INVALID_JSON'],
    ['cut.json', 'INVALID_JSON'],
    ['twice.json', 'INVALID_JSON'],
    ['deep.json', 'INVALID_JSON'],
    ['latin1.json', 'INVALID_JSON'],
  ])('%s is %s', async (name, code) => {
    const error = await failure(name);
    expect([error.code, path.basename(error.path)]).toEqual([code, name]);
  });

  test('a fault within a file has the place and the file', async () => {
    const error = await failure('strange.json');
    expect([error.code, error.path]).toEqual(['INVALID_TOKENIZER', `${at('strange.json')}: model.unk_token`]);
  });

  test('what is no path', async () => {
    await expect(readTokenizer(3 as never)).rejects.toMatchObject({ code: 'UNREADABLE_FILE', path: 'path' });
  });
});
