/** @file What was measured, as a table of 80 columns: the joint network, and how far it is ahead of the others. */
import { type QualityCase, type Setting, taskOf } from './case.js';
import { type Contestant, type Measured, scoresBySeed } from './records.js';
import { clearSign, type Estimate, estimate, pairedDifference } from './statistics.js';

/** One task of one case and setting. */
export interface Finding {
  readonly case: string;
  readonly setting: Setting;
  readonly task: string;
  readonly metric: string;
  readonly seeds: number;
  readonly scores: Readonly<Record<Contestant, Estimate | null>>;
  /** The better of scikit-learn's two by its mean; null where it was not asked. */
  readonly betterSklearn: 'linear' | 'trees' | null;
  /** The joint network's score less the other's, paired by seed. */
  readonly ahead: Readonly<Record<'single' | 'sklearn' | 'torch' | 'torchSingle', Estimate | null>>;
}

/** @param records of one case and setting */
export function findingsOf(quality: QualityCase, setting: Setting, records: readonly Measured[]): readonly Finding[] {
  const seeds = [...new Set(records.map(({ seed }) => seed))].sort((a, b) => a - b);
  return Object.keys(quality.tasks).map((task) => {
    const bySeed = scoresBySeed(records, seeds, task);
    const of = (contestant: Contestant): Estimate | null => estimate(bySeed[contestant].filter((x) => x !== null));
    const scores = {
      joint: of('joint'),
      single: of('single'),
      linear: of('linear'),
      trees: of('trees'),
      torch: of('torch'),
      torchSingle: of('torchSingle'),
    };
    const betterSklearn = betterOf(scores.linear, scores.trees);
    const ahead = (contestant: Contestant | null): Estimate | null =>
      contestant && pairedDifference(bySeed.joint, bySeed[contestant]);
    return {
      case: quality.name,
      setting,
      task,
      metric: taskOf(quality.tasks, task).metric,
      seeds: seeds.length,
      scores,
      betterSklearn,
      ahead: {
        single: ahead('single'),
        sklearn: ahead(betterSklearn),
        torch: ahead('torch'),
        torchSingle: ahead('torchSingle'),
      },
    };
  });
}

function betterOf(linear: Estimate | null, trees: Estimate | null): 'linear' | 'trees' | null {
  if (linear === null || trees === null) return linear ? 'linear' : trees && 'trees';
  return trees.mean > linear.mean ? 'trees' : 'linear';
}

export const settingTitles: Readonly<Record<Setting, string>> = {
  full: 'all labels',
  half: '50 % of the labels hidden',
  tenth: '90 % of the labels hidden',
  one: 'one task labelled a row',
};

/** Lines of at most 80 columns. `<` and `>` stand where the interval of a difference leaves 0 out. */
export function terminalTable(findings: readonly Finding[]): string {
  const [first] = findings;
  if (first === undefined) return '';
  const heading = ['joint', '- single', '- sklearn', '- torch'].map((text, i) => text.padStart(i === 0 ? 13 : 16));
  const lines = [`${`${first.setting}, ${first.seeds} seeds`.padEnd(18)}${heading.join('')}`];
  for (const { task, metric, scores, ahead } of findings) {
    const cells = [ahead.single, ahead.sklearn, ahead.torch].map((one) => marked(one).padStart(16));
    lines.push(`${task.slice(0, 17).padEnd(18)}${plain(scores.joint).padStart(13)}${cells.join('')}`, `  ${metric}`);
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** `0.912 ±0.013` */
export function plain(score: Estimate | null): string {
  if (score === null) return '–';
  return score.mean.toFixed(3) + interval(score);
}

/** `< -0.012 ±0.009` */
export function marked(difference: Estimate | null): string {
  if (difference === null) return '–';
  const sign = clearSign(difference);
  const mark = sign === 0 ? '' : sign < 0 ? '< ' : '> ';
  return `${mark}${difference.mean >= 0 ? '+' : ''}${difference.mean.toFixed(3)}${interval(difference)}`;
}

function interval({ halfWidth }: Estimate): string {
  return halfWidth === null ? '' : ` ±${halfWidth.toFixed(3)}`;
}
