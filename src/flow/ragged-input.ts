/** @file Inputs whose rows may have shorter lists than the shape: how they are declared. */
import { didYouMean } from '../errors.js';
import { invalidOption } from '../options.js';
import type { InputSpec } from './graph.js';

/** The options of a tensor that say along which axes rows are ragged. */
export interface RaggedOptions {
  readonly axes: readonly (string | null)[] | undefined;
  readonly ragged: boolean | readonly string[];
  readonly padding: number | undefined;
}

/**
 * The input with what its rows may lack, as its graph says it.
 *
 * @throws HeadgateError `INVALID_OPTIONS` for the name of no axis, and for a padding that nothing needs or float32 cannot hold
 */
export function raggedInput(spec: InputSpec, { axes = [], ragged, padding = 0 }: RaggedOptions): InputSpec {
  if (ragged === false) {
    if (padding === 0) return spec;
    throw invalidOption('tensor.padding', padding, {
      expected: 'no padding where no list may be shorter: ragged: true',
    });
  }
  if (!Number.isFinite(Math.fround(padding))) {
    throw invalidOption('tensor.padding', padding, { expected: 'a number within the range of float32' });
  }
  const names = axes.filter((name) => name !== null);
  for (const name of ragged === true ? [] : ragged) {
    if (names.includes(name)) continue;
    const suggestion = didYouMean(name, names);
    throw invalidOption('tensor.ragged', name, { expected: 'true, or names of its axes', suggestion });
  }
  const along = spec.shape.map((_, place) => ragged === true || ragged.includes(axes[place] ?? ''));
  const own = { ...spec, ragged: Object.freeze(along) };
  return Object.freeze(padding === 0 ? own : { ...own, padding });
}

/** How many of its axes, from the first on, tell whether a place of a row is there: up to its last ragged one. */
export function maskedAxes({ ragged = [] }: InputSpec): number {
  return ragged.lastIndexOf(true) + 1;
}
