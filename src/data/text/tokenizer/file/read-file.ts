/** @file A `tokenizer.json` checked, and as the library is to read it. The library itself checks next to nothing. */
import type { Json } from '../../../../flow/graph.js';
import { flag, nullable, type OptionsOf, optional } from '../../../../options.js';
import { coversByteFallback, coversByteLevel } from './bytes.js';
import { type Component, readComponent } from './component.js';
import { decoders } from './decoders.js';
import { invalidTokenizer } from './errors.js';
import { anything, list, nothing, readFields, textOf } from './fields.js';
import { type ReadModel, readModel } from './models.js';
import { normalizers } from './normalizers.js';
import { preTokenizers } from './pre-tokenizers.js';
import { type SpecialIds, specialIds } from './special.js';
import { checkId, piecesById } from './vocabulary.js';

export interface TokenizerFile {
  /** For the library: without special tokens, so that a text which says `[MASK]` is text. */
  readonly library: object;
  readonly unknown: string | null;
  readonly pieces: readonly string[];
  readonly special: SpecialIds;
}

const addedSchema = {
  id: anything,
  content: textOf(1, 512),
  special: optional(flag),
  lstrip: optional(flag),
  rstrip: optional(flag),
  normalized: optional(flag),
  single_word: nothing,
};

const fileSchema = {
  model: anything,
  added_tokens: optional(nullable(list)),
  normalizer: anything,
  pre_tokenizer: anything,
  decoder: anything,
  padding: anything,
};

/** @throws HeadgateError `INVALID_TOKENIZER` at the part that does not fit */
export function readTokenizerFile(json: Json): TokenizerFile {
  const file = readFields(fileSchema, json, '');
  const { model, ids, unknown } = readModel(file.model);
  const normalizer = readComponent(normalizers, file.normalizer, 'normalizer');
  const preTokenizer = readComponent(preTokenizers, file.pre_tokenizer, 'pre_tokenizer');
  checkCoverage({ model, ids, unknown }, preTokenizer);
  const added = placed(file.added_tokens ?? [], ids);
  const special = specialIds(ids, { unknown, padding: file.padding, added });
  const library = {
    normalizer,
    pre_tokenizer: preTokenizer,
    model,
    post_processor: null,
    decoder: readComponent(decoders, file.decoder, 'decoder'),
    added_tokens: added.filter((token) => token.special !== true),
  };
  return { library, unknown, pieces: piecesById(ids), special };
}

type AddedToken = OptionsOf<typeof addedSchema>;

/** With the id of its own piece, or one that is nobody's yet; that piece joins `ids`. */
function placed(tokens: readonly unknown[], ids: Map<string, number>): readonly (AddedToken & { id: number })[] {
  const owners = new Map([...ids].map(([piece, id]) => [id, piece]));
  return tokens.map((token, i) => {
    const path = `added_tokens.${i}`;
    const read = readFields(addedSchema, token, path);
    const { id, content } = read;
    checkId(id, content, path);
    const owner = owners.get(id);
    if ((ids.get(content) ?? id) !== id || (owner ?? content) !== content) {
      const problem = 'The vocabulary has this piece under another id, or another piece under this id.';
      throw invalidTokenizer(path, { problem, received: `${content}: ${id}` });
    }
    ids.set(content, id);
    owners.set(id, content);
    return { ...read, id };
  });
}

/** Without a piece for what is unknown, such characters would vanish. */
function checkCoverage({ model, ids, unknown }: ReadModel, preTokenizer: Component | null): void {
  if (unknown !== null) return;
  const byBytes = model.byte_fallback === true && coversByteFallback(ids);
  if (byBytes || (isByteLevel(preTokenizer) && coversByteLevel(ids))) return;
  throw invalidTokenizer('model.unk_token', {
    problem: 'What no piece covers would be left out without a word.',
    expected: 'an unk_token, or a piece for every byte (ByteLevel or byte_fallback)',
    received: null,
  });
}

function isByteLevel(component: Component | null): boolean {
  const parts = component?.type === 'Sequence' ? component.pretokenizers : [component];
  return Array.isArray(parts) && parts.some((part: Component | null) => part?.type === 'ByteLevel');
}
