/** @file What looks like a slip in an input, seen over all of its rows, chunk by chunk. */
import { show } from '../errors.js';
import type { InputSpec } from '../flow/graph.js';
import { type Note, note } from '../notes.js';
import { encoderOf } from './encoders/encoder.js';
import { TOLERATED_ROUNDING } from './encoders/learning.js';

export interface InputWatch {
  /** How far the numbers of a column lie apart, and how much float32 moves them. */
  readonly spread: (column: string) => Spread;
  /** The values of a chunk, as they are bound. */
  readonly seen: (values: Float32Array | Uint8Array) => void;
  readonly notes: (input: string, spec: InputSpec) => readonly Note[];
}

export interface Spread {
  readonly add: (value: number) => void;
}

interface SpreadSoFar extends Spread {
  readonly note: (column: string, input: string) => readonly Note[];
}

/** Whether anything is said of the range of an input's values. */
export function hasRange({ encoder, scale }: InputSpec): boolean {
  return encoder === undefined ? scale <= SMALL_SCALE : encoder.kind === 'range';
}

/** Values in [0, 1] would vanish by it. */
const SMALL_SCALE = 1 / 16;

export function createInputWatch(): InputWatch {
  const spreads = new Map<string, SpreadSoFar>();
  let inUnit = true;
  let size = 0;
  return {
    spread: (column) => {
      const known = spreads.get(column) ?? createSpread();
      spreads.set(column, known);
      return known;
    },
    seen: (values) => {
      inUnit &&= !(values instanceof Uint8Array);
      for (let i = 0; i < values.length; i++) {
        const value = values[i] as number; // an index of it
        if (!(value >= 0 && value <= 1)) inUnit = false;
        if (value > size || -value > size) size = Math.abs(value);
      }
    },
    notes: (input, spec) => [
      ...rangeNotes(input, spec, { inUnit, size }),
      ...[...spreads].flatMap(([column, spread]) => spread.note(column, input)),
    ],
  };
}

/** How many times as far as the first fit's, or as near, values must lie before it is said. */
const OTHER_RANGE = { further: 1.5, nearer: 16 } as const;

/** Of an image: its scale is that of the values which the first fit saw, or was declared. */
function rangeNotes(
  input: string,
  spec: InputSpec,
  { inUnit, size }: { readonly inUnit: boolean; readonly size: number },
): readonly Note[] {
  const encoder = encoderOf(spec, `inputs.${input}`);
  if (encoder === null)
    return spec.encoder === undefined && inUnit && spec.scale <= SMALL_SCALE ? [scaleNote(input, spec.scale)] : [];
  if (encoder.kind !== 'range') return [];
  const { least, greatest, scale } = encoder.state;
  const before = scale === 1 / 255 ? 255 : Math.max(Math.abs(least), Math.abs(greatest));
  if (size <= before * OTHER_RANGE.further && size >= before / OTHER_RANGE.nearer) return [];
  const text =
    `The values of the input "${input}" go up to ${size}, those that the model was trained on up to ` +
    `${Math.max(Math.abs(least), Math.abs(greatest))}: they are multiplied by ${scale} all the same. Bring them into that range.`;
  return [note('INPUT_RANGE', `inputs.${input}`, text)];
}

/** 8-bit images are scaled by 1/255; values that already lie in [0, 1] would vanish. */
function scaleNote(input: string, scale: number): Note {
  const text = `All values of the input "${input}" lie in [0, 1], and each is multiplied by ${scale}: is that meant?`;
  return note('INPUT_SCALE', `inputs.${input}`, text);
}

function createSpread(): SpreadSoFar {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  let moved = 0;
  return {
    add: (value) => {
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
      moved = Math.max(moved, Math.abs(value - Math.fround(value)));
    },
    note: (column, input) => {
      if (!(moved > (greatest - least) * TOLERATED_ROUNDING && greatest > least)) return [];
      const name = show(column);
      const text =
        `The column ${name} of the input "${input}" lies from ${least} to ${greatest}, and float32 moves its values ` +
        `by up to ${moved}. Subtract an offset: table.derive(${name}, (row) => Number(row[${name}]) - ${least}).`;
      return [note('LOSES_PRECISION', `inputs.${input}`, text)];
    },
  };
}
