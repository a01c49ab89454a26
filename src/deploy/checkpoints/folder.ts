/** @file A run's folder of checkpoints: `step-000000120`, each whole or not there; the newest good one is found. */
import nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { HeadgateError } from '../../errors.js';
import { ReplacementFailed, replaceFolder } from '../../files/atomic-folder.js';
import { readBounded } from '../../files/bounded-file.js';
import { type FileSystem, isCode, placeOf } from '../../files/folder-place.js';
import { type Note, note } from '../../notes.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, maximumBytes } from './contents.js';

const NAME = /^step-(\d{9,15})$/;
const nameOf = (steps: number): string => `step-${String(steps).padStart(9, '0')}`;

export interface Found extends Checkpoint {
  /** Of each newer one that is damaged. */
  readonly notes: readonly Note[];
}

/** @returns names of checkpoints, good or not, the newest first; none where the folder is not there */
export async function checkpointNames(folder: string, files: FileSystem = nodeFiles): Promise<readonly string[]> {
  try {
    const names = (await files.readdir(folder)).filter((name) => NAME.test(name));
    return names.sort((a, b) => stepsOf(b) - stepsOf(a));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw failed('LOAD_FAILED', folder, error);
  }
}

/**
 * The newest checkpoint that is whole; null where there is none at all.
 *
 * @throws HeadgateError `NO_CHECKPOINT` when all are damaged, `NEWER_FORMAT`, `LOAD_FAILED`
 */
export async function newestCheckpoint(folder: string, files: FileSystem = nodeFiles): Promise<Found | null> {
  const notes: Note[] = [];
  for (const name of await checkpointNames(folder, files)) {
    const at = (file: string): string => join(folder, name, file);
    const read = async (file: string) => (await readBounded(at(file), maximumBytes[file] ?? 0, files)).bytes;
    try {
      return { ...(await decodeCheckpoint(read, at)), notes };
    } catch (error) {
      // Of a later version it is no damage, and to go on from an older one would undo its work.
      if (error instanceof HeadgateError && error.code === 'NEWER_FORMAT') throw error;
      notes.push(damaged(join(folder, name), error));
    }
  }
  if (notes.length === 0) return null;
  throw new HeadgateError({
    code: 'NO_CHECKPOINT',
    path: folder,
    problem: `none of its ${notes.length} checkpoints is whole. ${notes[0]?.text}`,
    expected: 'at least one checkpoint as it was written',
    mend: 'Fit into another folder, without `resume`.',
  });
}

/** Writes checkpoints of one run, and keeps the newest. The folder must be locked. */
export class CheckpointWriter {
  private readonly folder: string;
  private readonly keep: number;
  private readonly files: FileSystem;
  /** Names of those that are known to be whole. */
  private readonly good = new Set<string>();

  /** @param resumed steps of the checkpoint that the run goes on from; null for none in this folder */
  constructor(folder: string, keep: number, resumed: number | null, files: FileSystem = nodeFiles) {
    this.folder = folder;
    this.keep = keep;
    this.files = files;
    if (resumed !== null) this.good.add(nameOf(resumed));
  }

  /** @throws HeadgateError `SAVE_FAILED`: the checkpoints before are as they were */
  async write(checkpoint: Checkpoint): Promise<void> {
    const name = nameOf(checkpoint.state.steps);
    const path = join(this.folder, name);
    try {
      await replaceFolder(placeOf(path), encodeCheckpoint(checkpoint), async () => {}, this.files);
      this.good.add(name);
      await this.removeOld(name);
    } catch (error) {
      throw failed('SAVE_FAILED', path, error instanceof ReplacementFailed ? error.cause : error);
    }
  }

  /** Only what is older than as many good ones as are kept; and what killed writers left half written. */
  private async removeOld(newest: string): Promise<void> {
    const names = (await checkpointNames(this.folder, this.files)).filter((name) => stepsOf(name) <= stepsOf(newest));
    let good = 0;
    for (const name of names) {
      if (good >= this.keep) await this.remove(name);
      else if (this.good.has(name)) good++;
    }
    for (const name of await this.files.readdir(this.folder)) {
      if (/^\.step-\d+\.headgate-/.test(name)) await this.remove(name);
    }
  }

  private async remove(name: string): Promise<void> {
    this.good.delete(name);
    await this.files.rm(join(this.folder, name), { recursive: true, force: true });
  }
}

const stepsOf = (name: string): number => Number(NAME.exec(name)?.[1]);

function damaged(path: string, error: unknown): Note {
  const why =
    error instanceof HeadgateError ? `${error.code} at ${error.path}` : String(Object(error).message ?? error);
  return note('CHECKPOINT_DAMAGED', path, `This checkpoint is damaged and was passed over for the one before: ${why}.`);
}

function failed(code: 'SAVE_FAILED' | 'LOAD_FAILED', path: string, cause: unknown): HeadgateError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const kept = code === 'SAVE_FAILED' ? ' Checkpoints that were written before are as they were.' : '';
  return new HeadgateError({ code, path, problem: `the file system refused: ${why}.${kept}` }, { cause });
}
