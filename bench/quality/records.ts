/** @file What was measured: a contestant's scores of one case, setting and seed; kept as JSON, from which runs go on. */
import { readFileSync } from 'node:fs';
import type { Setting } from './case.js';

/** Scores by task; null where a task had no label to learn from, or its metric is not defined on the test rows. */
export type Scores = Readonly<Record<string, number | null>>;

export const contestants = ['joint', 'single', 'linear', 'trees', 'torch', 'torchSingle'] as const;
export type Contestant = (typeof contestants)[number];

export interface Measured {
  readonly case: string;
  readonly setting: Setting;
  readonly seed: number;
  readonly contestant: Contestant;
  readonly scores: Scores;
}

export const keyOf = (record: Omit<Measured, 'scores'>): string =>
  [record.case, record.setting, record.seed, record.contestant].join(' ');

/** What `--json` wrote. */
export function readRecords(file: string): readonly Measured[] {
  const { records }: { records: readonly Measured[] } = JSON.parse(readFileSync(file, 'utf8'));
  return records;
}

/** Of one case and setting: the records of the contestants that have one for each of the seeds. */
export function completeRecords(records: readonly Measured[], seeds: readonly number[]): readonly Measured[] {
  const asked = records.filter(({ seed }) => seeds.includes(seed));
  return asked.filter(({ contestant }) => {
    return asked.filter((other) => other.contestant === contestant).length === seeds.length;
  });
}

/** A task's scores by seed, null where there is none. */
export function scoresBySeed(
  records: readonly Measured[],
  seeds: readonly number[],
  task: string,
): Readonly<Record<Contestant, readonly (number | null)[]>> {
  const of = (contestant: Contestant): readonly (number | null)[] =>
    seeds.map((seed) => {
      const found = records.find((record) => record.contestant === contestant && record.seed === seed);
      return found?.scores[task] ?? null;
    });
  return {
    joint: of('joint'),
    single: of('single'),
    linear: of('linear'),
    trees: of('trees'),
    torch: of('torch'),
    torchSingle: of('torchSingle'),
  };
}
