/** @file Which elements of the whole network a parameter of an extracted one was made of. */
import type { LayerVariable } from '../../model/binding.js';
import type { MovedWeight } from '../compact/move-weights.js';
import { sizeOf } from '../shape.js';
import type { ExtractGroup } from './groups.js';

export interface Origin {
  /** The whole network's parameter; null for a bias that its layer had not. */
  readonly parameter: string | null;
  /** Of each element of the small parameter, its flat index in that. */
  readonly elements: Uint32Array;
  /** Of each element, 1 where the tasks that it was extracted for see it; null where they see all. */
  readonly seen: Uint8Array | null;
}

/** Of a parameter of the backbone. */
export interface BackboneOrigin extends Origin {
  /** The backbone's own tensor, also where the tasks see a copy of it; null for a bias that its layer had not. */
  readonly tensor: string | null;
  readonly moved: MovedWeight;
}

/** @param names of the whole backbone's tensors */
export function backboneOrigin(
  moved: MovedWeight,
  names: ReadonlyMap<LayerVariable, string>,
  { reads, own }: Pick<ExtractGroup, 'reads' | 'own'>,
): BackboneOrigin | null {
  if (moved.source === null) return { parameter: null, tensor: null, elements: new Uint32Array(0), seen: null, moved };
  const tensor = names.get(moved.source);
  if (tensor === undefined) return null; // of a head
  const elements = gathered(moved.source.shape.map(Number), moved.left);
  const copy = own.get(tensor);
  if (copy !== undefined) return { parameter: copy, tensor, elements, seen: null, moved }; // it is theirs, all of it
  const mask = reads.get(tensor);
  const seen = mask === undefined ? null : Uint8Array.from(elements, (index) => mask[index] ?? 0);
  return { parameter: tensor, tensor, elements, seen, moved };
}

/** Of kernel and bias of a task's head, whose rows are the features that are left. */
export function headOrigins(
  path: string,
  units: number,
  rows: Int32Array,
): readonly (readonly [name: string, origin: Origin])[] {
  const kernel = gathered([rows.length, units], [{ axis: 0, indices: rows }]);
  const bias = Uint32Array.from({ length: units }, (_, column) => column);
  return [
    [`head/${path}/kernel`, { parameter: `head/${path}/kernel`, elements: kernel, seen: null }],
    [`head/${path}/bias`, { parameter: `head/${path}/bias`, elements: bias, seen: null }],
  ];
}

/** The flat indices of what gathering along axes leaves, in order. */
export function gathered(shape: readonly number[], left: MovedWeight['left']): Uint32Array {
  let indices = Uint32Array.of(0);
  for (const [axis, length] of shape.entries()) {
    const own = left.find((one) => one.axis === axis)?.indices ?? Int32Array.from({ length }, (_, i) => i);
    const stride = sizeOf(shape.slice(axis + 1));
    const next = new Uint32Array(indices.length * own.length);
    indices.forEach((start, i) => {
      own.forEach((index, j) => {
        next[i * own.length + j] = start + index * stride;
      });
    });
    indices = next;
  }
  return indices;
}
