/** @file What was compared and how alike it is: as frozen data, and as a table of at most 80 columns. */
import { didYouMean, HeadgateError, listed, show } from '../../errors.js';
import { formatNumber } from '../../evaluate/text-table.js';
import type { Note } from '../../notes.js';
import { padLeft, padRight, shortenAll } from '../../text.js';

/** What is compared with what. */
export const comparisons = ['models', 'layers', 'tasks', 'classes', 'gradients', 'weights'] as const;
export type Comparison = (typeof comparisons)[number];
export type SimilarityMeasure = 'cka' | 'cosine';

/** One comparison. */
export interface SimilarityPair {
  /** The layer or the parameter in which they are compared; null for two layers, and for all parameters together. */
  readonly at: string | null;
  /** The layers, tasks, classes or models. */
  readonly first: string;
  readonly second: string;
  /**
   * CKA from 0 to 1, a cosine from -1 to 1. Null where it is not defined: something is the same for all rows, or 0
   * everywhere; for the cosine of representations, where their widths differ.
   */
  readonly value: number | null;
  /** Rows without a direction, which the mean of cosines leaves out. */
  readonly skipped: number;
}

export interface Similarity {
  readonly between: Comparison;
  readonly measure: SimilarityMeasure;
  /** Rows that were looked at; of `gradients`, those of the batches; 0 for `weights`. */
  readonly rows: number;
  readonly pairs: readonly SimilarityPair[];
  /**
   * The value of one pair, in either order.
   *
   * @param at the layer or the parameter; needed where pairs are compared in several. null: all together
   * @throws HeadgateError `UNKNOWN_PAIR` for a pair that was not compared, or is compared in several
   */
  readonly value: (first: string, second: string, at?: string | null) => number | null;
  readonly notes: readonly Note[];
  /** A table, at most 80 columns wide. */
  readonly toString: () => string;
  readonly print: () => void;
}

export type SimilarityFacts = Pick<Similarity, 'between' | 'measure' | 'rows' | 'pairs'>;

export function similarityOf(facts: SimilarityFacts): Similarity {
  const pairs = Object.freeze(facts.pairs.map((pair) => Object.freeze({ ...pair })));
  const text = (): string => textOf({ ...facts, pairs });
  return Object.freeze<Similarity>({
    ...facts,
    pairs,
    value: (first, second, at) => valueAt(pairs, first, second, at),
    notes: [],
    toString: text,
    print: () => console.log(text()),
  });
}

function valueAt(pairs: readonly SimilarityPair[], first: string, second: string, at?: string | null): number | null {
  const isPair = (pair: SimilarityPair): boolean =>
    (pair.first === first && pair.second === second) || (pair.first === second && pair.second === first);
  const own = pairs.filter(isPair);
  const found = at === undefined ? own : own.filter((pair) => pair.at === at);
  const [pair] = found;
  if (pair !== undefined && found.length === 1) return pair.value;
  const places = own.map((one) => show(one.at));
  const names = [...new Set(pairs.flatMap((one) => [one.first, one.second]))];
  const received = `${show(first)}, ${show(second)}${at === undefined ? '' : `, ${show(at)}`}`;
  throw new HeadgateError({
    code: 'UNKNOWN_PAIR',
    path: 'similarity.value',
    problem: found.length > 1 ? 'the two are compared in several places' : 'these two were not compared',
    expected: own.length > 0 ? `as third argument one of ${listed(places)}` : `two of ${listed(names)}`,
    received,
    suggestion: didYouMean(names.includes(first) ? second : first, names),
  });
}

/** Lines that a table has at most; the others are counted. */
const SHOWN = 100;

const KINDS: Readonly<Record<Comparison, string>> = {
  models: 'the same layers of two models',
  layers: 'layers of one model',
  tasks: 'tasks, by layer',
  classes: 'classes, by layer',
  gradients: 'gradients of tasks, by parameter',
  weights: 'weights of two models, by parameter',
};

interface Column {
  readonly heading: string;
  readonly texts: readonly string[];
  readonly width: number;
}

function textOf({ between, measure, rows, pairs }: SimilarityFacts): string {
  const name = measure === 'cka' ? 'linear CKA' : 'cosine';
  const head = `${name} between ${KINDS[between]}${rows === 0 ? '' : `, of ${rows} rows`}`;
  const shown = pairs.slice(0, SHOWN);
  const columns = columnsFor(between, shown);
  const hasSkipped = pairs.some(({ skipped }) => skipped > 0);
  const line = (cellOf: (column: Column) => string, value: string, skipped: string): string => {
    const names = columns.map((column) => padRight(cellOf(column), column.width)).join(' ');
    return `${names}${padLeft(value, 10)}${hasSkipped ? padLeft(skipped, 9) : ''}`.trimEnd();
  };
  const table = shown.map(({ value, skipped }, i) => {
    return line(({ texts }) => texts[i] ?? '', formatNumber(value), String(skipped));
  });
  const rest = pairs.length > SHOWN ? ['', `${pairs.length - SHOWN} more in \`pairs\``] : [];
  return [head, '', line(({ heading }) => heading, measure, 'skipped'), ...table, ...rest].join('\n');
}

function columnsFor(between: Comparison, pairs: readonly SimilarityPair[]): readonly Column[] {
  const hasPlaces = between !== 'layers';
  const width = hasPlaces ? 16 : 28;
  const of = (heading: string, own: number, text: (pair: SimilarityPair) => string): Column => {
    return { heading, texts: shortenedApart(pairs.map(text), own), width: own };
  };
  const isOfParameters = between === 'gradients' || between === 'weights';
  const places = of(isOfParameters ? 'parameter' : 'layer', 26, ({ at }) => at ?? 'all together');
  const both = [of('', width, ({ first }) => first), of('', width, ({ second }) => second)];
  return hasPlaces ? [places, ...both] : both;
}

/** Equal names stay equal. */
function shortenedApart(texts: readonly string[], width: number): readonly string[] {
  const distinct = [...new Set(texts)];
  const short = new Map(shortenAll(distinct, width).map((text, i) => [distinct[i], text]));
  return texts.map((text) => short.get(text) ?? text);
}
