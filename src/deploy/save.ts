/** @file Saves a model as a folder of plain files. */
import nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { HeadgateError } from '../errors.js';
import { type Outcome, ReplacementFailed, replaceFolder } from '../files/atomic-folder.js';
import { readBounded } from '../files/bounded-file.js';
import { type FileSystem, isCode, placeOf } from '../files/folder-place.js';
import { encodeModel } from './contents.js';
import { readManifest } from './manifest.js';
import { isContentFile, manifestFile, maximumBytes, requireFolderName, type SavedModel } from './model-folder.js';

/**
 * Writes `flow.json`, `backbone.json`, `weights.safetensors`, `thresholds.json` and `headgate.json` (versions, sizes,
 * checksums) into `folder`, replacing a model that is there. All or nothing: whenever it is cut off, and whoever saves
 * there at the same time, a whole model loads. Of several writers the last one wins.
 *
 * @throws HeadgateError `NOT_A_MODEL_FOLDER` when the folder holds anything else, which would be lost; `FILE_TOO_LARGE`
 *   for what `load` would refuse; `SAVE_FAILED` when the disk refuses
 */
export async function save(folder: string, model: SavedModel, files: FileSystem = nodeFiles): Promise<void> {
  requireFolderName('save', folder);
  const check = (path: string): Promise<void> => checkReplaceable(path, folder, files);
  await writeFolder(folder, 'model', encodeModel(model), check, files);
}

/**
 * Puts a folder with these files in place, or leaves what is there.
 *
 * @param what it holds, for messages
 * @param check throws where the folder at a path may not be replaced
 * @throws HeadgateError `SAVE_FAILED`, and what `check` throws
 */
export async function writeFolder(
  folder: string,
  what: string,
  contents: ReadonlyMap<string, Uint8Array>,
  check: (path: string) => Promise<void>,
  files: FileSystem,
): Promise<void> {
  try {
    const place = placeOf(folder);
    await check(place.folder);
    await replaceFolder(place, contents, check, files);
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    const outcome = error instanceof ReplacementFailed ? error.outcome : 'untouched';
    const cause = error instanceof ReplacementFailed ? error.cause : error;
    throw new HeadgateError(
      {
        code: 'SAVE_FAILED',
        path: folder,
        problem: `The ${what} could not be written; ${STANDS[outcome]}`,
        received: cause instanceof Error ? cause.message : String(cause),
        mend: 'See that the disk has room and that you may write beside the folder.',
      },
      { cause },
    );
  }
}

/** What is there now. */
const STANDS: Readonly<Record<Outcome, string>> = {
  untouched: 'what was there before is untouched.',
  aside: 'what was there before is whole beside the folder, where `load` finds it.',
  replaced: 'it is in its place, but the disk did not confirm that it will stay there.',
};

/** @param folder what the user calls it; the contents may lie at another `path` by now */
async function checkReplaceable(path: string, folder: string, files: FileSystem): Promise<void> {
  const names = await namesIn(path, files);
  if (names === 'absent') return;
  const known = names === 'no folder' ? [] : [manifestFile, ...(await namesOfModel(path, files))];
  const stranger =
    names === 'no folder' ? undefined : names.find((name) => !known.includes(name) && !isContentFile(name));
  if (names !== 'no folder' && (names.length === 0 || (names.includes(manifestFile) && stranger === undefined))) return;
  throw new HeadgateError({
    code: 'NOT_A_MODEL_FOLDER',
    path: stranger === undefined ? folder : join(folder, stranger),
    problem: 'Saving replaces the whole folder, and this one is not a saved model.',
    expected: 'a folder that does not exist yet, is empty, or holds a saved model and nothing else',
    received: names === 'no folder' ? 'a file or a link' : (stranger ?? `a folder without ${manifestFile}`),
    mend: 'Choose a folder of its own for the model.',
  });
}

/** The names in a folder. */
export async function namesIn(path: string, files: FileSystem): Promise<readonly string[] | 'absent' | 'no folder'> {
  try {
    return (await files.lstat(path)).isDirectory() ? await files.readdir(path) : 'no folder';
  } catch (error) {
    if (isCode(error, 'ENOENT')) return 'absent';
    throw error;
  }
}

/** The files that a manifest lists, those of a later version too; none where there is no legible one. */
async function namesOfModel(path: string, files: FileSystem): Promise<readonly string[]> {
  try {
    const file = join(path, manifestFile);
    return [...readManifest((await readBounded(file, maximumBytes[manifestFile], files)).bytes, file).files.keys()];
  } catch (error) {
    if (error instanceof HeadgateError || isCode(error, 'ENOENT')) return [];
    throw error;
  }
}
