/** @file Writing what an extracted network has learnt back into the whole one. */
import type { HostTensor, HostTensors } from '../../engine/engine.js';
import { HeadgateError } from '../../errors.js';
import { bitsOf } from '../bits.js';
import type { Origin } from './origins.js';

/** What melding did to one parameter of the whole network. */
export interface MeldedParameter {
  /** As `weights()` names it. */
  readonly name: string;
  /** Elements that the small network has of it. */
  readonly elements: number;
  /** Elements that were written: training had moved them. */
  readonly written: number;
}

export interface MeldFacts {
  /** By parameter of the small network. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** The whole network's parameters when it was extracted, and so still. */
  readonly before: HostTensors;
  /** The small network's, when it was extracted. */
  readonly start: HostTensors;
  /** The small network's. */
  readonly now: HostTensors;
}

/** By parameter of the whole network, 1 for the elements that the extracted tasks see; null for all. */
export type SeenElements = ReadonlyMap<string, Uint8Array | null>;

export interface Melded {
  /** Parameters of the whole network that change. */
  readonly weights: HostTensors;
  readonly parameters: readonly MeldedParameter[];
}

/**
 * New values of the whole network's parameters. An element that has the bits that it was extracted with is not written.
 * One that was extracted as it was is copied; to one that had constants of other units added (a bias) goes what training
 * added: `w + (v − v₀)` in float64, rounded once.
 *
 * @throws HeadgateError `CANNOT_MELD` for a bias that the whole network has not, and for an element of which the small
 *   network has two that are no longer the same, or that the tasks do not see in the whole one
 */
export function melded({ origins, before, start, now }: MeldFacts): Melded {
  const targets = new Map<string, Target>();
  for (const [name, origin] of origins) {
    const [first, own] = [tensorOf(start, name), tensorOf(now, name)];
    const moved = movedIn(first, own);
    if (origin.parameter === null) {
      if (moved.includes(1)) throw noBias(name);
      continue;
    }
    const value = tensorOf(before, origin.parameter);
    const target = targets.get(origin.parameter) ?? newTarget(value);
    targets.set(origin.parameter, target);
    const wasCopied = movedIn(first, gatheredOf(value, origin)).map((differs) => 1 - differs);
    origin.elements.forEach((element, i) => {
      if (origin.seen?.[i] === 0) {
        if (moved[i] === 1) throw unseen(origin.parameter ?? name);
        return;
      }
      const old = value.data[element] as number; // within, as are the others
      const given = own.data[i] as number;
      const next = wasCopied[i] === 1 ? given : Math.fround(old + (given - (first.data[i] as number)));
      claim(
        target,
        { element, value: moved[i] === 1 ? next : old, hasMoved: moved[i] === 1 },
        origin.parameter ?? name,
      );
    });
  }
  const weights = [...targets].filter(([, { written }]) => written.size > 0);
  return {
    weights: Object.fromEntries(weights.map(([name, { value }]) => [name, value])),
    parameters: [...targets].map(([name, { claimed, written }]) => {
      return { name, elements: claimed.size, written: written.size };
    }),
  };
}

interface Target {
  readonly value: HostTensor;
  readonly claimed: Set<number>;
  readonly written: Set<number>;
}

function newTarget(value: HostTensor): Target {
  const copy = { ...value, data: value.data.slice() } as HostTensor; // the same kind of array
  return { value: copy, claimed: new Set(), written: new Set() };
}

/** An element that two passes of the small network have must have gone the same way in both. */
function claim(
  { value, claimed, written }: Target,
  next: { readonly element: number; readonly value: number; readonly hasMoved: boolean },
  parameter: string,
): void {
  const { element } = next;
  const known = value.data[element];
  if (claimed.has(element) && !Object.is(known, next.value)) throw wentApart(parameter);
  claimed.add(element);
  if (!next.hasMoved) return;
  written.add(element);
  value.data[element] = next.value;
}

/** 1 for each element whose bits differ. */
function movedIn(a: HostTensor, b: HostTensor): Uint8Array {
  const [before, after] = [bitsOf(a.data), bitsOf(b.data)];
  return Uint8Array.from(before, (bits, i) => (bits === after[i] ? 0 : 1));
}

function gatheredOf(value: HostTensor, { elements }: Origin): HostTensor {
  const data = value.data.slice(0, elements.length);
  elements.forEach((element, i) => {
    data[i] = value.data[element] as number; // within
  });
  return { ...value, data } as HostTensor; // the same kind of array
}

/**
 * @throws HeadgateError `MELD_CHANGED` at the first of them that is not as it was
 */
export function requireUnchanged(before: HostTensors, current: HostTensors, seen: SeenElements): void {
  for (const [name, mask] of seen) {
    const value = current[name];
    if (value === undefined) throw changedSince(name, 'no such parameter');
    const moved = movedIn(tensorOf(before, name), value);
    const count = moved.reduce((sum, one, i) => sum + (mask === null || mask[i] === 1 ? one : 0), 0);
    if (count > 0) throw changedSince(name, `${count} other elements`);
  }
}

/** What the extracted network was made of is no longer so. */
export function changedSince(path: string, received: string): HeadgateError {
  return new HeadgateError({
    code: 'MELD_CHANGED',
    path,
    problem: 'the project changed here since the extraction; nothing was written',
    expected: 'what the extracted tasks see, as it was when they were extracted',
    received,
    mend: 'Extract again, and train that; or meld before the project is trained.',
  });
}

function noBias(path: string): HeadgateError {
  return new HeadgateError({
    code: 'CANNOT_MELD',
    path,
    problem: 'the small network has this bias in place of units that are always the same, and training moved it',
    expected: 'a bias that the whole network has too',
    mend: 'Give the layer a bias in the whole network, or freeze this one: `groups: [{ parameters: …, rate: 0 }]`.',
  });
}

function unseen(path: string): HeadgateError {
  return new HeadgateError({
    code: 'CANNOT_MELD',
    path,
    problem: 'the small network was trained where its tasks see nothing of the whole one',
    expected: 'the pathways that it was extracted with',
    mend: 'Keep the pathways of the extracted project: they say what its tasks see.',
  });
}

function wentApart(path: string): HeadgateError {
  return new HeadgateError({
    code: 'CANNOT_MELD',
    path,
    problem: 'two of the extracted pathways see this, each with layers of its own now, and no longer as the same',
    expected: 'one value for each element',
    mend: 'Extract the tasks of one pathway at a time, or train one of them alone: `fitTasks`.',
  });
}

function tensorOf(values: HostTensors, name: string): HostTensor {
  const value = values[name];
  if (value === undefined) throw new Error(`there is no parameter ${name}`);
  return value;
}
