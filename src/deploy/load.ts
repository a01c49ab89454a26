/** @file Loads a model from a folder that may come from anybody: reads data, checks it all, runs nothing. */
import nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { HeadgateError } from '../errors.js';
import { readBounded } from '../files/bounded-file.js';
import type { FileSystem } from '../files/folder-place.js';
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
import { type FolderKind, guard, readStanding } from './standing.js';

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
  const model = await readStanding(folder, KIND, files, (path) => readFolder(path, files));
  return declared === undefined ? model : fitted(model, declared);
}

const KIND: FolderKind = { what: 'model', manifest: manifestFile, maximum: maximumBytes[manifestFile] };

async function readFolder(path: string, files: FileSystem): Promise<LoadedModel> {
  const at = (name: string): string => join(path, name);
  const read = (name: keyof typeof maximumBytes): Promise<Uint8Array> =>
    guard(at(name), KIND, async () => (await readBounded(at(name), maximumBytes[name], files)).bytes);
  const names = await guard(path, KIND, () => files.readdir(path));
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
