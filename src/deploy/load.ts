/** @file Loads a model from a folder that may come from anybody: reads data, checks it all, runs nothing. */
import nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { HeadgateError } from '../errors.js';
import { previousFolders } from '../files/atomic-folder.js';
import { readBounded } from '../files/bounded-file.js';
import { exists, type FileSystem, placeOf } from '../files/folder-place.js';
import { decodeModel } from './contents.js';
import { checkSum, readManifest } from './manifest.js';
import { fitted } from './match.js';
import {
  type DeclaredModel,
  isContentFile,
  type LoadedModel,
  manifestFile,
  maximumBytes,
  requireFolderName,
} from './model-folder.js';

/** Times that a folder may be replaced while it is read. */
const ATTEMPTS = 100;
/** Looks at a folder without a manifest after which no writer can still be between two renames. */
const SURE = 8;

/**
 * Reads a saved model. With `declared`, what the program declares, it must fit it: `FLOW_MISMATCH`, `BACKBONE_MISMATCH`,
 * `WEIGHTS_MISMATCH` and `THRESHOLDS_MISMATCH` name the first difference. While others save to the folder, it is one of
 * their models or the one before. When a save was cut off between its two renames, the model that it was replacing is
 * the one that loads.
 *
 * @throws HeadgateError `MODEL_NOT_FOUND`, `NEWER_FORMAT`, `UNKNOWN_FILE`, `FILE_TOO_LARGE`, `NOT_A_FILE`, `LOAD_FAILED`,
 *   `CHECKSUM_MISMATCH`, `INVALID_JSON`, `INVALID_MODEL_FILE`, `INVALID_SAFETENSORS`, `INVALID_THRESHOLDS`, what the flow's
 *   own check throws; `MODEL_CHANGING` when it is replaced faster than it can be read
 */
export async function load(
  folder: string,
  declared?: DeclaredModel,
  files: FileSystem = nodeFiles,
): Promise<LoadedModel> {
  requireFolderName('load', folder);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const before = await standing(folder, files);
    const outcome = await attempted(() => readFolder(before?.path ?? placeOf(folder).folder, files));
    const after = await standing(folder, files);
    if (before?.identity === after?.identity) {
      // Without a manifest, a writer may have been between its renames both times.
      if (!before?.hasManifest && attempt < SURE) {
        await setTimeout(attempt);
        continue;
      }
      if (before === null) throw notFound(folder);
      if ('model' in outcome) return declared === undefined ? outcome.model : fitted(outcome.model, declared);
      throw outcome.error;
    }
    await setTimeout(Math.min(attempt, 20)); // it was replaced meanwhile: what was read may be of two models
  }
  throw new HeadgateError({
    code: 'MODEL_CHANGING',
    path: folder,
    problem: `It was replaced ${ATTEMPTS} times while it was read.`,
    mend: 'Save less often, or load from a folder of its own.',
  });
}

interface Standing {
  readonly path: string;
  /** Another one once the folder has been replaced. */
  readonly identity: string;
  readonly hasManifest: boolean;
}

/** Where the model stands now; null where none is. */
async function standing(folder: string, files: FileSystem): Promise<Standing | null> {
  const place = placeOf(folder);
  const paths = (await guard(place.folder, () => exists(place.folder, files)))
    ? [place.folder]
    : await guard(place.folder, () => previousFolders(place, files));
  for (const path of paths) {
    // A folder without a manifest stands too: what is wrong with it is for `readFolder` to say.
    const manifest = await attempted(() => readBounded(join(path, manifestFile), maximumBytes[manifestFile], files));
    const hasManifest = 'model' in manifest;
    const identity = hasManifest ? `${manifest.model.identity} ${Buffer.from(manifest.model.bytes)}` : '';
    if (path === place.folder || hasManifest) return { path, identity: `${path} ${identity}`, hasManifest };
  }
  return null;
}

type Attempt<T> = { readonly model: T } | { readonly error: unknown };

async function attempted<T>(run: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { model: await run() };
  } catch (error) {
    return { error };
  }
}

async function readFolder(path: string, files: FileSystem): Promise<LoadedModel> {
  const at = (name: string): string => join(path, name);
  const read = (name: keyof typeof maximumBytes): Promise<Uint8Array> =>
    guard(at(name), async () => (await readBounded(at(name), maximumBytes[name], files)).bytes);
  const names = await guard(path, () => files.readdir(path));
  const manifest = readManifest(await read(manifestFile), at(manifestFile));
  const stranger = names.find((name) => name !== manifestFile && !manifest.files.has(name));
  if (stranger !== undefined) throw unknownFile(at(stranger), [...manifest.files.keys()]);
  const contents = new Map<string, Uint8Array>();
  for (const [name, record] of manifest.files) {
    if (!isContentFile(name)) continue; // an optional part of a later version
    const bytes = await read(name);
    checkSum(bytes, record, at(name));
    contents.set(name, bytes);
  }
  const { version, writer, notes } = manifest;
  return { ...decodeModel(contents, at), version, writer, notes };
}

function unknownFile(path: string, listed: readonly string[]): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_FILE',
    path,
    problem: 'The manifest of the saved model lists no such file.',
    expected: [manifestFile, ...listed].join(', '),
    mend: 'Remove it if you put it there; otherwise do not trust this folder.',
  });
}

function notFound(folder: string): HeadgateError {
  return new HeadgateError({
    code: 'MODEL_NOT_FOUND',
    path: folder,
    problem: 'There is no such folder.',
    mend: 'Give the folder that was passed to `save`; relative paths start at the working directory.',
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
        mend: `A saved model is a folder with ${manifestFile} and the files that it lists.`,
      },
      { cause },
    );
  }
}
