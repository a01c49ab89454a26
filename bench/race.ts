/** @file Runs the contestants of a case: first that they do the same work, then how long a step takes each. */
import { HeadgateError } from '../src/errors.js';
import type { BenchContext } from './case.js';
import { findLibrary, openPeer, type PeerOptions } from './peers.js';
import { type CaseResult, type Comparison, compare } from './report.js';
import { type Contestant, interleave } from './timing.js';

export interface Race {
  readonly name: string;
  readonly title: string;
  /** Ours; one whose engine is not installed is left out, with a note. */
  readonly contestants: readonly (() => Promise<Contestant>)[];
  /** Programs in Python; left out, with a note, where their library is absent. */
  readonly peers: readonly Omit<PeerOptions, 'python'>[];
  readonly comparisons: readonly Comparison[];
  /** Contestants by name that train on a workload of their own, so that their losses differ from the others'. */
  readonly apart?: readonly string[];
}

const COMPARED_STEPS = 3;
/** Relative; the contestants add up the same numbers in another order. */
const TOLERANCE = 1e-4;

export async function race(
  context: BenchContext,
  { name, title, contestants, peers, comparisons, apart }: Race,
): Promise<CaseResult> {
  const notes: string[] = [];
  const open: Contestant[] = [];
  try {
    for (const make of contestants) {
      try {
        open.push(await make());
      } catch (error) {
        if (!(error instanceof HeadgateError) || error.code !== 'ENGINE_UNAVAILABLE') throw error;
        notes.push(`Absent: ${error.path} (${error.problem}).`);
      }
    }
    for (const peer of peers) {
      const library = await findLibrary(context.python, peer.library ?? 'torch');
      if ('missing' in library) notes.push(`Absent: ${peer.name} (${library.missing}).`);
      else open.push(await openPeer({ ...peer, python: context.python ?? '' }));
    }
    notes.push(await sameWork(open.filter((contestant) => !apart?.includes(contestant.name))));
    const timings = await interleave(open, context.effort);
    return { name, title, timings, findings: compare(timings, comparisons), notes };
  } finally {
    for (const contestant of open) await contestant.close();
  }
}

/** All start from the same weights and rows, so their first losses are equal, or they do not do the same work. */
async function sameWork(contestants: readonly Contestant[]): Promise<string> {
  const losses: (readonly number[])[] = [];
  for (const contestant of contestants) losses.push(await contestant.losses(COMPARED_STEPS));
  const [first = []] = losses;
  let worst = 0;
  for (const [i, own] of losses.entries()) {
    for (const [step, loss] of own.entries()) {
      const expected = first[step] ?? Number.NaN;
      const error = Math.abs(loss - expected) / Math.max(Math.abs(expected), 1e-6);
      if (!(error <= TOLERANCE)) {
        throw new Error(
          `${contestants[i]?.name} does other work than ${contestants[0]?.name}: ` +
            `the loss of step ${step + 1} is ${loss}, not ${expected}`,
        );
      }
      worst = Math.max(worst, error);
    }
  }
  const shown = first.map((loss) => loss.toFixed(5)).join(', ');
  if (contestants.length < 2) return `First losses ${shown}.`;
  return `First losses ${shown}: equal among all to ${worst.toExponential(0)}.`;
}
