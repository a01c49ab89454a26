/** @file How pathways are found: what decides, how much is kept, in which pieces, and who may share. */

import type { Json } from '../../flow/graph.js';
import { isJson } from '../../flow/json.js';
import {
  flag,
  group,
  invalidOption,
  nullable,
  number,
  type Option,
  type OptionsOf,
  oneOf,
  optional,
  wholeNumber,
  withDefault,
} from '../../options.js';
import type { NamePattern } from '../../train/optimizers/optimizer.js';

/** What decides which weights a pathway keeps. */
export const methods = [
  'gradient',
  'gradientWeight',
  'fisher',
  'magnitude',
  'activation',
  'movement',
  'random',
] as const;
export type PathwayMethod = (typeof methods)[number];

/** Single weights, whole units (filters of a convolution), blocks of a kernel, or N of each M along a kernel's inputs. */
export type Granularity =
  | 'weight'
  | 'unit'
  | { readonly block: readonly [rows: number, columns: number] }
  | { readonly keep: number; readonly of: number };

export interface PathwaySettings {
  /**
   * `gradient` |∂loss/∂w|, `gradientWeight` |w·∂loss/∂w|, `fisher` (∂loss/∂w)² by batch, `magnitude` |w|, `activation`
   * |w|·mean|x|, `movement` how far w has moved from 0 since it was drawn, `random`. Default `gradient`.
   */
  readonly method?: PathwayMethod | undefined;
  /** Share of each kernel (of units: of each layer's) that a pathway leaves out; 0 up to, not including, 1. Default 0.8. */
  readonly sparsity?: number | undefined;
  /** Default `unit`. */
  readonly granularity?: Granularity | undefined;
  /** `layer`: the same share of each layer; `global`: where scores are largest; `erk`: more of small kernels. Default `layer`. */
  readonly scope?: 'layer' | 'global' | 'erk' | undefined;
  /** Each weight is trained by one pathway at most; earlier pathways choose first. Default true. */
  readonly exclusive?: boolean | undefined;
  /** Whether a pathway also sees, without training it, what earlier ones own. Default false. */
  readonly readsOthers?: boolean | undefined;
  /** Kernels to mask, by layer's name in the backbone. Default: all. */
  readonly include?: NamePattern | readonly NamePattern[] | undefined;
  /** Kernels that everybody sees whole, by layer's name. Default: none. */
  readonly exclude?: NamePattern | readonly NamePattern[] | undefined;
  /** Weights that each unit keeps at least, of single weights. Default 1, where the budget has as many. */
  readonly leastFanIn?: number | undefined;
  /** Batches that scores are computed from. Default 32. */
  readonly scoreBatches?: number | undefined;
  /** Of `random`, and of which batches are looked at. Default 0. */
  readonly seed?: number | undefined;
}

const pair: Option<readonly [number, number]> = {
  expected: '[rows, columns]',
  read: (given, path) => {
    const list: readonly unknown[] = Array.isArray(given) ? given : [];
    const [rows, columns] = list;
    const fits = list.length === 2 && list.every((side) => Number.isSafeInteger(side) && Number(side) > 0);
    if (!fits) throw invalidOption(path, given, { expected: 'two whole numbers from 1 on: [rows, columns]' });
    return [Number(rows), Number(columns)];
  },
};

const blockOption = group({ block: pair });
const patternOption = group({ keep: wholeNumber({ least: 1 }), of: wholeNumber({ least: 1 }) });
const namedGranularity = oneOf(['weight', 'unit']);

const granularity: Option<Granularity> = {
  expected: `${namedGranularity.expected}, { block: [rows, columns] }, or { keep, of }`,
  read: (given, path) => {
    if (typeof given !== 'object' || given === null) return namedGranularity.read(given, path);
    if ('block' in given) return blockOption.read(given, path);
    const { keep, of } = patternOption.read(given, path);
    if (keep <= of) return { keep, of };
    throw invalidOption(`${path}.keep`, keep, { expected: `at most \`of\`, which is ${of}` });
  },
};

const pattern: Option<NamePattern> = {
  expected: 'a pattern, a regular expression, or a function of a name',
  read: (given, path) => {
    if (typeof given === 'string' || typeof given === 'function' || given instanceof RegExp)
      return given as NamePattern;
    throw invalidOption(path, given, { expected: pattern.expected });
  },
};

export const patterns: Option<readonly NamePattern[]> = {
  expected: 'patterns of layers’ names',
  read: (given, path) =>
    Array.isArray(given) ? given.map((one, i) => pattern.read(one, `${path}[${i}]`)) : [pattern.read(given, path)],
};

export const settingsSchema = {
  method: withDefault(oneOf(methods), 'gradient'),
  sparsity: withDefault(number({ least: 0, below: 1 }), 0.8),
  granularity: withDefault(granularity, 'unit'),
  scope: withDefault(oneOf(['layer', 'global', 'erk']), 'layer'),
  exclusive: withDefault(flag, true),
  readsOthers: withDefault(flag, false),
  include: withDefault(nullable(patterns), null),
  exclude: withDefault(patterns, []),
  leastFanIn: optional(wholeNumber({ least: 1 })),
  scoreBatches: withDefault(wholeNumber({ least: 1 }), 32),
  seed: withDefault(wholeNumber(), 0),
};

export type Settings = OptionsOf<typeof settingsSchema>;

/** As the graph holds them: a pattern that is no text is said as text. */
export function settingsJson(settings: PathwaySettings | undefined): Json | undefined {
  if (settings === undefined) return undefined;
  const words = (given: PathwaySettings['include']): Json =>
    [given ?? []].flat().map((one) => (typeof one === 'string' ? one : String(one)));
  const entries = Object.entries(settings).flatMap(([key, value]): [string, Json][] => {
    if (value === undefined) return [];
    if (key === 'include' || key === 'exclude') return [[key, words(settings[key])]];
    return isJson(value) ? [[key, value]] : [];
  });
  return Object.fromEntries(entries);
}
