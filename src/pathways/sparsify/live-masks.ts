/** @file Masks in a running step's state: what pathways see there, and what becomes of weights that nobody sees. */
import type { HostTensor, HostTensors } from '../../engine/engine.js';
import { copyName, readsName, storedName } from '../../model/pathways/bound.js';
import type { NetworkTensor } from '../../model/tensors.js';
import type { Optimizer } from '../../train/optimizers/optimizer.js';
import type { Pathway } from '../pathway.js';

/** By pathway, then by kernel: 1 for each element that it sees. */
export type MasksByPathway = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

/** What the state holds of these pathways' masks. */
export function masksIn(tensors: HostTensors, pathways: readonly Pathway[]): MasksByPathway {
  return new Map(
    pathways.map(({ name, reads }) => [
      name,
      new Map([...reads.keys()].map((kernel) => [kernel, Uint8Array.from(maskIn(tensors, name, kernel).data)])),
    ]),
  );
}

/** The pathways as the state has them. */
export function pathwaysIn(tensors: HostTensors, pathways: readonly Pathway[]): readonly Pathway[] {
  const masks = masksIn(tensors, pathways);
  return pathways.map((pathway) => ({ ...pathway, reads: masks.get(pathway.name) ?? pathway.reads }));
}

/** The network's tensors as one pathway sees them, by the names that they have without pathways. */
export function seenThrough(
  { name, copies }: Pathway,
  tensors: HostTensors,
  held: readonly Pick<NetworkTensor, 'name'>[],
  masks: ReadonlyMap<string, Uint8Array>,
): HostTensors {
  return Object.fromEntries(
    held.map((tensor): [string, HostTensor] => {
      const value = found(tensors, copies.includes(tensor.name) ? copyName(name, tensor.name) : tensor.name);
      const mask = masks.get(tensor.name);
      return [tensor.name, mask === undefined ? value : keptWhere(value, mask)];
    }),
  );
}

/**
 * What is to be written into the state for these masks: the masks, and the weights that nobody sees any more as 0, with
 * moments of 0 (and, where the optimizer counts steps by element, counts of 0: what grows there begins anew). So does what
 * one pathway dropped and another grows at once: it begins at 0, not at what the first had learnt. What nobody sees gets no
 * gradient and no decay, so it stays 0.
 *
 * @param before the masks that the state has
 */
export function writtenFor(
  tensors: HostTensors,
  before: MasksByPathway,
  masks: MasksByPathway,
  { moments, gateSlots }: Pick<Optimizer, 'moments' | 'gateSlots'>,
): HostTensors {
  const next: Record<string, HostTensor> = {};
  const kernels = new Set([...masks.values()].flatMap((own) => [...own.keys()]));
  for (const kernel of kernels) {
    for (const [pathway, own] of masks) {
      const mask = own.get(kernel);
      if (mask === undefined) continue;
      const { name, shape } = named(tensors, pathway, kernel);
      next[name] = { shape, dtype: 'float32', data: Float32Array.from(mask) };
    }
    const seen = keptByAny(before, masks, kernel);
    next[kernel] = keptWhere(found(tensors, kernel), seen);
    const slots = [
      ...moments.map((moment) => `optimizer/${moment}/${kernel}`),
      ...gateSlots.map((slot) => `optimizer/${slot}/masks/${kernel}`),
    ];
    for (const slot of slots) {
      const value = tensors[slot];
      if (value?.data.length === seen.length) next[slot] = keptWhere(value, seen);
    }
  }
  return next;
}

/** 1 for each element of a kernel that some pathway saw and still sees. */
function keptByAny(before: MasksByPathway, masks: MasksByPathway, kernel: string): Uint8Array {
  const kept = [...masks].map(([pathway, own]) => {
    const had = before.get(pathway)?.get(kernel);
    return own.get(kernel)?.map((value, i) => (value === 1 && had?.[i] === 1 ? 1 : 0)) ?? new Uint8Array(0);
  });
  return seenByAny(new Map(kept.map((mask, i) => [String(i), new Map([[kernel, mask]])])), kernel);
}

/** 1 for each element of a kernel that some pathway sees. */
export function seenByAny(masks: MasksByPathway, kernel: string): Uint8Array {
  const all = [...masks.values()].flatMap((own) => own.get(kernel) ?? []);
  return all.reduce((seen, mask) => seen.map((value, i) => (value === 1 || mask[i] === 1 ? 1 : 0)));
}

/** The values, and 0 where the mask is. */
export function keptWhere(value: HostTensor, mask: Uint8Array): HostTensor {
  return { ...value, data: Float32Array.from(value.data, (own, i) => (mask[i] === 1 ? own : 0)) };
}

/** One mask serves all where there is one pathway. */
function named(tensors: HostTensors, pathway: string, kernel: string): HostTensor & { readonly name: string } {
  const name = [readsName(pathway, kernel), storedName(kernel)].find((one) => tensors[one] !== undefined);
  if (name === undefined) throw new Error(`the state has no mask of ${kernel} for ${pathway}`);
  return { ...found(tensors, name), name };
}

const maskIn = (tensors: HostTensors, pathway: string, kernel: string): HostTensor => named(tensors, pathway, kernel);

function found(tensors: HostTensors, name: string): HostTensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the state has no ${name}`);
  return tensor;
}
