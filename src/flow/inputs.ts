/** @file Declaring the network's inputs. */
import { didYouMean } from '../errors.js';
import {
  either,
  flag,
  group,
  invalidOption,
  listOf,
  nullable,
  number,
  type Option,
  option,
  optional,
  readOptions,
  text,
  wholeNumber,
  withDefault,
} from '../options.js';
import type { ChannelStatistics, InputSpec, InputSpecOf } from './graph.js';
import { requireName } from './names.js';
import { raggedInput } from './ragged-input.js';

export interface ImageOptions {
  /** Pixels. */
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for RGB. */
  readonly channels: number;
  /**
   * Pixel values are multiplied by this on their way into the network. Default: the first fit sees their range and brings
   * it to 0..1 (bytes by 1/255, values in 0..1 as they are); until then 1/255.
   */
  readonly scale?: number;
  /**
   * Standardises each channel after that: (value - mean) / deviation, in the units of values in 0..1. `'imagenet'`: with the means
   * and deviations of ImageNet's training images, as networks that were trained on them expect; of 3 channels only. Default:
   * values stay as they were scaled.
   */
  readonly normalise?: 'imagenet' | ChannelStatistics;
}

/**
 * An image `[height, width, channels]`, read from the column of its name: rows of that shape, or flat. 8-bit ones stay so.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example image({ height: 64, width: 64, channels: 3 })
 */
export function image(options: ImageOptions): InputSpecOf<null> {
  const { height, width, channels, scale, normalise } = readOptions('image', imageSchema, options);
  const plain = input('image', [height, width, channels], scale ?? 1 / 255, null);
  const spec =
    normalise === undefined ? plain : Object.freeze({ ...plain, normalise: statisticsOf(normalise, channels) });
  return scale === undefined ? learning(spec, 'range') : spec;
}

/** Of the RGB values in 0..1 of ImageNet's training images, as torchvision has them in `transforms.Normalize`. */
const IMAGENET: ChannelStatistics = Object.freeze({
  mean: Object.freeze([0.485, 0.456, 0.406]),
  deviation: Object.freeze([0.229, 0.224, 0.225]),
});

function statisticsOf(given: 'imagenet' | ChannelStatistics, channels: number): ChannelStatistics {
  if (given === 'imagenet') {
    if (channels === IMAGENET.mean.length) return IMAGENET;
    throw invalidOption('image.normalise', given, {
      problem: "ImageNet's means and deviations are of red, green and blue",
      expected: `3 channels, where this image has ${channels}`,
      mend:
        channels === 1
          ? 'Declare channels: 3 (grey in each of them), or give { mean: [m], deviation: [d] } of grey images.'
          : 'Give { mean, deviation } with a number for each channel.',
    });
  }
  for (const [name, values] of Object.entries(given)) {
    if (values.length === channels) continue;
    throw invalidOption(`image.normalise.${name}`, values, { expected: `${channels} numbers, one for each channel` });
  }
  return Object.freeze({ mean: given.mean, deviation: given.deviation });
}

export interface Standardising {
  /**
   * Numbers are standardised on their way into the network, column by column, as the first fit's rows say: the median
   * becomes 0, the distance of the quartiles 1, and what lies far out is drawn in smoothly. Default true; false leaves
   * them as they are.
   */
  readonly standardise?: boolean;
}

export type VectorOptions<Columns extends readonly string[] = readonly string[]> = Standardising &
  /** One column of arrays of `size` numbers, named as the input. */
  (
    | { readonly size: number; readonly columns?: undefined }
    /** One number from each of these columns. */
    | { readonly columns: Columns; readonly size?: undefined }
  );

const axis = wholeNumber({ least: 1 });

const channelStatistics = group({
  mean: listOf(number(), { least: 1 }),
  deviation: listOf(number({ above: 0 }), { least: 1 }),
});

/** Not `either`: what is wrong within a record is said at its own path. */
const normalise: Option<'imagenet' | ChannelStatistics> = {
  expected: `imagenet, or ${channelStatistics.expected}`,
  read: (given, path) => {
    if (given === 'imagenet') return given;
    if (typeof given === 'object' && given !== null) return channelStatistics.read(given, path);
    const suggestion = typeof given === 'string' ? didYouMean(given, ['imagenet']) : undefined;
    throw invalidOption(path, given, { expected: normalise.expected, suggestion });
  },
};

