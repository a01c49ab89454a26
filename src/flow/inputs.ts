/** @file Declaring the network's inputs. */
import { didYouMean, HeadgateError, show } from '../errors.js';
import type { InputSpec } from './graph.js';

export interface ImageOptions {
  /** Pixels. */
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for RGB. */
  readonly channels: number;
  /** Pixel values are multiplied by this on their way into the network. Default 1/255, for values in 0..255. */
  readonly scale?: number;
}

/** An image `[height, width, channels]`. */
export function image(options: ImageOptions): InputSpec {
  requireKnown('image', options, ['height', 'width', 'channels', 'scale']);
  const { height, width, channels, scale = 1 / 255 } = options;
  if (!(Number.isFinite(scale) && scale !== 0)) throw invalid('image.scale', 'a finite number other than 0', scale);
  return input('image', [height, width, channels], scale, null);
}

export type VectorOptions =
  /** One column of arrays of `size` numbers, named as the input. */
  | { readonly size: number }
  /** One number from each of these columns. */
  | { readonly columns: readonly string[] };

/** A vector `[size]`, read from one column of arrays or from several columns of numbers. */
export function vector(options: VectorOptions): InputSpec {
  requireKnown('vector', options, ['size', 'columns']);
  if (!('columns' in options)) return input('vector', [options.size], 1, null);
  if ('size' in options) throw invalid('vector', 'size or columns, not both', options);
  const { columns } = options;
  const isList = Array.isArray(columns) && columns.length > 0 && columns.every((name) => typeof name === 'string');
  if (!isList || new Set(columns).size < columns.length) {
    throw invalid('vector.columns', 'different column names, at least one', columns);
  }
  return input('vector', [columns.length], 1, Object.freeze([...columns]));
}

/** Rows of any fixed shape (without the batch axis). */
export function tensor(options: { readonly shape: readonly number[] }): InputSpec {
  requireKnown('tensor', options, ['shape']);
  return input('tensor', options.shape, 1, null);
}

function input(kind: string, shape: readonly number[], scale: number, columns: readonly string[] | null): InputSpec {
  if (!Array.isArray(shape) || shape.length === 0 || !shape.every((axis) => Number.isSafeInteger(axis) && axis > 0)) {
    throw invalid(kind, 'whole numbers above 0', shape);
  }
  return Object.freeze({ kind, shape: Object.freeze([...shape]), scale, columns });
}

/** An option that is misspelt would else be passed over in silence. */
function requireKnown(kind: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw invalid(kind, `an object with ${known.join(', ')}`, options);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new HeadgateError({
    code: 'INVALID_OPTIONS',
    path: `${kind}.${unknown}`,
    problem: `${kind} has no option ${show(unknown)}`,
    expected: `some of: ${known.join(', ')}`,
    received: show(unknown),
    suggestion: didYouMean(unknown, known),
  });
}

function invalid(path: string, expected: string, received: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_OPTIONS',
    path,
    problem: 'the input cannot be declared like this',
    expected,
    received: show(received),
  });
}
