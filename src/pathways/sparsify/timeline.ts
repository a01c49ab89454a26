/** @file When a schedule prunes, and how far: pure functions of where a run stands. */
import type { ReadSchedule, Regrowth } from './options.js';

/** Where a run stands. */
export interface Moment {
  /** From 0; steps of the whole run, or epochs that are over. */
  readonly at: number;
  /** Of the whole run, in the same units. */
  readonly of: number;
}

export interface Timeline {
  /** Whether something happens here. */
  readonly isDue: (moment: Moment) => boolean;
  /** Whether the final sparsity is reached here, or was before. */
  readonly isOver: (moment: Moment) => boolean;
  /** Up to which sparsity is pruned here; null before `begin`. */
  readonly sparsity: (moment: Moment) => number | null;
  /** The share of kept weights that is exchanged here; 0 for none. */
  readonly exchange: (moment: Moment) => number;
}

/**
 * Epochs are pruned before their first step: the last at which that is done is the last epoch at the latest, so that
 * whatever is left has been trained. Steps are pruned after they are taken; at the end in any case.
 *
 * @param final the sparsity in the end
 * @param regrowth null for none
 */
export function timelineOf(schedule: ReadSchedule, final: number, regrowth: Required<Regrowth> | null): Timeline {
  const { kind, from, begin, end, every } = schedule;
  const places = (of: number): { readonly first: number; readonly last: number } => {
    const [least, most] = every === 'epoch' ? [0, of - 1] : [1, of];
    const held = (at: number): number => Math.min(most, Math.max(least, Math.round(at * of)));
    return { first: held(begin), last: held(end) };
  };
  const until = regrowth?.until ?? 0;
  const isExchanging = ({ at, of }: Moment): boolean => regrowth !== null && at < until * of;
  const over = ({ at, of }: Moment): number => {
    const { first, last } = places(of);
    return last === first ? 1 : Math.min(1, (at - first) / (last - first));
  };
  return {
    isDue: (moment) => {
      const { first, last } = places(moment.of);
      const { at } = moment;
      if (at < first) return false;
      const isTurn = every === 'epoch' || (at - first) % every === 0;
      return at === last || (isTurn && (at < last || isExchanging(moment)));
    },
    isOver: ({ at, of }) => at >= places(of).last,
    sparsity: (moment) => (moment.at < places(moment.of).first ? null : sparsityAt(kind, from, final, over(moment))),
    exchange: (moment) => {
      if (regrowth === null || !isExchanging(moment) || moment.at < places(moment.of).first) return 0;
      return (Number(regrowth.share) / 2) * (1 + Math.cos((Math.PI * moment.at) / (until * moment.of)));
    },
  };
}

/**
 * The sparsity when the share `over` of the schedule is over: cubic is s = s_f + (s_i − s_f)(1 − over)³ (Zhu and Gupta,
 * "To prune, or not to prune", 2017, equation 1). The exchange above is RigL's f = α/2 · (1 + cos(πt / T)) (Evci et al.,
 * "Rigging the Lottery", ICML 2020, section 3.2).
 */
export function sparsityAt(kind: ReadSchedule['kind'], from: number, final: number, over: number): number {
  if (kind === 'constant') return final;
  return final + (from - final) * (1 - over) ** (kind === 'cubic' ? 3 : 1);
}
