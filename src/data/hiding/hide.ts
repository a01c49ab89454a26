/** @file Some tokens of each row are hidden from the network: chosen anew at each moment, by seed and row alone. */
import { randomWords } from '../../random.js';
import type { Layout } from '../../tasks/layout.js';
import type { InputValues, LabelMatrix } from '../dataset.js';
import { type HiddenInput, hiddenInputs, hiddenOf } from './hidden-inputs.js';

/** When tokens are hidden: the same moment hides the same tokens of the same row. */
export interface Moment {
  readonly seed: number;
  /** At least 0, below 2^21. */
  readonly epoch: number;
}

/** Of every evaluation: results are of the same tokens, whatever was trained between them. */
export const EVALUATION: Moment = Object.freeze({ seed: 0, epoch: 0 });

/** Rows of which tokens are to be hidden, row-major. */
export interface HiddenRows {
  readonly rows: number;
  /** By input, `[rows, length]`, changed in place; null where only the mask is asked for. */
  readonly values: (input: string) => InputValues | null;
  /** `[rows, layout.width]`; 0 afterwards at tokens that stay to be seen. */
  readonly mask: Uint8Array | Float32Array;
  /** The row's number in its source. */
  readonly id: (row: number) => number;
  /** Is told which tokens of a row are hidden, by their places in it; of rows without any, nothing. */
  readonly hidden?: (input: HiddenInput, row: number, places: readonly number[]) => void;
}

/** Shares of the hidden tokens that become the mask token, and another token (Devlin et al. 2019, section 3.1). */
const MASKED = 0.8;
const REPLACED = 0.1;

const WORD = 2 ** 32;

/**
 * Hides tokens of each row: `rate` of those of which a task's mask is 1, rounded, at least one. The mask stays 1 at hidden
 * tokens alone.
 */
export function hideTokens(layout: Layout, given: HiddenRows, moment: Moment): void {
  for (const hidden of hiddenInputs(layout)) {
    const ordinary = ordinaryOf(hidden);
    for (let row = 0; row < given.rows; row++) hideOfRow(layout, hidden, given, { row, moment, ordinary });
  }
}

function hideOfRow(
  layout: Layout,
  own: HiddenInput,
  { values, mask, id, hidden }: HiddenRows,
  { row, moment, ordinary }: { readonly row: number; readonly moment: Moment; readonly ordinary: Int32Array },
): void {
  const { input, length, slots, facts } = own;
  const starts = slots.map(({ offset }) => row * layout.width + offset);
  const places: number[] = [];
  for (let i = 0; i < length; i++) if (starts.some((start) => mask[start + i] === 1)) places.push(i);
  if (places.length === 0) return;
  const count = hiddenOf(places.length, facts.rate);
  const words = randomWords(
    { seed: moment.seed, stream: `hide/${input}`, counter: moment.epoch * WORD + id(row) },
    new Uint32Array(4 * Math.ceil((3 * count) / 4)),
  );
  const tokens = values(input);
  for (let i = 0; i < count; i++) {
    const [place, sort, other] = [0, 1, 2].map((k) => (words[3 * i + k] as number) / WORD) as [number, number, number]; // three each
    const taken = i + Math.floor(place * (places.length - i));
    [places[i], places[taken]] = [places[taken] as number, places[i] as number]; // both within it
    if (tokens === null || sort >= MASKED + REPLACED) continue;
    const at = row * length + (places[i] as number);
    tokens[at] = sort < MASKED ? facts.mask : (ordinary[Math.floor(other * ordinary.length)] as number);
  }
  const shown = places.slice(count);
  hidden?.(own, row, places.slice(0, count));
  for (const start of starts) for (const place of shown) mask[start + place] = 0;
}

/** Ids that may stand in another's place. */
function ordinaryOf({ facts }: HiddenInput): Int32Array {
  const known = ordinaries.get(facts);
  if (known !== undefined) return known;
  const special = new Set(facts.special);
  const ids = Int32Array.from(Array.from({ length: facts.size }, (_, id) => id).filter((id) => !special.has(id)));
  ordinaries.set(facts, ids);
  return ids;
}

const ordinaries = new WeakMap<HiddenInput['facts'], Int32Array>();

/**
 * Writes the tokens of inputs as the labels of the tasks that hide them; special ones are missing.
 *
 * @param inputs `[rows, length]` by name
 */
export function writeTokenLabels(
  layout: Layout,
  inputs: (name: string) => InputValues,
  { rows, width, values, present }: LabelMatrix,
): void {
  for (const { input, length, slots, facts } of hiddenInputs(layout)) {
    const special = new Set(facts.special);
    const tokens = inputs(input);
    for (const { offset } of slots) {
      for (let row = 0; row < rows; row++) {
        for (let i = 0; i < length; i++) {
          const token = tokens[row * length + i] as number;
          if (special.has(token)) continue;
          values[row * width + offset + i] = token;
          present[row * width + offset + i] = 1;
        }
      }
    }
  }
}
