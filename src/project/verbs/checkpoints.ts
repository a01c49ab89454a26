/** @file Checkpoints of a fit: the one that it goes on from, and those that it writes. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { OnlyTasks } from '../../data/bind.js';
import { CheckpointWriter, checkpointNames, type Found, newestCheckpoint } from '../../deploy/checkpoints/folder.js';
import { statisticsJson } from '../../deploy/statistics-file.js';
import type { HostTensors } from '../../engine/engine.js';
import { HeadgateError } from '../../errors.js';
import { lockFolder } from '../../files/folder-lock.js';
import type { Note } from '../../notes.js';
import { invalidOption, type OptionsOf } from '../../options.js';
import type { Layout } from '../../tasks/layout.js';
import type { FitState, RunFacts } from '../../train/state.js';
import type { FitControl, Watcher } from '../../train/watchers/watcher.js';
import type { Lesson } from '../learning.js';
import type { Model } from '../model.js';
import type { fitSchema } from '../options/fit.js';

type Options = OptionsOf<typeof fitSchema>;

export interface Checkpoints {
  /** What the fit goes on from; null where it begins. */
  readonly from: FitState | null;
  /** Of checkpoints that were passed over. */
  readonly notes: readonly Note[];
  /**
   * What writes, to be told of each event after all others: none where nothing is to be written.
   *
   * @throws HeadgateError `CANNOT_CONTINUE` when the run is not the one that is resumed
   */
  readonly watchers: (run: Run) => readonly Watcher[];
  readonly close: () => Promise<void>;
}

interface Run
  extends Pick<Options, 'clipNorm' | 'sampleWeight' | 'balance' | 'accumulate' | 'average' | 'onNonFinite'> {
  readonly layout: Layout;
  readonly lesson: Lesson;
  readonly only: OnlyTasks;
  /** Of the whole run. */
  readonly epochs: number;
  readonly run: RunFacts;
}

type Where = Pick<Options, 'checkpoints' | 'resume' | 'continue'>;
type Writing = NonNullable<Options['checkpoints']>;

/**
 * Takes the folder that is written to, until it is closed, and reads the one that is resumed.
 *
 * @throws HeadgateError `INVALID_OPTIONS`, `RUN_IN_USE`, `CHECKPOINTS_EXIST`, `NO_CHECKPOINT`, `NEWER_FORMAT`
 */
