/** @file How many threads an engine may use, and which processors this process may run on. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { HeadgateError, show } from '../errors.js';

export interface ThreadOptions {
  /**
   * Threads that one operation may use, at most. Matrix products that are split among another number of threads round
   * differently. Default: the environment variable HEADGATE_THREADS, else the processors that this process may use.
   */
  readonly threads?: number | undefined;
  /**
   * Whether threads that wait for work may keep their processor busy meanwhile: faster where it is free, and up to
   * several times slower where others want it. It changes no result. Default: they do while nobody else wants it.
   */
  readonly spinning?: boolean | undefined;
}

/** @throws HeadgateError `INVALID_OPTIONS` for what is no whole number above 0 */
export function threadsOf(given: number | undefined): number {
  if (given !== undefined) return requireThreads(given, 'threads');
  const text = process.env.HEADGATE_THREADS;
  return text === undefined || text.trim() === '' ? defaultThreads() : requireThreads(Number(text), 'HEADGATE_THREADS');
}

/** Throws `INVALID_OPTIONS`. */
export function requireThreads(given: number, from: string): number {
  if (Number.isSafeInteger(given) && given >= 1) return given;
  throw new HeadgateError({
    code: 'INVALID_OPTIONS',
    path: from,
    problem: 'this is no number of threads',
    expected: 'a whole number above 0',
    received: show(given),
  });
}

type ReadText = (file: string) => string | null;

/** Processors that this process may use at once: by affinity and, in a container, by its share of processor time. */
export function defaultThreads(read: ReadText = readText, parallelism: number = availableParallelism()): number {
  const allowed = allowedProcessors(read)?.length ?? Number.POSITIVE_INFINITY;
  // A part of a processor more would be taken away from all threads at once, when the share is used up.
  const share = Math.max(1, Math.floor(processorShare(read)));
  return Math.min(parallelism, allowed, share);
}

/** Numbers of the processors that the affinity mask leaves, ascending; null where the system does not say. */
export function allowedProcessors(read: ReadText = readText): readonly number[] | null {
  const list = read('/proc/self/status')?.match(/^Cpus_allowed_list:\s*(\S+)/m)?.[1];
  if (list === undefined) return null;
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Whether a control group limits this process to a share of processor time. */
export function isRationed(read: ReadText = readText): boolean {
  return Number.isFinite(processorShare(read));
}

/** The least of what the control groups around this process allow, in processors; infinite without a limit. */
function processorShare(read: ReadText): number {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const limits = groups.flatMap(([, controllers, ...rest]) => {
    const own = rest.join(':'); // a path may hold colons
    if (controllers === '') {
      return upwards(own).map((group) => quotient(read(path.posix.join('/sys/fs/cgroup', group, 'cpu.max'))));
    }
    if (!controllers?.split(',').includes('cpu')) return [];
    return ['cpu', controllers].flatMap((mount) =>
      upwards(own).map((group) => {
        const folder = path.posix.join('/sys/fs/cgroup', mount, group);
        const quota = read(path.posix.join(folder, 'cpu.cfs_quota_us'));
        const period = read(path.posix.join(folder, 'cpu.cfs_period_us'));
        return quota === null || period === null ? Number.POSITIVE_INFINITY : quotient(`${quota.trim()} ${period}`);
      }),
    );
  });
  return Math.min(Number.POSITIVE_INFINITY, ...limits);
}

/** The group and those around it: a limit holds for all below. */
function upwards(group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '' && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, i) => `/${parts.slice(0, i).join('/')}`);
}

/** `150000 100000` is 1.5 processors; `max 100000` and `-1 100000` are no limit. */
function quotient(text: string | null): number {
  const [quota, period] = (text ?? '').trim().split(/\s+/).map(Number);
  const isLimit = quota !== undefined && period !== undefined && quota > 0 && period > 0;
  return isLimit ? quota / period : Number.POSITIVE_INFINITY;
}

/** Null for a file that is not there: other systems than Linux have none of these. */
function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
