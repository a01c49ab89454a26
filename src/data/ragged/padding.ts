/** @file For preparation of one's own: nested lists of any lengths become one array of one shape, and the mask of what is there. */
import { HeadgateError, show } from '../../errors.js';
import type { InputSpec } from '../../flow/graph.js';
import { listOf, number, optional, readOptions, wholeNumber, withDefault } from '../../options.js';
import { sizeOf } from '../column.js';
import { readCell } from './bind-ragged.js';
import { listIn, shapedIn } from './lists.js';

/**
 * The least shape that holds nested lists: along each axis the length of the longest list. The innermost may be typed
 * arrays, or `{ data, shape }`, of different lengths.
 *
 * @throws HeadgateError `WRONG_SHAPE` where numbers do not all lie equally deep
 * @example
 * paddingShape([[1, 2, 3], [4, 5]]); // [2, 3]
 */
export function paddingShape(nested: unknown): readonly number[] {
  const lengths: number[] = [];
  let depth: number | null = null;
  const see = (value: unknown, axis: number, path: string): void => {
    const shaped = shapedIn(value);
    const list = shaped === null ? listIn(value, 1) : null;
    const own = shaped ?? (list === null ? [] : [list.length]);
    for (const [i, length] of own.entries()) lengths[axis + i] = Math.max(lengths[axis + i] ?? 0, length);
    const isArray = list !== null && Array.isArray(value);
    if (isArray) for (let i = 0; i < list.length; i++) see(list[i], axis + 1, `${path}[${i}]`);
    else {
      const end = axis + own.length;
      depth ??= end;
      if (end !== depth) throw otherDepth(path, depth, end);
    }
  };
  see(nested, 0, 'nested');
  // a list without elements may stand where others go on, and never deeper than numbers
  if (depth !== null && depth < lengths.length) throw otherDepth('nested', depth, lengths.length);
  return Object.freeze(lengths);
}

export interface PaddedOptions {
  /** Default: that of `paddingShape`. */
  readonly shape?: readonly number[];
  /** What fills the rest. Default 0. */
  readonly padding?: number;
}

/** Nested lists as one array. */
export interface Padded {
  /** `[...shape]`, row-major. */
  readonly data: Float32Array;
  readonly shape: readonly number[];
  /** 1 where the lists have a number, 0 where there is padding: `[...shape]`. */
  readonly mask: Uint8Array;
}

const schema = { shape: optional(listOf(wholeNumber({ least: 0 }), { least: 1 })), padding: withDefault(number(), 0) };

/**
 * Nested lists filled up to one shape: each list at its end. Inputs that are declared `ragged` need it not.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; `WRONG_SHAPE` for a list that is longer than the shape, and where numbers do not
 *   all lie equally deep; `INVALID_INPUT` for what is no finite number
 * @example
 * padded([[1, 2, 3], [4, 5]], { padding: -1 }).data; // 1 2 3 4 5 -1
 */
export function padded(nested: unknown, options: PaddedOptions = {}): Padded {
  const { shape: given, padding } = readOptions('padded', schema, options);
  const shape = given ?? paddingShape(nested);
  if (shape.length === 0) throw otherDepth('nested', 1, 0);
  const data = new Float32Array(sizeOf(shape)).fill(padding);
  const mask = new Uint8Array(data.length);
  const spec: InputSpec = { kind: 'tensor', shape, scale: 1, columns: null, ragged: shape.map(() => true) };
  const set = (place: number, value: number): void => {
    data[place] = value;
    mask[place] = 1;
  };
  readCell(nested, 0, spec, { set, reaches: () => {} }, { input: 'nested', path: (text) => `nested${text}` });
  return Object.freeze({ data, shape, mask });
}

function otherDepth(path: string, expected: number, received: number): HeadgateError {
  return new HeadgateError({
    code: 'WRONG_SHAPE',
    path,
    problem: 'Nested lists have one shape where all numbers lie equally deep.',
    expected: `numbers within ${expected} levels of lists`,
    received: `${show(received)} levels`,
    mend: 'Put each number into as many lists as the others.',
  });
}
