/** @file Two sets of rows beside each other: what is in both, and labels whose shares differ by more than chance. */
import type { Balance } from '../../data/report/balance.js';
import type { CountedRows } from '../../data/report/inputs.js';
import type { DescribedLabels } from '../../data/report/tasks.js';
import { show } from '../../errors.js';

export interface DataComparison {
  /** Of the other rows. */
  readonly rows: number;
  /** Other rows whose inputs a row of the data has, too; null where that was not looked at. */
  readonly inBoth: CountedRows | null;
  /** Of all tasks that have labels in both. In flow order. */
  readonly shares: readonly ComparedShare[];
}

/** Of labels that count: a share of them, or the mean of a regression. */
export interface ComparedShare {
  /** The task's path. */
  readonly task: string;
  /** The class; null for a yes, or a mean. */
  readonly name: string | null;
  readonly of: 'share' | 'mean';
  readonly here: number;
  readonly there: number;
  /** Of the difference, were both drawn from the same labels; null where these do not vary. */
  readonly standardError: number | null;
  /** By more than three standard errors. */
  readonly differs: boolean;
}

/** Standard errors: more is not by chance. */
const CHANCE = 3;

export function comparedShares(
  here: readonly DescribedLabels[],
  there: readonly DescribedLabels[],
): readonly ComparedShare[] {
  const all = here.flatMap((own, i): ComparedShare[] => {
    const other = there[i]; // of the same flow
    if (other === undefined) return [];
    const others = amountsOf(other.balance);
    return amountsOf(own.balance).flatMap((amount, k) => {
      const second = others[k]; // of the same kind
      return second === undefined || amount.count === 0 || second.count === 0 ? [] : compared(own.path, amount, second);
    });
  });
  return Object.freeze(all);
}

/** A mean of some numbers; a share is one of zeros and ones. */
interface Amount {
  readonly name: string | null;
  readonly of: 'share' | 'mean';
  readonly count: number;
  readonly mean: number;
  /** Mean squared distance from the mean. */
  readonly variance: number;
}

function amountsOf(balance: Balance): readonly Amount[] {
  const share = (name: string | null, part: number, count: number): Amount => {
    const mean = count === 0 ? 0 : part / count;
    return { name, of: 'share', count, mean, variance: mean * (1 - mean) };
  };
  switch (balance.of) {
    case 'classes': {
      const all = balance.classes.reduce((sum, { count }) => sum + count, 0);
      return balance.classes.map(({ name, count }) => share(name, count, all));
    }
    case 'decisions':
      return balance.decisions.map(({ name, count, positives }) => share(name, positives, count));
    case 'numbers':
      return balance.elements.map((element, i): Amount => {
        const { count, mean, deviation } = element ?? { count: 0, mean: 0, deviation: 0 };
        const name = balance.elements.length === 1 ? null : String(i);
        return { name, of: 'mean', count, mean, variance: deviation ** 2 };
      });
  }
}

function compared(task: string, here: Amount, there: Amount): ComparedShare {
  const all = here.count + there.count;
  const difference = there.mean - here.mean;
  const within = (here.count * here.variance + there.count * there.variance) / all;
  // Of all labels together, as the hypothesis has it: the variance within, and that between the two means.
  const variance = within + (here.count * there.count * difference ** 2) / all ** 2;
  const standardError = variance > 0 ? Math.sqrt(variance * (1 / here.count + 1 / there.count)) : null;
  return Object.freeze({
    ...{ task, name: here.name, of: here.of, here: here.mean, there: there.mean, standardError },
    differs: standardError !== null && Math.abs(difference) > CHANCE * standardError,
  });
}

/** `open: 50 % here, 80 % there`; of classes, the class too. */
export function shareText({ task, name, of, here, there }: ComparedShare, format: (value: number) => string): string {
  const what = name === null ? task : `${task}[${show(name)}]`;
  return of === 'share'
    ? `${what}: ${percent(here)} here, ${percent(there)} there`
    : `${what}: mean ${format(here)} here, ${format(there)} there`;
}

/** Three digits. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
