/** @file What a delta is made over, as one number: two models with the same have the same weights, to the bit. */
import { createHash } from 'node:crypto';
import { masksBytes, pathwaysJson } from '../../deploy/pathways-file.js';
import type { HostTensors } from '../../engine/engine.js';
import type { Network } from '../../model/network.js';
import { isRecord } from '../../options.js';
import type { Pathway } from '../../pathways/pathway.js';
import type { Learnt } from '../../tasks/filled.js';
import { savedPathways } from './saved.js';

export interface BaseFacts {
  /** By parameter. */
  readonly values: HostTensors;
  readonly network: Network;
  readonly pathways: readonly Pathway[];
  readonly learnt: Learnt;
}

/** SHA-256 of names, types, shapes and bytes of all parameters, and of `frameOf`. */
export function baseOf(facts: BaseFacts): string {
  const hash = createHash('sha256').update(frameOf(facts));
  for (const name of Object.keys(facts.values).sort()) {
    const value = facts.values[name];
    if (value === undefined) continue;
    const { dtype, shape, data } = value;
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** What weights stand in: what was learnt of the data, by which they read it, and who sees which of them. */
export function frameOf({ network, pathways, learnt }: Omit<BaseFacts, 'values'>): string {
  const saved = savedPathways(pathways, network);
  const masks = saved === null ? null : createHash('sha256').update(masksBytes(saved)).digest('hex');
  // Units of losses are of training alone.
  const tasks = [...learnt.tasks].flatMap(([path, { kind }]) => (kind === null ? [] : [[path, kind] as const]));
  const inputs = [...learnt.inputs].filter(([, spec]) => spec !== null);
  return JSON.stringify([sorted(inputs), sorted(tasks), saved === null ? null : pathwaysJson(saved), masks], inOrder);
}

function sorted<T>(entries: readonly (readonly [string, T])[]): readonly (readonly [string, T])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Keys in one order: those of a file are in another than those of a fit. */
function inOrder(_: string, value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(sorted(Object.entries(value)));
}
