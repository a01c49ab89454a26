/** @file What a schedule can go with, and what it cannot. */
import type { HeadgateError } from '../../errors.js';
import { invalidOption } from '../../options.js';
import type { DeclaredSettings, Settings } from '../assign/settings.js';
import type { ReadSchedule } from './options.js';

/** A fit's schedule with the settings around it. */
export interface Scheduled extends DeclaredSettings {
  readonly schedule: ReadSchedule;
}

/** The share that is left out in the end: of N of each M, what that pattern leaves out. */
export function finalSparsity({ granularity, sparsity }: Pick<Settings, 'granularity' | 'sparsity'>): number {
  return typeof granularity === 'object' && 'keep' in granularity ? 1 - granularity.keep / granularity.of : sparsity;
}

/**
 * Null without a schedule.
 *
 * @param path of the settings, for messages
 * @throws HeadgateError `INVALID_OPTIONS` for what cannot go together, at the option that is to change
 */
export function scheduled(settings: DeclaredSettings, path = 'pathways'): Scheduled | null {
  const refused = (name: string, given: unknown, expected: string): HeadgateError =>
    invalidOption(`${path}.${name}`, given, { expected });
  const { schedule, regrowth, rewind, granularity, readsOthers, leastFanIn } = settings;
  if (schedule === undefined) {
    for (const [name, given] of Object.entries({ regrowth, rewind })) {
      if (given !== undefined) throw refused(name, given, 'a `schedule` beside it, at whose steps it happens');
    }
    return null;
  }
  requirePieces(path, granularity);
  if (readsOthers) throw refused('readsOthers', true, 'false: what others own changes while the schedule runs');
  if (schedule.end < schedule.begin)
    throw refused('schedule.end', schedule.end, `at least \`begin\`, ${schedule.begin}`);
  const final = finalSparsity(settings);
  if (schedule.from > final) throw refused('schedule.from', schedule.from, `at most the final sparsity, ${final}`);
  if (regrowth !== undefined) {
    if (granularity !== 'weight') throw refused('regrowth', regrowth, "`granularity: 'weight'`: single weights grow");
    if (leastFanIn !== undefined) throw refused('leastFanIn', leastFanIn, 'none: what grows back keeps to no unit');
    if (rewind !== undefined)
      throw refused('rewind', rewind, 'none beside `regrowth`: what has grown was not there then');
  }
  return { ...settings, schedule };
}

/** @throws HeadgateError `INVALID_OPTIONS` at `path.granularity` for whole units */
export function requirePieces(path: string, granularity: Settings['granularity']): void {
  if (granularity !== 'unit') return;
  throw invalidOption(`${path}.granularity`, granularity, {
    expected: "'weight', { block: [rows, columns] } or { keep, of }: units are not pruned step by step",
  });
}

/** @throws HeadgateError `INVALID_OPTIONS` where pruning begins before the epoch that it rewinds to has ended */
export function requireRewindable({ rewind, schedule }: Scheduled, epochs: number): void {
  if (rewind === undefined || rewind.to <= Math.round(schedule.begin * epochs)) return;
  const most = Math.round(schedule.begin * epochs);
  throw invalidOption('pathways.rewind.to', rewind.to, {
    expected: `at most ${most}, the epochs before pruning begins`,
  });
}

/** @throws HeadgateError `INVALID_OPTIONS` where steps are to be counted, and nobody knows how many there are */
export function requireCountable({ schedule: { every } }: Scheduled, steps: number | null): void {
  if (every === 'epoch' || steps !== null) return;
  throw invalidOption('pathways.schedule.every', every, {
    expected: "'epoch': how many steps this source has is not known",
  });
}
