/** @file Learns a vocabulary from texts. */
import { HeadgateError } from '../../../../errors.js';
import { type Tokenizer, tokenizerOf } from '../tokenizer.js';
import { type Counts, countWords } from './count.js';
import { tokenizerFile } from './file.js';
import { readTraining, type TokenizerOptions, type Training } from './options.js';
import { reportOf, type TokenizerReport } from './report.js';
import { vocabularyOf } from './vocabulary.js';

export interface TrainedTokenizer extends Tokenizer {
  readonly report: TokenizerReport;
}

/**
 * A tokenizer whose vocabulary is learnt from these texts. The same texts give the same bytes, in whatever order they come. Ids:
 * `[PAD]` 0, `[UNK]` 1, `[CLS]` 2, `[SEP]` 3, `[MASK]` 4, then the pieces, so that the first ones of a vocabulary are the
 * smaller one. Missing texts are passed over and counted.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; `INVALID_DATA` at `texts[3]` for what is no text; `EMPTY_DATASET`
 * @example
 * const tokenizer = trainTokenizer(['to be', 'or not to be', null], { kind: 'wordPiece', size: 4096 });
 * tokenizer.report.print();
 * await tokenizer.save('tokenizer.json');
 */
export function trainTokenizer(texts: Iterable<string | null>, options: TokenizerOptions): TrainedTokenizer {
  const training = readTraining(options);
  const counts = countWords(texts, training);
  const { pieces, leftOut } = vocabularyOf(counts, training);
  if (pieces.length === 0) throw nothingLearnt(counts, training);
  const tokenizer = tokenizerOf(tokenizerFile(pieces, training));
  return Object.freeze({ ...tokenizer, report: reportOf(tokenizer, counts, leftOut, training) });
}

function nothingLearnt({ texts, missing, words }: Counts, { minimumCount }: Training): HeadgateError {
  return new HeadgateError({
    code: 'EMPTY_DATASET',
    path: 'texts',
    problem: 'There is no piece to be learnt.',
    expected: `at least one word or character that is seen ${minimumCount} times`,
    received: `${texts} texts of ${words.size} distinct ones, ${missing} missing texts`,
  });
}
