/** @file Saves a model as a folder of plain files. */
import nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { HeadgateError } from '../errors.js';
import { exists, type FileSystem, placeOf, replaceFolder } from '../files/atomic-folder.js';
import { encodeModel } from './contents.js';
import { isModelFile, manifestFile, type SavedModel } from './model-folder.js';

/**
 * Writes `flow.json`, `weights.safetensors`, `thresholds.json` and `headgate.json` (sizes and checksums) into `folder`,
 * replacing a model that is there. All or nothing: whenever it is cut off, the old model or the new one loads.
 * Throws `NOT_A_MODEL_FOLDER` when the folder holds anything else, which would be lost; `SAVE_FAILED` when the disk refuses.
 */
export async function save(folder: string, model: SavedModel, files: FileSystem = nodeFiles): Promise<void> {
  const contents = encodeModel(model);
  try {
    const place = placeOf(folder);
    if (await exists(place.folder, files)) await checkReplaceable(place.folder, files);
    await replaceFolder(place, contents, files);
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    throw new HeadgateError(
      {
        code: 'SAVE_FAILED',
        path: folder,
        problem: 'The model could not be written; what was there before is untouched.',
        received: cause instanceof Error ? cause.message : String(cause),
        mend: 'See that the disk has room and that you may write beside the folder.',
      },
      { cause },
    );
  }
}

async function checkReplaceable(folder: string, files: FileSystem): Promise<void> {
  const names = (await files.lstat(folder)).isDirectory() ? await files.readdir(folder) : null;
  const stranger = names?.find((name) => !isModelFile(name));
  if (names && (names.length === 0 || (names.includes(manifestFile) && stranger === undefined))) return;
  throw new HeadgateError({
    code: 'NOT_A_MODEL_FOLDER',
    path: stranger === undefined ? folder : join(folder, stranger),
    problem: 'Saving replaces the whole folder, and this one is not a saved model.',
    expected: 'a folder that does not exist yet, is empty, or holds a saved model and nothing else',
    received: names === null ? 'a file or a link' : (stranger ?? `a folder without ${manifestFile}`),
    mend: 'Choose a folder of its own for the model.',
  });
}
