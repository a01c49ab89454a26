/** @file Declaring the network's inputs. */
import { invalidOption, listOf, option, optional, readOptions, text, wholeNumber, withDefault } from '../options.js';
import type { InputSpec, InputSpecOf } from './graph.js';

export interface ImageOptions {
  /** Pixels. */
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for RGB. */
  readonly channels: number;
  /** Pixel values are multiplied by this on their way into the network. Default 1/255, for values in 0..255. */
  readonly scale?: number;
}

/**
 * An image `[height, width, channels]`, read from the column of its name: rows of that shape, or flat. 8-bit ones stay so.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example image({ height: 64, width: 64, channels: 3 })
 */
export function image(options: ImageOptions): InputSpecOf<null> {
  const { height, width, channels, scale } = readOptions('image', imageSchema, options);
  return input('image', [height, width, channels], scale, null);
}

export type VectorOptions<Columns extends readonly string[] = readonly string[]> =
  /** One column of arrays of `size` numbers, named as the input. */
  | { readonly size: number; readonly columns?: undefined }
  /** One number from each of these columns. */
  | { readonly columns: Columns; readonly size?: undefined };

const axis = wholeNumber({ least: 1 });

const imageSchema = {
  height: axis,
  width: axis,
  channels: axis,
  scale: withDefault(
    option('a finite number other than 0', (x): x is number => Number.isFinite(x) && x !== 0),
    1 / 255,
  ),
};

const vectorSchema = { size: optional(axis), columns: optional(listOf(text, { least: 1 })) };

/**
 * A vector `[size]`, read from one column of arrays or from several columns of numbers.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example vector({ columns: ['age', 'fare'] })
 */
export function vector<const Columns extends readonly string[] = never>(
  options: VectorOptions<Columns>,
): InputSpecOf<[Columns] extends [never] ? null : Columns[number]> {
  const { size, columns } = readOptions('vector', vectorSchema, options);
  if (columns === undefined) {
    if (size === undefined) throw invalidOption('vector', options, { expected: '{ size } or { columns }' });
    return input('vector', [size], 1, null);
  }
  if (size !== undefined) throw invalidOption('vector.size', size, { expected: 'no size where there are columns' });
  if (new Set(columns).size < columns.length) {
    throw invalidOption('vector.columns', columns, { expected: 'different column names' });
  }
  return input('vector', [columns.length], 1, columns);
}

/**
 * Rows of any fixed shape (without the batch axis), read from the column of its name.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example tensor({ shape: [24, 6] }) // 24 hours of 6 sensors
 */
export function tensor(options: { readonly shape: readonly number[] }): InputSpecOf<null> {
  return input('tensor', readOptions('tensor', { shape: listOf(axis, { least: 1 }) }, options).shape, 1, null);
}

function input(kind: string, shape: readonly number[], scale: number, columns: readonly string[] | null): InputSpec {
  return Object.freeze({ kind, shape: Object.freeze([...shape]), scale, columns });
}
