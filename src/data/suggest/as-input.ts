/** @file What a column could be as an input. */

import type { ColumnSpecOf, InputSpec } from '../../flow/graph.js';
import { image, tensor, vector } from '../../flow/inputs.js';
import { boolean } from '../columns/boolean.js';
import { category } from '../columns/category.js';
import { type DatePart, date } from '../columns/date.js';
import { number } from '../columns/number.js';
import { numbers } from '../columns/numbers.js';
import { call } from './code.js';
import type { ColumnProfile } from './profile.js';

export type SuggestedInput =
  /** One of the columns of the vector. */
  | { readonly as: 'column'; readonly spec: ColumnSpecOf<unknown>; readonly code: string; readonly why: string }
  /** An input of its own. */
  | { readonly as: 'input'; readonly spec: InputSpec; readonly code: string; readonly why: string }
  | { readonly as: 'nothing'; readonly why: string };

/** Fewer rows say little of what a column is. */
const FEW_ROWS = 20;
/** Values that are written out. */
const WRITTEN = 12;
const MOST_PLACES = 50;
/** Columns of whole numbers with no more values than these are names rather than amounts. */
const NAMES = 5;
const WORDS = { yes: ['yes', 'y', 'true', 't', 'on'], no: ['no', 'n', 'false', 'f', 'off'] } as const;
const IMAGE_FILE = /\.(png|jpe?g|webp|gif|bmp|tiff?)$/i;

export function asInput(profile: ColumnProfile): SuggestedInput {
  const { sort, values, rows, missing } = profile;
  const present = rows - missing;
  if (present === 0) return nothing('no row has a value');
  if (values?.size === 1 && missing === 0) return nothing(`always ${[...values.keys()][0]}`);
  switch (sort) {
    case 'boolean':
      return column('boolean', boolean, undefined, 'yes or no');
    case 'number':
      return ofNumbers(profile);
    case 'date':
      return ofDates(profile);
    case 'text':
      return ofTexts(profile, present);
    case 'numbers':
      return ofLists(profile);
    case 'tensor':
      return ofTensors(profile);
    case 'texts':
      return nothing('lists of texts: labels of a multilabel rather than an input');
    case 'mixed':
      return nothing('values of several sorts: make one of them with table.derive');
    case 'none':
      return nothing('no row has a value');
  }
}

function ofNumbers({ values, numbers: sorted, areWhole, least, greatest, rows }: ColumnProfile): SuggestedInput {
  const distinct = values?.size ?? Number.POSITIVE_INFINITY;
  if (distinct === 2 && least === 0 && greatest === 1) return column('boolean', boolean, undefined, '0 and 1');
  const isCounting = areWhole && greatest - least + 1 === rows && (values === null || values.size === rows);
  if (isCounting && rows >= FEW_ROWS)
    return nothing('an identifier: whole numbers, one after another, each in one row');
  if (areWhole && distinct <= NAMES && distinct > 2) {
    const written = [...sorted].filter((value, i) => value !== sorted[i - 1]);
    return column('category', category, { values: written }, `${distinct} whole numbers`);
  }
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  const width = at(0.75) - at(0.25);
  const isLong = width > 0 && Math.max(greatest - at(0.75), at(0.25) - least) > 10 * width;
  if (isLong) return column('number', number, { scale: 'quantiles' }, `from ${least} to ${greatest}, with far tails`);
  return column('number', number, undefined, `from ${least} to ${greatest}`);
}

function ofDates({ hasHours }: ColumnProfile): SuggestedInput {
  const parts: DatePart[] = ['time', 'month', 'weekday', ...(hasHours ? (['hour'] as const) : [])];
  return column('date', date, { parts }, hasHours ? 'dates with hours' : 'dates');
}

/** Words of a text, in the mean, from which on it is language rather than a name. */
const WORDS_OF_LANGUAGE = 3;

function ofTexts({ values, words }: ColumnProfile, present: number): SuggestedInput {
  const isLanguage = words.all >= WORDS_OF_LANGUAGE * present;
  const free = (count: string): SuggestedInput =>
    nothing(isLanguage ? languageWords(words.most) : `${count}: free text, or an identifier`);
  if (values === null) return free('more than 1,000 different texts');
  const texts = [...values.keys()];
  if (texts.every((text) => IMAGE_FILE.test(text)))
    return nothing('paths of images: imagesIn(rows, { column, … }) reads them, for an input image(…)');
  const yes = texts.filter((text) => WORDS.yes.some((word) => word === text.toLowerCase()));
  const no = texts.filter((text) => WORDS.no.some((word) => word === text.toLowerCase()));
  if (yes.length > 0 && no.length > 0 && yes.length + no.length === texts.length) {
    return column('boolean', boolean, { yes, no }, 'words for yes and no');
  }
  if (texts.length <= WRITTEN && texts.length * 2 <= present) {
    return column('category', category, { values: [...texts].sort() }, `${texts.length} different texts`);
  }
  if (texts.length * 2 <= present) {
    return column(
      'category',
      category,
      { most: Math.min(MOST_PLACES, texts.length) },
      `${texts.length} different texts`,
    );
  }
  return free(`${texts.length} different texts in ${present} rows`);
}

/** Not pasted ready to run: a tokenizer is trained on training rows, and which these are only the user knows. */
function languageWords(most: number): string {
  const length = 2 ** Math.ceil(Math.log2(2 * most)); // about two pieces a word, at most
  return (
    `texts of up to ${most} words: text({ tokenizer, length: ${length} }), with a tokenizer of trainTokenizer(…) ` +
    '(docs/text.md)'
  );
}

function ofLists({ shape, longest }: ColumnProfile): SuggestedInput {
  const [size] = shape ?? [];
  if (size === undefined || size === 0) {
    const declared = `tensor({ shape: [${longest}], axes: ['item'], ragged: true })`;
    return nothing(`lists of up to ${longest} numbers: ${declared}, with a backbone that reads its mask`);
  }
  return column('numbers', numbers, { size }, `lists of ${size} numbers`);
}

function ofTensors({ shape }: ColumnProfile): SuggestedInput {
  if (shape === null) return nothing('arrays of different shapes');
  const [height, width, channels] = shape;
  if (shape.length === 3 && height !== undefined && width !== undefined && (channels === 1 || channels === 3)) {
    const options = { height, width, channels };
    return { as: 'input', spec: image(options), code: call('image', options), why: `${height} × ${width} pixels` };
  }
  if (shape.length === 1 && height !== undefined) {
    return {
      as: 'input',
      spec: vector({ size: height }),
      code: call('vector', { size: height }),
      why: `${height} numbers`,
    };
  }
  return {
    as: 'input',
    spec: tensor({ shape }),
    code: call('tensor', { shape: [...shape] }),
    why: `arrays of shape ${shape.join(' × ')}`,
  };
}

function column<Options>(
  name: string,
  make: (options: Options) => ColumnSpecOf<unknown>,
  options: Options & (Readonly<Record<string, unknown>> | undefined),
  why: string,
): SuggestedInput {
  return { as: 'column', spec: make(options), code: call(name, options), why };
}

const nothing = (why: string): SuggestedInput => ({ as: 'nothing', why });
