/**
 * @file Whether others want the processors that our threads use. A thread that waits by spinning costs nothing on a
 * processor of its own, and takes time from the work it waits for on a shared one.
 */
import { availableParallelism, cpus } from 'node:os';
import { allowedProcessors, isRationed } from './threads.js';

/** Milliseconds. */
export interface ProcessorTimes {
  /** Now. */
  readonly at: number;
  /** For how long the processors that this process may use have been busy, by whomever, all together. */
  readonly busy: number;
  /** Of that, for this process. */
  readonly own: number;
}

export interface Machine {
  /** Processors that this process may use. */
  readonly processors: number;
  /** Whether its time on them is counted, so that waiting must be paid for. */
  readonly isRationed: boolean;
  readonly now: () => number;
  readonly look: () => ProcessorTimes;
}

/** Asked at each step; looks at the processors now and then. */
export type Contention = () => boolean;

/** Between two looks: the system counts in hundredths of a second. */
const INTERVAL = 500;
/** Processors that others use beyond what our threads leave free, a thread: from the first on they are shared … */
const SHARED = 0.15;
/** … and up to the second they are not, for so many looks on end: each change of mind costs new sessions. */
const QUIET = 0.075;
const QUIET_LOOKS = 3;

/** For `threads` threads. Begins with "nobody else", and goes by what it last found. */
export function createContention(threads: number, machine: Machine = thisMachine()): Contention {
  const { processors, now, look } = machine;
  // More threads than processors are their own competitors.
  if (machine.isRationed || threads > processors) return () => true;
  if (threads === 1) return () => false; // nobody waits for it
  let last = look();
  let isShared = false;
  let quiet = 0;
  return () => {
    if (now() - last.at < INTERVAL) return isShared;
    const next = look();
    const others = (next.busy - last.busy - (next.own - last.own)) / (next.at - last.at);
    const missing = (others - (processors - threads)) / threads;
    last = next;
    quiet = missing <= QUIET ? quiet + 1 : 0;
    if (missing > SHARED) isShared = true;
    else if (quiet >= QUIET_LOOKS) isShared = false;
    return isShared;
  };
}

function thisMachine(): Machine {
  const allowed = allowedProcessors();
  return {
    processors: allowed?.length ?? availableParallelism(),
    isRationed: isRationed(),
    now: () => performance.now(),
    look: () => {
      const all = cpus();
      const { user, system } = process.cpuUsage();
      const mine = allowed?.flatMap((index) => all[index] ?? []) ?? all;
      const busy = mine.reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
      return { at: performance.now(), busy, own: (user + system) / 1000 };
    },
  };
}