const imageSchema = {
  height: axis,
  width: axis,
  channels: axis,
  scale: optional(option('a finite number other than 0', (x): x is number => Number.isFinite(x) && x !== 0)),
  normalise: optional(normalise),
};

const vectorSchema = {
  size: optional(axis),
  columns: optional(listOf(text, { least: 1 })),
  standardise: withDefault(flag, true),
};

/**
 * A vector `[size]`, read from one column of arrays or from several columns of numbers.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example vector({ columns: ['age', 'fare'] })
 */
export function vector<const Columns extends readonly string[] = never>(
  options: VectorOptions<Columns>,
): InputSpecOf<[Columns] extends [never] ? null : Columns[number]> {
  const { size, columns, standardise } = readOptions('vector', vectorSchema, options);
  const made = (spec: InputSpec): InputSpec => (standardise ? learning(spec, 'standardise') : spec);
  if (columns === undefined) {
    if (size === undefined) throw invalidOption('vector', options, { expected: '{ size } or { columns }' });
    return made(input('vector', [size], 1, null));
  }
  if (size !== undefined) throw invalidOption('vector.size', size, { expected: 'no size where there are columns' });
  if (new Set(columns).size < columns.length) {
    throw invalidOption('vector.columns', columns, { expected: 'different column names' });
  }
  return made(input('vector', [columns.length], 1, columns));
}

export interface TensorOptions {
  /** Of a row: without the batch axis. */
  readonly shape: readonly number[];
  /** A name for each axis of the shape along which tasks answer (see `along`), null for the others: `['token', null]`. */
  readonly axes?: readonly (string | null)[];
  /**
   * Lists in a cell may be shorter than the shape: along every axis, or along those named here. What is missing at the
   * end is filled with `padding`, and `maskOf` tells what is there. Default false.
   */
  readonly ragged?: boolean | readonly string[];
  /** The number that fills shorter lists of a ragged input. Default 0. */
  readonly padding?: number;
}

const tensorSchema = {
  shape: listOf(axis, { least: 1 }),
  axes: optional(listOf(nullable(text))),
  ragged: withDefault(either(flag, listOf(text, { least: 1 })), false),
  padding: optional(number()),
};

/**
 * Rows of any fixed shape (without the batch axis), or of up to that shape where it is ragged, read from the column of
 * its name.
 *
 * @throws HeadgateError `INVALID_OPTIONS`, `INVALID_NAME`
 * @example tensor({ shape: [24, 6] }) // 24 hours of 6 sensors
 * @example tensor({ shape: [10, 19], axes: ['sentence', 'token'], ragged: true }) // [[4, 1], [7, 7, 2]]
 */
export function tensor(options: TensorOptions): InputSpecOf<null> {
  const { shape, axes, ragged, padding } = readOptions('tensor', tensorSchema, options);
  const spec = raggedInput(input('tensor', shape, 1, null), { axes, ragged, padding });
  if (axes === undefined) return spec;
  const named = axes.filter((name) => name !== null);
  for (const name of named) requireName(name, 'tensor.axes');
  if (axes.length !== shape.length || new Set(named).size < named.length) {
    throw invalidOption('tensor.axes', axes, {
      expected: `${shape.length} of them, one for each axis of the shape: names that differ, or null`,
    });
  }
  return Object.freeze({ ...spec, axes: Object.freeze([...axes]) });
}

/** Engines count the numbers of a tensor in 32 bits; one row of more would fit into no batch. */
const MOST_NUMBERS = 2 ** 31 - 1;

function input(kind: string, shape: readonly number[], scale: number, columns: readonly string[] | null): InputSpec {
  if (shape.reduce((size, axis) => size * axis, 1) > MOST_NUMBERS) {
    throw invalidOption(kind, shape, { expected: `a shape of at most ${MOST_NUMBERS} numbers` });
  }
  return Object.freeze({ kind, shape: Object.freeze([...shape]), scale, columns });
}

/** An input whose encoder the first fit teaches. */
function learning(spec: InputSpec, kind: string): InputSpec {
  return Object.freeze({ ...spec, encoder: Object.freeze({ kind, state: null }) });
}
