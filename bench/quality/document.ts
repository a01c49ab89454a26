/** @file docs/quality.md: what the bench measured, with what is worse said first. */
import type { QualityCase, Setting } from './case.js';
import { VALIDATION_SHARE } from './measure.js';
import { type Finding, marked, plain, settingTitles } from './report.js';
import { clearSign, type Estimate } from './statistics.js';

export interface Run {
  readonly findings: readonly Finding[];
  readonly cases: readonly QualityCase[];
  /** Cases and settings without all seeds: the data was not there, or they were not asked for. */
  readonly absent: readonly string[];
  /** Versions of the peers; null where there were none. */
  readonly peers: string | null;
  /** The command that measured it. */
  readonly command: string;
}

const rivals = {
  single: 'a network for each task',
  sklearn: "the better of scikit-learn's two",
  torch: 'the same by hand in PyTorch',
  torchSingle: 'a PyTorch network for each task',
} as const satisfies Readonly<Record<keyof Finding['ahead'], string>>;

type Rival = keyof typeof rivals;
const rivalNames = Object.keys(rivals) as Rival[]; // the keys of the object above

export function qualityPage(run: Run): string {
  return `${[
    '# How well it learns',
    '',
    '<!-- Written by `npm run quality -- --write`. -->',
    '',
    ...introduction(run),
    '',
    '## Where it is worse',
    '',
    ...clear(run.findings, -1, 'Nowhere is the interval of a difference wholly below 0.'),
    '',
    '## Where it is better',
    '',
    ...clear(run.findings, 1, 'Nowhere is the interval of a difference wholly above 0.'),
    '',
    '## All of it',
    '',
    ...run.cases.flatMap((quality) => section(quality, run.findings)),
    ...method,
  ].join('\n')}\n`;
}

function introduction({ findings, absent, peers, command }: Run): string[] {
  const counts = rivalNames.map((rival) => {
    const compared = findings.map(({ ahead }) => ahead[rival]).filter((one) => one !== null);
    const [worse, better] = [-1, 1].map((sign) => compared.filter((one) => clearSign(one) === sign).length);
    return { rival, compared: compared.length, worse, better };
  });
  return [
    'One network for all tasks, by the defaults, beside networks for one task each and beside what a user of Python would reach for.',
    `Made by \`${command}\`${peers === null ? ', without peers in Python' : `; ${peers}`}.`,
    '',
    '| one network for all tasks, beside | compared | worse | neither | better |',
    '|---|--:|--:|--:|--:|',
    ...counts.map(({ rival, compared, worse, better }) => {
      const rest = compared - Number(worse) - Number(better);
      return `| ${rivals[rival]} | ${compared} | ${worse} | ${rest} | ${better} |`;
    }),
    '',
    'A row of the tables below is compared where both have a score; it is worse or better where the 95 % interval of the',
    'difference, paired by seed, leaves 0 out. Of a hundred such intervals about five leave 0 out by chance.',
    ...(absent.length === 0 ? [] : ['', `Not measured in this run: ${absent.join(', ')}.`]),
  ];
}

/** Greatest differences first. */
function clear(findings: readonly Finding[], sign: -1 | 1, otherwise: string): string[] {
  const found = rivalNames.flatMap((rival) =>
    findings.flatMap((finding) => {
      const difference = finding.ahead[rival];
      return difference !== null && clearSign(difference) === sign ? [{ rival, finding, difference }] : [];
    }),
  );
  if (found.length === 0) return [otherwise];
  const lines = found
    .sort((a, b) => Math.abs(b.difference.mean) - Math.abs(a.difference.mean))
    .map(({ rival, finding, difference }) => {
      const { case: name, setting, task, metric } = finding;
      const than = rival === 'sklearn' ? `${rivals.sklearn} (${finding.betterSklearn})` : rivals[rival];
      return `| ${name} | ${settingTitles[setting]} | ${task} | ${metric} | ${than} | ${difference.mean.toFixed(3)} ±${(difference.halfWidth ?? 0).toFixed(3)} |`;
    });
  return ['| case | training labels | task | metric | than | difference |', '|---|---|---|---|---|--:|', ...lines];
}

function section({ name, title, settings }: QualityCase, findings: readonly Finding[]): string[] {
  const own = findings.filter((finding) => finding.case === name);
  if (own.length === 0) return [];
  const bySetting = [...new Set(own.map(({ setting }) => setting))];
  const few = settings === undefined ? [] : [`Measured in ${settings.length} settings alone: it takes long.`, ''];
  return [
    `### ${name}`,
    '',
    `${title[0]?.toUpperCase()}${title.slice(1)}.`,
    '',
    ...few,
    ...bySetting.flatMap((setting) => tables(setting, own)),
  ];
}

function tables(setting: Setting, findings: readonly Finding[]): string[] {
  const own = findings.filter((finding) => finding.setting === setting);
  const row = ({ task, metric, scores, ahead }: Finding): string => {
    const { joint, single, linear, trees, torch, torchSingle } = scores;
    const cells = [joint, single, linear, trees, torch, torchSingle].map(plain);
    return `| ${task}, ${metric} | ${[...cells, bold(ahead.single), bold(ahead.sklearn)].join(' | ')} |`;
  };
  return [
    `${settingTitles[setting][0]?.toUpperCase()}${settingTitles[setting].slice(1)}, ${own[0]?.seeds} seeds:`,
    '',
    '| | one network | one each | linear | trees | PyTorch | PyTorch, one each | ahead of one each | ahead of scikit-learn |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...own.map(row),
    '',
  ];
}

function bold(difference: Estimate | null): string {
  const text = marked(difference).replace(/^[<>] /, '');
  return clearSign(difference) === 0 ? text : `**${text}**`;
}

const method = [
  '## How it is measured',
  '',
  '- A seed draws the split, which labels are hidden, the initial weights and the order of rows. Scores are of the test rows, whose',
  '  labels are all there; of a task with a condition, of those on which the condition is true (view `given_truth`). Given is the',
  "  mean over the seeds ± half of its 95 % interval by Student's t. A seed in which a task has no training label counts for none.",
  '- Hidden is each label for itself, those of conditions too: a label counts only where its condition is known to hold. With one',
  "  task a row, each task's label stays in as many rows as any other's, together with those of its conditions.",
  '- A network for one task learns from the rows on which its label counts, in as many steps as the one network.',
  '- Headgate reads raw columns and is given no option but the number of epochs of the networks for one task. ' +
    (VALIDATION_SHARE === 0
      ? 'All learn from all training rows.'
      : `Of the training rows ${Math.round(100 * VALIDATION_SHARE)} % are its \`validation\`; the peers learn from all.`),
  '- The tasks of digits that have a condition count where it is unknown (`whenUnknown`): such a label is there only because it held.',
  '- scikit-learn: `StandardScaler` and `LogisticRegression` or `RidgeCV` on the same columns; `HistGradientBoosting` on the same',
  '  columns, in the mixed table on categories and missing cells as they are, of MNIST on every other row and column of pixels.',
  '- PyTorch: the same backbone, inputs and numbers standardised by the training rows, masked losses added up, AdamW at 1e-3 with a',
  '  cosine to 0, the same number of steps of 32 rows.',
  '- wine, cancer and diabetes ship in `bench/quality/data` ([licences](../bench/quality/data/LICENCES.md)); digits is that of',
  '  `flows/digits`; titanic and MNIST are read from `--data`; mixed is made up by `bench/quality/cases/mixed.ts`.',
];