export async function openCheckpoints(model: Model, where: Where): Promise<Checkpoints> {
  requirePossible(model, where);
  const { checkpoints: writing, resume } = where;
  const close = writing === undefined ? async () => {} : await locked(writing.dir);
  try {
    const found = await resumed(where);
    if (writing !== undefined && (found === null || isOther(where))) await requireNone(writing.dir);
    const known = isOther(where) ? null : (found?.state.steps ?? null);
    const watchers = (run: Run): readonly Watcher[] => {
      const facts = factsOf(model, run);
      if (found !== null) requireSameRun(found.facts, facts, resume);
      const names = model.network.tensors.map(({ name }) => name);
      return writing === undefined ? [] : [checkpointing(writing, { facts, names, known })];
    };
    return { from: found?.state ?? null, notes: found?.notes ?? [], watchers, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const IF_THERE = 'ifThere';
const isOther = ({ resume, checkpoints }: Where): boolean =>
  resume !== undefined && resume !== IF_THERE && resolve(resume) !== resolve(checkpoints?.dir ?? '');

function requirePossible(model: Model, { checkpoints, resume, continue: continues }: Where): void {
  if (resume !== undefined && continues) {
    throw invalidOption('fit.continue', true, {
      problem: 'a fit goes on from a checkpoint or from the fit before it, not from both',
      expected: 'false, with `resume`',
    });
  }
  if (resume === IF_THERE && checkpoints === undefined) {
    throw invalidOption('fit.checkpoints', undefined, { expected: "a record with `dir`, with `resume: 'ifThere'`" });
  }
  if (model.declaredPathways === null && model.pathways.length === 0) return;
  throw invalidOption(checkpoints === undefined ? 'fit.resume' : 'fit.checkpoints', 'a project with pathways', {
    problem: 'pathways are no part of a checkpoint yet: the run could not be resumed',
    expected: 'a project without pathways',
    mend: 'Save the project in `onEpochEnd` instead.',
  });
}

async function resumed({ checkpoints, resume }: Where): Promise<Found | null> {
  if (resume === undefined) return null;
  if (resume === IF_THERE) return newestCheckpoint(checkpoints?.dir ?? '');
  const found = await newestCheckpoint(resume);
  if (found !== null) return found;
  throw new HeadgateError({
    code: 'NO_CHECKPOINT',
    path: resume,
    problem: 'there is no checkpoint in this folder',
    expected: 'the folder that `checkpoints.dir` of the fit named',
    mend: "Begin without `resume`, or with `resume: 'ifThere'`.",
  });
}

async function requireNone(folder: string): Promise<void> {
  const names = await checkpointNames(folder);
  if (names.length === 0) return;
  throw new HeadgateError({
    code: 'CHECKPOINTS_EXIST',
    path: folder,
    problem: `the folder has ${names.length === 1 ? 'a checkpoint' : `${names.length} checkpoints`} of a run, and this fit begins anew`,
    expected: 'an empty folder, or `resume`',
    mend: 'Resume that run, take another folder, or delete this one.',
  });
}

async function locked(folder: string): Promise<() => Promise<void>> {
  try {
    return await lockFolder(folder);
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new HeadgateError(
      { code: 'SAVE_FAILED', path: folder, problem: `the file system refused: ${why}` },
      { cause: error },
    );
  }
}

/** What must be the same for the same bytes, as far as it can be told. The labels' statistics stand for the rows. */
function factsOf({ flow, network }: Model, { layout, lesson, only, epochs, run, ...options }: Run) {
  const units = layout.slots.map(({ lossUnit }) => lossUnit);
  return {
    flow: digest(flow.graph),
    backbone: digest(network.fingerprint, ['path']), // names of layers, which may be others
    rows: String(run.rows),
    data: digest([layout.flow.graph, statisticsJson(lesson.learnt.tasks), units]),
    tasks: only === null ? 'all' : [...only].sort((a, b) => a - b).join(', '),
    optimizer: run.optimizer,
    batchSize: String(run.batchSize),
    seed: String(run.seed),
    epochs: String(epochs),
    accumulate: String(options.accumulate),
    average: JSON.stringify(options.average ?? null),
    onNonFinite: options.onNonFinite,
    clipNorm: String(options.clipNorm),
    sampleWeight: options.sampleWeight ?? 'none',
    balance: options.balance?.name ?? 'none',
  };
}

/** @param without keys that are left out wherever they stand */
function digest(value: unknown, without: readonly string[] = []): string {
  const json = JSON.stringify(value, (key, own: unknown) => (without.includes(key) ? undefined : own));
  return createHash('sha256').update(json).digest('hex').slice(0, 16);
}

function requireSameRun(
  kept: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
  folder = '',
): void {
  for (const [name, received] of Object.entries(now)) {
    const expected = kept[name];
    if (expected === received) continue;
    throw new HeadgateError({
      code: 'CANNOT_CONTINUE',
      path: name,
      problem: `this fit is not the run whose checkpoints it is to resume (${folder})`,
      expected: `${expected}, as in that run`,
      received,
      mend: 'Give the same declaration, rows and options; `epochs` are those of the whole run.',
    });
  }
}

interface Facts {
  readonly facts: Readonly<Record<string, string>>;
  /** Of the network's tensors. */
  readonly names: readonly string[];
  /** Steps of the checkpoint in this folder that the run goes on from; null for none. */
  readonly known: number | null;
}

function checkpointing({ dir, everySteps, everyEpochs, keep }: Writing, { facts, names, known }: Facts): Watcher {
  const writer = new CheckpointWriter(dir, keep, known);
  const epochs = everyEpochs ?? (everySteps === undefined ? 1 : null);
  let written = known;
  const write = async (fit: FitControl): Promise<void> => {
    const state = await fit.snapshot();
    // One of the same step leads to the same bytes: to replace it would put it at risk.
    if (state.steps === written) return;
    written = state.steps;
    // The fit itself ends for it, soon; meanwhile good checkpoints shall not make room.
    if (areFinite(state.tensors, names)) await writer.write({ state, facts });
  };
  return {
    name: 'checkpoints',
    on: async (event, fit) => {
      const isDue =
        (event.kind === 'step' && everySteps !== undefined && event.total % everySteps === 0) ||
        (event.kind === 'epoch' && epochs !== null && event.record.epoch % epochs === 0) ||
        (event.kind === 'end' && event.history !== null);
      if (isDue) await write(fit);
    },
  };
}

function areFinite(tensors: HostTensors, names: readonly string[]): boolean {
  return names.every((name) => tensors[name]?.data.every(Number.isFinite) ?? true);
}
