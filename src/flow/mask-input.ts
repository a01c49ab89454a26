/** @file The mask of a ragged input: which positions of each row are there, as an input that the layers read. */
import { didYouMean, HeadgateError, listed } from '../errors.js';
import type { FlowGraph, InputSpec, InputSpecOf } from './graph.js';
import { requireName } from './names.js';
import { maskedAxes } from './ragged-input.js';

/**
 * 1 where a row of a ragged input has something, 0 where it was padded: `[batch, ...axes]`, up to its last ragged axis.
 * It is made of that input's rows, and read from no column.
 *
 * @param of the input's name
 * @throws HeadgateError `INVALID_NAME`; the project `UNKNOWN_INPUT` where it has no such input, `NOT_RAGGED` where its
 *   rows all have the whole shape
 * @example
 * const inputs = { words: tensor({ shape: [128], axes: ['token'], ragged: true }), isThere: maskOf('words') };
 */
export function maskOf(of: string): InputSpecOf<never> {
  requireName(of, 'maskOf.of');
  // Its shape is that of the other input, which the project knows.
  return Object.freeze({ kind: 'mask', shape: Object.freeze([1]), scale: 1, columns: null, of });
}

/**
 * The inputs with masks as large as what they are of.
 *
 * @throws HeadgateError `UNKNOWN_INPUT`, `NOT_RAGGED`
 */
export function withMasks(inputs: FlowGraph['inputs']): FlowGraph['inputs'] {
  if (Object.values(inputs).every(({ of }) => of === undefined)) return inputs;
  const resolved = Object.entries(inputs).map(([name, spec]): [string, InputSpec] => {
    return [name, spec.of === undefined ? spec : resolvedMask(name, { ...spec, of: spec.of }, inputs)];
  });
  return Object.freeze(Object.fromEntries(resolved));
}

function resolvedMask(name: string, mask: InputSpec & { readonly of: string }, inputs: FlowGraph['inputs']): InputSpec {
  const { of } = mask;
  const spec = Object.hasOwn(inputs, of) ? inputs[of] : undefined;
  const maskable = Object.keys(inputs).filter((other) => maskedAxes(inputs[other] as InputSpec) > 0); // its own names
  const axes = spec === undefined ? 0 : maskedAxes(spec);
  if (spec === undefined || axes === 0) {
    throw new HeadgateError({
      code: spec === undefined ? 'UNKNOWN_INPUT' : 'NOT_RAGGED',
      path: `inputs.${name}.of`,
      problem: spec === undefined ? 'there is no input of this name' : 'every row of this input has the whole shape',
      expected: maskable.length === 0 ? 'an input whose rows may be shorter' : `one of ${listed(maskable)}`,
      received: of,
      suggestion: didYouMean(of, maskable),
      mend: 'Declare the input with `ragged: true`, or leave out its mask.',
    });
  }
  const shape = Object.freeze(spec.shape.slice(0, axes));
  const named = spec.axes === undefined ? {} : { axes: Object.freeze(spec.axes.slice(0, axes)) };
  return Object.freeze({ ...mask, shape, ...named });
}

/** Whether an input is made of another one, and has no column. */
export function isDerived({ of }: InputSpec): boolean {
  return of !== undefined;
}
