/** @file Trains one network for all tasks and one for each, by the defaults, and scores them on the test rows. */
import type { Table } from 'headgate';
import { declare, type QualityCase, type Setting, taskOf } from './case.js';
import type { Scores } from './records.js';
import { countedLabels, hideLabels } from './settings.js';

/** Rows of a seed: training labels as the setting leaves them, all test labels. */
export interface Parts {
  readonly train: Table;
  readonly test: Table;
}

/** Share of the training rows that `fit` validates on, to keep the best weights, instead of learning from them; 0: none. */
export const VALIDATION_SHARE = 0;
export const BATCH = 32;
/** Processor cores of each fit. */
export const THREADS = 1;

/** The steps of a fit by the default number of epochs: 2,000 of them, within 10…256 epochs. */
export function usualSteps(rows: number): number {
  const perEpoch = Math.ceil(rows / BATCH);
  return perEpoch * Math.min(256, Math.max(10, Math.ceil(2000 / perEpoch)));
}

export function partsOf(quality: QualityCase, table: Table, setting: Setting, seed: number): Parts {
  const { train, test } = quality.shares;
  const rest = 1 - train - test;
  const shares: Record<string, number> = { train, test, ...(rest > 1e-9 ? { rest } : {}) };
  const parts: Record<string, Table | undefined> = table.split(shares, { seed });
  if (parts.train === undefined || parts.test === undefined) throw new Error('a split lacks a part');
  return { train: hideLabels(parts.train, quality.tasks, setting, seed), test: parts.test };
}

/** One network for all tasks, by the defaults. */
export function measureJoint(quality: QualityCase, parts: Parts, seed: number): Promise<Scores> {
  const names = Object.keys(quality.tasks);
  return trained({ quality, names, parts, seed, steps: null });
}

/** A network for each task, trained for as many steps as the one for all of them. */
export async function measureSingle(quality: QualityCase, { train, test }: Parts, seed: number): Promise<Scores> {
  const steps = usualSteps(validationOf(train, seed).rows.rows);
  const scores: Record<string, number | null> = {};
  for (const name of Object.keys(quality.tasks)) {
    const parts = { train: onlyCounted(train, quality, name), test: onlyCounted(test, quality, name) };
    Object.assign(scores, await trained({ quality, names: [name], parts, seed, steps }));
  }
  return scores;
}

/** The rows on which a task's label counts: a network of its own has no use for others. */
function onlyCounted(table: Table, { tasks }: QualityCase, name: string): Table {
  const labels = countedLabels(table, tasks, name);
  return table.filter((_, row) => labels[row] !== null);
}

interface Training {
  readonly quality: QualityCase;
  readonly names: readonly string[];
  readonly parts: Parts;
  readonly seed: number;
  /** Null: by the default number of epochs. */
  readonly steps: number | null;
}

/** Trains, and scores. A task without a label to learn from has no score. */
async function trained({ quality, names, parts: { train, test }, seed, steps }: Training): Promise<Scores> {
  const { tasks } = quality;
  const learnt = names.filter((name) => countedLabels(train, tasks, name).some((label) => label !== null));
  if (learnt.length === 0) return Object.fromEntries(names.map((name) => [name, null]));
  const project = declare(quality, names, seed);
  const quiet = { onNote: () => {}, threads: THREADS };
  const { rows, validation } = validationOf(train, seed);
  const epochs = steps === null ? undefined : Math.max(1, Math.round(steps / Math.ceil(rows.rows / BATCH)));
  const watched = validation === null ? {} : { validation, validationMetrics: false };
  await project.fit(rows, { epochs, seed, progress: false, ...watched, ...quiet });
  const evaluation = await project.evaluate(test, quiet);
  await project.dispose();
  return Object.fromEntries(
    names.map((name) => [
      name,
      learnt.includes(name) ? evaluation.value(name, taskOf(tasks, name).metric, 'given_truth') : null,
    ]),
  );
}

/** A table of a few rows has none to spare. */
function validationOf(train: Table, seed: number): { rows: Table; validation: Table | null } {
  if (Math.round(train.rows * VALIDATION_SHARE) === 0) return { rows: train, validation: null };
  return train.split({ rows: 1 - VALIDATION_SHARE, validation: VALIDATION_SHARE }, { seed });
}
