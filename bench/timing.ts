/** @file Times contestants in turns, A B A B, so that what the machine does meanwhile falls on all of them alike. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Something that repeats one training step. */
export interface Contestant {
  readonly name: string;
  /** Losses of the next steps; asked for before any timing, so they start from the initial weights. */
  readonly losses: (steps: number) => Promise<readonly number[]>;
  /** Milliseconds of each of the next steps. */
  readonly time: (steps: number) => Promise<readonly number[]>;
  readonly close: () => Promise<void>;
}

/** Milliseconds a step. */
export interface Timing {
  readonly name: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly steps: number;
  /** The median of each round. */
  readonly rounds: readonly number[];
}

export interface Effort {
  readonly rounds: number;
  /** How long a contestant's turn lasts, roughly; always at least one step. */
  readonly turnMilliseconds: number;
}

export const THOROUGH: Effort = { rounds: 9, turnMilliseconds: 600 };
export const QUICK: Effort = { rounds: 3, turnMilliseconds: 120 };

/** A turn is asked for in portions of about this share of it, so that a slow spell does not make it endless. */
const PORTION = 0.2;
/** Threads that wait by spinning go to sleep meanwhile. */
const PAUSE_MILLISECONDS = 20;

/** Warms each contestant up, then gives each its turn in every round. */
export async function interleave(contestants: readonly Contestant[], effort: Effort): Promise<readonly Timing[]> {
  const turns = [];
  for (const contestant of contestants) {
    const fastest = Math.min(...(await contestant.time(3)));
    const portion = Math.max(1, Math.floor((PORTION * effort.turnMilliseconds) / fastest));
    turns.push({ contestant, portion, rounds: [] as (readonly number[])[] });
  }
  for (let round = 0; round < effort.rounds; round++) {
    for (const { contestant, portion, rounds } of turns) {
      rounds.push(await takeTurn(contestant, portion, effort.turnMilliseconds));
      await sleep(PAUSE_MILLISECONDS);
    }
  }
  return turns.map(({ contestant, rounds }) => timingOf(contestant.name, rounds));
}

async function takeTurn(contestant: Contestant, portion: number, milliseconds: number): Promise<readonly number[]> {
  const times: number[] = [];
  const end = performance.now() + milliseconds;
  do times.push(...(await contestant.time(portion)));
  while (performance.now() < end);
  return times;
}

/** What was taken, in rounds. */
export function timingOf(name: string, rounds: readonly (readonly number[])[]): Timing {
  const all = rounds.flat();
  return {
    name,
    median: median(all),
    min: Math.min(...all),
    max: Math.max(...all),
    steps: all.length,
    rounds: rounds.map(median),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** How many times as long a step of `a` takes as one of `b`: each round's ratio, so that drift cancels. */
export function ratioOf(a: Timing, b: Timing): Ratio {
  const ratios = a.rounds.map((value, round) => value / (b.rounds[round] ?? Number.NaN));
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}
