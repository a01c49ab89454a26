/**
 * @file `pathways.json` and `masks.safetensors`: which tasks go which way, and the bits that say so. Of a parameter of
 * which nobody sees some elements, the weights hold the others alone.
 */
import { z } from 'zod';
import type { HostTensor, HostTensors } from '../engine/engine.js';
import { HeadgateError } from '../errors.js';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../files/safetensors.js';
import type { Json } from '../flow/graph.js';
import { gatherLive, scatterLive } from '../pathways/masks/live.js';
import { countOf, type Mask, maskFromBits } from '../pathways/masks/mask.js';
import { checked } from './manifest.js';
import type { SavedPathway, SavedPathways } from './saved-pathways.js';

const shapes = z.record(z.string(), z.array(z.int().nonnegative()).max(16));

const schema = z.strictObject({
  format: z.literal('headgate-pathways'),
  version: z.literal(1),
  /** Shapes of the parameters of which the weights hold the live elements alone. */
  live: shapes,
  pathways: z.array(
    z.strictObject({
      name: z.string().min(1),
      tasks: z.array(z.string().min(1)).min(1),
      copies: z.array(z.string()),
      reads: shapes,
      trains: shapes,
      units: z.record(z.string(), z.int().nonnegative()).nullable(),
    }),
  ),
});

type Kind = 'live' | 'reads' | 'trains' | 'units';

const bitsName = (kind: Kind, pathway: string, name: string): string =>
  kind === 'live' ? `live/${name}` : `${kind}/${pathway}/${name}`;

export function pathwaysJson({ list, live }: SavedPathways): Json {
  const shapesOf = (masks: ReadonlyMap<string, Mask>): Json =>
    Object.fromEntries([...masks].map(([name, { shape }]) => [name, shape]));
  return {
    format: 'headgate-pathways',
    version: 1,
    live: shapesOf(live),
    pathways: list.map(({ name, tasks, copies, reads, trains, units }) => ({
      ...{ name, tasks, copies, reads: shapesOf(reads), trains: shapesOf(trains) },
      units:
        units === null
          ? null
          : Object.fromEntries([...units].map(([group, { shape }]) => [group, shape.reduce((a, b) => a * b, 1)])),
    })),
  };
}

/** A bitmap for each mask. */
export function masksBytes({ list, live }: SavedPathways): Uint8Array {
  const tensors = new Map<string, SafeTensor>();
  const add = (kind: Kind, pathway: string, masks: ReadonlyMap<string, Mask>): void => {
    for (const [name, { bits }] of masks) {
      tensors.set(bitsName(kind, pathway, name), { dtype: 'U8', shape: [bits.length], data: bits });
    }
  };
  add('live', '', live);
  for (const { name, reads, trains, units } of list) {
    add('reads', name, reads);
    add('trains', name, trains);
    if (units !== null) add('units', name, units);
  }
  return writeSafetensors({ tensors, metadata: new Map([['format', 'headgate']]) });
}

/**
 * @param at where the two files lie, for messages
 * @throws HeadgateError `INVALID_MODEL_FILE`, `INVALID_MASK`, `INVALID_SAFETENSORS`
 */
export function readPathways(
  json: unknown,
  bytes: Uint8Array,
  at: { readonly pathways: string; readonly masks: string },
): SavedPathways {
  const { live, pathways } = checked(schema, json, at.pathways);
  const { tensors } = readSafetensors(bytes, at.masks);
  const used = new Set<string>();
  const maskAt = (name: string, shape: readonly number[]): Mask => {
    const path = `${at.masks}:${name}`;
    const tensor = tensors.get(name);
    if (tensor?.dtype !== 'U8') throw damaged(path, 'a bitmap', tensor === undefined ? 'nothing' : tensor.dtype);
    used.add(name);
    return maskFromBits(path, shape, tensor.data);
  };
  const masksOf = (kind: Kind, pathway: string, of: Readonly<Record<string, readonly number[]>>) =>
    new Map(Object.entries(of).map(([name, shape]) => [name, maskAt(bitsName(kind, pathway, name), shape)]));
  const names = pathways.map(({ name }) => name);
  const tasks = pathways.flatMap((one) => one.tasks);
  if (new Set(names).size < names.length) throw damaged(at.pathways, 'each pathway once', names.join(', '));
  if (new Set(tasks).size < tasks.length) throw damaged(at.pathways, 'each task in one pathway', tasks.join(', '));
  const list = pathways.map(({ name, tasks: own, copies, reads, trains, units }): SavedPathway => {
    const sizes = Object.fromEntries(Object.entries(units ?? {}).map(([group, size]) => [group, [size]]));
    return {
      ...{ name, tasks: own, copies },
      reads: masksOf('reads', name, reads),
      trains: masksOf('trains', name, trains),
      units: units === null ? null : masksOf('units', name, sizes),
    };
  });
  const result = { list, live: masksOf('live', '', live) };
  for (const pathway of list) requireWithin(pathway, result.live, at.masks);
  const stranger = [...tensors.keys()].find((name) => !used.has(name));
  if (stranger !== undefined) throw damaged(`${at.masks}:${stranger}`, 'a mask that pathways.json lists', 'another');
  return result;
}

/** What a pathway sees is among what somebody sees, and what it trains among what it sees. */
function requireWithin({ name, copies, reads, trains }: SavedPathway, live: SavedPathways['live'], path: string): void {
  const check = (kind: Kind, inner: ReadonlyMap<string, Mask>, outer: ReadonlyMap<string, Mask>): void => {
    for (const [parameter, { bits }] of inner) {
      const around = copies.includes(parameter) ? undefined : outer.get(parameter)?.bits;
      if (around === undefined || bits.every((byte, i) => (byte & ~(around[i] ?? 0)) === 0)) continue;
      const place = `${path}:${bitsName(kind, name, parameter)}`;
      throw damaged(
        place,
        kind === 'reads' ? 'elements of which there are weights' : 'elements that it sees',
        'others',
      );
    }
  };
  check('reads', reads, live);
  check('trains', trains, reads);
}

/** The weights as files hold them: live elements alone, one after another, where not all are. */
export function withoutDead(weights: HostTensors, { live }: Pick<SavedPathways, 'live'>): HostTensors {
  const next: Record<string, HostTensor> = { ...weights };
  for (const [name, mask] of live) {
    const tensor = weights[name];
    if (tensor === undefined) throw new Error(`there is no weight ${name}`);
    next[name] = { shape: [countOf(mask)], dtype: tensor.dtype, data: gatherLive(mask, tensor.data) };
  }
  return next;
}

/** The same, back; elements that nobody sees are 0. @throws HeadgateError `INVALID_MODEL_FILE` */
export function withDead(weights: HostTensors, { live }: Pick<SavedPathways, 'live'>, path: string): HostTensors {
  const next: Record<string, HostTensor> = Object.assign(Object.create(null), weights);
  for (const [name, mask] of live) {
    const tensor = weights[name];
    const count = countOf(mask);
    if (tensor === undefined || tensor.shape.length !== 1 || tensor.data.length !== count) {
      const received = tensor === undefined ? 'nothing' : `[${tensor.shape.join(', ')}]`;
      throw damaged(`${path}:${name}`, `[${count}], an element for each bit of its mask`, received);
    }
    next[name] = { shape: mask.shape, dtype: tensor.dtype, data: scatterLive(mask, tensor.data) };
  }
  return next;
}

function damaged(path: string, expected: string, received: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_MODEL_FILE',
    path,
    problem: 'The pathways and their masks do not fit each other.',
    expected,
    received,
    mend: 'Save the model again with this version of Headgate.',
  });
}
