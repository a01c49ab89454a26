/** @file Where in a batch tokens are hidden: a step makes the logits of these, and of no others. */
import type { HostTensor } from '../../engine/engine.js';
import type { Layout } from '../../tasks/layout.js';
import { hiddenPort } from '../ports.js';
import { type HiddenInput, hiddenInputs } from './hidden-inputs.js';

export interface HiddenPlaces {
  /** By port (`hiddenPort`), valid until `clear`. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** Before each batch: no row has hidden tokens. */
  readonly clear: () => void;
  readonly see: (input: HiddenInput, row: number, places: readonly number[]) => void;
}

/** Of batches of `size` rows. */
export function hiddenPlaces(layout: Layout, size: number): HiddenPlaces {
  const inputs = hiddenInputs(layout);
  const tensors = new Map(
    inputs.map(({ input, most }) => {
      const data = new Int32Array(size * most);
      return [hiddenPort(input), { shape: [size, most], dtype: 'int32', data } as const];
    }),
  );
  const dataOf = ({ input }: HiddenInput): Int32Array => tensors.get(hiddenPort(input))?.data as Int32Array; // one each
  return {
    tensors: Object.fromEntries(tensors),
    clear: () => {
      for (const own of inputs) {
        const data = dataOf(own);
        for (let row = 0; row < size; row++) data.fill(row * own.length, row * own.most, (row + 1) * own.most);
      }
    },
    see: (own, row, places) => {
      const { length, most } = own;
      const data = dataOf(own);
      // Fewer than all of the tokens are hidden, where fewer are than may be.
      const rest = places.length === most ? 0 : firstOther(places);
      for (let i = 0; i < most; i++) data[row * most + i] = row * length + (places[i] ?? rest); // what is left over
    },
  };
}

/** The least place that is none of these. */
function firstOther(places: readonly number[]): number {
  const taken = new Set(places);
  let place = 0;
  while (taken.has(place)) place++;
  return place;
}
