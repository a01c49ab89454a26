/** @file Loads a model from a folder that may come from anybody: reads data, checks it all, runs nothing. */
import { constants } from 'node:fs';
import nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { HeadgateError } from '../errors.js';
import { exists, type FileSystem, placeOf } from '../files/atomic-folder.js';
import { decodeModel } from './contents.js';
import { checkMatch } from './match.js';
import {
  contentFiles,
  isModelFile,
  type ModelFile,
  manifestFile,
  maximumBytes,
  type SavedModel,
} from './model-folder.js';

/**
 * Reads a saved model. With `expected`, what the program declares, it must be a model of the same flow: `FLOW_MISMATCH`,
 * `WEIGHTS_MISMATCH` and `THRESHOLDS_MISMATCH` name the first difference. Throws `MODEL_NOT_FOUND`,
 * `UNKNOWN_FILE`, `FILE_TOO_LARGE`, `NOT_A_FILE`, `LOAD_FAILED`, `CHECKSUM_MISMATCH`, `INVALID_JSON`,
 * `INVALID_MODEL_FILE`, `INVALID_SAFETENSORS`, `INVALID_THRESHOLDS`, or what the flow's own check throws.
 * When a save was cut off between its two renames, the model that it was replacing is the one that loads.
 */
export async function load(folder: string, expected?: SavedModel, files: FileSystem = nodeFiles): Promise<SavedModel> {
  const path = await existingFolder(folder, files);
  const names = await guard(path, () => files.readdir(path));
  const stranger = names.find((name) => !isModelFile(name));
  if (stranger !== undefined) {
    throw new HeadgateError({
      code: 'UNKNOWN_FILE',
      path: join(path, stranger),
      problem: 'A saved model holds no such file.',
      expected: [manifestFile, ...contentFiles].join(', '),
      mend: 'Remove it if you put it there; otherwise do not trust this folder.',
    });
  }
  const read = new Map<ModelFile, Uint8Array>();
  for (const name of [manifestFile, ...contentFiles] as const) {
    read.set(name, await readBounded(join(path, name), maximumBytes[name], files));
  }
  const model = decodeModel(read, (name) => join(path, name));
  if (expected) checkMatch(model, expected);
  return model;
}

async function existingFolder(folder: string, files: FileSystem): Promise<string> {
  const place = placeOf(folder);
  for (const path of [place.folder, place.previous]) {
    if (await guard(path, () => exists(path, files))) return path;
  }
  throw new HeadgateError({
    code: 'MODEL_NOT_FOUND',
    path: folder,
    problem: 'There is no such folder.',
    mend: 'Give the folder that was passed to `save`; relative paths start at the working directory.',
  });
}

/** Reads a regular file of limited size. Links are refused: they can lead out of the folder. A pipe would block. */
async function readBounded(path: string, maximum: number, files: FileSystem): Promise<Uint8Array> {
  return guard(path, async () => {
    if (!(await files.lstat(path)).isFile()) throw notAFile(path);
    // The second check counts: the first cannot know what is opened, but keeps devices from being opened at all.
    const file = await files.open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw notAFile(path);
      if (stat.size > maximum) throw tooLarge(path, maximum, stat.size);
      const bytes = new Uint8Array(stat.size);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await file.close();
    }
  });
}

function notAFile(path: string): HeadgateError {
  return new HeadgateError({
    code: 'NOT_A_FILE',
    path,
    problem: 'This must be a regular file.',
    expected: 'a file, not a link, folder, pipe or device',
    mend: 'Put a copy of the file itself there.',
  });
}

function tooLarge(path: string, maximum: number, size: number): HeadgateError {
  return new HeadgateError({
    code: 'FILE_TOO_LARGE',
    path,
    problem: 'The file is larger than any that `save` writes.',
    expected: `at most ${maximum} bytes`,
    received: `${size} bytes`,
  });
}

async function guard<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    throw new HeadgateError(
      {
        code: 'LOAD_FAILED',
        path,
        problem: 'It could not be read.',
        received: cause instanceof Error ? cause.message : String(cause),
        mend: 'A saved model is a folder with headgate.json, flow.json, weights.safetensors and thresholds.json.',
      },
      { cause },
    );
  }
}
