/** @file A pathway that somebody found or wrote: checked against the network, and with what of its own it needs there. */
import { didYouMean, HeadgateError, listed, show } from '../../errors.js';
import type { HeldTensor } from '../../model/tensors.js';
import type { UnitGraph } from '../../model/units/graph.js';
import type { Pathway } from '../pathway.js';
import { reachOf } from '../reach.js';
import { shapeText, sizeOf } from '../shape.js';
import { type AssignFacts, vectorsOf, withCopiesWhereNeeded } from './assign.js';

/** Masks of some tasks: whole units, or elements of kernels. What `unitMasks` and `search` find, `pathway()`, is one. */
export interface GivenPathway {
  readonly name: string;
  /** Paths of tasks, and of flows for all tasks in them. */
  readonly tasks: readonly string[];
  /** 1 for each unit of the backbone that is in it; then it consists of whole units. Null or left out: of elements. */
  readonly units?: Uint8Array | null;
  /** By kernel: 1 for each element that its tasks see. One that is not named is seen whole. */
  readonly reads?: ReadonlyMap<string, Uint8Array>;
  /** By kernel, of what they see: 1 for each element that they train. One that is not named: all that they see. */
  readonly trains?: ReadonlyMap<string, Uint8Array>;
}

type GivenFacts = Pick<AssignFacts, 'flow' | 'network' | 'existing'>;

/**
 * @param tasks of the flow, in its order
 * @throws HeadgateError `UNKNOWN_PARAMETER` for what is no kernel of the backbone, `MASK_MISMATCH` for another number of
 *   elements, `INVALID_MASK` for values other than 0 and 1, units that every pathway has, and elements that are trained unseen
 */
export function givenPathway(given: GivenPathway, tasks: readonly string[], facts: GivenFacts): Pathway {
  const { name } = given;
  if (given.units !== undefined && given.units !== null) {
    const units = requireUnits(given.units, facts.network.units(), `pathways.${name}.units`);
    const whole = { name, tasks, reads: new Map(), trains: new Map(), units, copies: [] };
    return withCopiesWhereNeeded(facts, [whole])[0] ?? whole; // one each
  }
  const { held } = facts.network;
  const kernels = held.filter(({ part, role }) => part === 'backbone' && role === 'kernel');
  const reads = requireMasks(given.reads, kernels, `pathways.${name}.reads`);
  const trains = requireMasks(given.trains, kernels, `pathways.${name}.trains`);
  for (const [kernel, mask] of trains) requireSeen(mask, reads.get(kernel), `pathways.${name}.trains.${kernel}`);
  const isRead = reachOf(tasks, facts.flow);
  for (const { name: kernel, shape } of kernels.filter((tensor) => !isRead(tensor))) {
    if (reads.has(kernel)) reads.set(kernel, new Uint8Array(sizeOf(shape)));
    trains.delete(kernel);
  }
  return { name, tasks, reads, trains, units: null, copies: vectorsOf(facts.network, isRead) };
}

function requireUnits(given: Uint8Array, { count, groups }: UnitGraph, path: string): Uint8Array {
  const units = requireValues(given, [count], path);
  for (const group of groups) {
    const left = group.fixed === null ? undefined : group.units.find((unit) => units[unit] === 0);
    if (left === undefined) continue;
    throw invalid(path, `unit ${left} of ${group.name} is left out, and cannot be`, '1', '0', `${group.fixed}`);
  }
  return units;
}

function requireMasks(
  given: ReadonlyMap<string, Uint8Array> | undefined,
  kernels: readonly HeldTensor[],
  path: string,
): Map<string, Uint8Array> {
  return new Map(
    [...(given ?? [])].map(([name, mask]) => {
      const kernel = kernels.find((one) => one.name === name);
      if (kernel !== undefined) return [name, requireValues(mask, kernel.shape, `${path}.${name}`)];
      const known = kernels.map((one) => one.name);
      throw new HeadgateError({
        code: 'UNKNOWN_PARAMETER',
        path,
        problem: 'the backbone has no kernel of this name',
        expected: `one of ${listed(known)}`,
        received: show(name),
        suggestion: didYouMean(name, known),
      });
    }),
  );
}

/** A copy: what decides is not its giver's to change. */
function requireValues(given: unknown, shape: readonly number[], path: string): Uint8Array {
  const size = sizeOf(shape);
  if (!(given instanceof Uint8Array) || given.length !== size) {
    throw new HeadgateError({
      code: 'MASK_MISMATCH',
      path,
      problem: 'the mask is not of the network',
      expected: `a Uint8Array of ${size} elements, for ${shapeText(shape)}`,
      received: given instanceof Uint8Array ? `${given.length} elements` : show(given),
    });
  }
  const at = given.findIndex((value) => value > 1);
  if (at < 0) return given.slice();
  throw invalid(`${path}[${at}]`, 'an element of a mask is neither 0 nor 1', '0 or 1', String(given[at]));
}

function requireSeen(trained: Uint8Array, seen: Uint8Array | undefined, path: string): void {
  const at = seen === undefined ? -1 : trained.findIndex((value, i) => value === 1 && seen[i] === 0);
  if (at >= 0) throw invalid(`${path}[${at}]`, 'an element is trained that is not seen', '0, or 1 in `reads` too', '1');
}

function invalid(path: string, problem: string, expected: string, received: string, mend?: string): HeadgateError {
  return new HeadgateError({
    ...{ code: 'INVALID_MASK', path, problem, expected, received },
    ...(mend === undefined ? {} : { mend }),
  });
}
