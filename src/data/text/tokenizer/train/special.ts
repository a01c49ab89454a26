/** @file The special tokens of a tokenizer that is trained here, under the names that BERT gave them. */

/** By id. */
export const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;

export const UNKNOWN = SPECIAL[1];
