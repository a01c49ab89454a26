/** @file Which pieces stand for no text of their own. */
import { isRecord } from '../../../../options.js';
import { invalidTokenizer } from './errors.js';

export interface SpecialIds {
  readonly padding: number;
  readonly unknown: number | null;
  readonly mask: number | null;
  readonly all: readonly number[];
}

/** As known tokenizers call them. */
const PADDING = ['[PAD]', '<pad>', '<PAD>', '<|pad|>', '<|padding|>', '<|finetune_right_pad_id|>'];
const MASK = ['[MASK]', '<mask>', '<|mask|>'];

interface Said {
  readonly unknown: string | null;
  /** The file's own section. */
  readonly padding: unknown;
  readonly added: readonly { readonly id: number; readonly special?: boolean | undefined }[];
}

/** @throws HeadgateError `INVALID_TOKENIZER` without a piece that pads: none can be guessed, and texts are of many lengths */
export function specialIds(ids: ReadonlyMap<string, number>, { unknown, padding, added }: Said): SpecialIds {
  const first = (names: readonly string[]) => names.map((name) => ids.get(name)).find((id) => id !== undefined);
  const pads = paddingOf(ids, padding) ?? first(PADDING);
  if (pads === undefined) {
    throw invalidTokenizer('padding', {
      problem: 'No piece pads texts of several lengths to one.',
      expected: `a section padding with a pad_token, or a piece called one of: ${PADDING.join(', ')}`,
      mend: 'Add one to added_tokens, special, with the next id.',
    });
  }
  const own = {
    padding: pads,
    unknown: unknown === null ? null : (ids.get(unknown) ?? null),
    mask: first(MASK) ?? null,
  };
  const all = new Set([...added.filter(({ special }) => special === true).map(({ id }) => id), pads]);
  for (const id of [own.unknown, own.mask]) if (id !== null) all.add(id);
  return Object.freeze({ ...own, all: Object.freeze([...all].sort((a, b) => a - b)) });
}

function paddingOf(ids: ReadonlyMap<string, number>, section: unknown): number | undefined {
  if (section === null || section === undefined) return undefined;
  const { pad_token: piece, pad_id: said }: Readonly<Record<string, unknown>> = isRecord(section) ? section : {};
  const id = typeof piece === 'string' ? ids.get(piece) : undefined;
  if (id !== undefined && (said === undefined || said === id)) return id;
  const problem = 'The section names no piece that is there under this id.';
  throw invalidTokenizer('padding', { problem, expected: '{ pad_token, pad_id }', received: section });
}
