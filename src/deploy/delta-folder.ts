/**
 * @file A delta on disk: `delta.json` (format, version, writer, what it was made over, thresholds, the other file with its
 * checksum) and `delta.safetensors` (places and values of what changes). Data and no code, checked before it is used.
 */
import { createHash } from 'node:crypto';
import nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { BatchTensor, BatchTensors } from '../engine/engine.js';
import { HeadgateError } from '../errors.js';
import { readBounded, tooLarge } from '../files/bounded-file.js';
import type { FileSystem } from '../files/folder-place.js';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../files/safetensors.js';
import { parseStrictJson } from '../files/strict-json.js';
import type { Delta } from '../pathways/delta/delta.js';
import { deltaFromTensors, deltaTensors } from '../pathways/delta/tensors.js';
import { checked, checkSum, jsonBytes, newerFormat } from './manifest.js';
import { namesIn, writeFolder } from './save.js';
import { type FolderKind, guard, readStanding } from './standing.js';
import { VERSION } from './version.js';

/** A delta as data. */
export interface SavedDelta {
  /** Name of the project that it was made of. */
  readonly project: string;
  /** SHA-256 of what it was made over, in hexadecimal digits. */
  readonly base: string;
  /** Paths of the tasks that it is limited to; null for all. */
  readonly tasks: readonly string[] | null;
  /** By task path, thresholds that it brings. */
  readonly thresholds: ReadonlyMap<string, readonly number[]>;
  readonly changes: Delta;
}

const FORMAT = 'headgate-delta';
const LATEST = 1;
const deltaFile = 'delta.json';
const valuesFile = 'delta.safetensors';
const maximumBytes = { [deltaFile]: 16 * 2 ** 20, [valuesFile]: 2 ** 31 - 1 } as const;
const KIND: FolderKind = { what: 'delta', manifest: deltaFile, maximum: maximumBytes[deltaFile] };

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits');
const path = z.string().min(1);
const headSchema = z.looseObject({
  format: z.literal(FORMAT),
  version: z.number().int().positive(),
  writer: z.string().min(1).max(100),
});
const schema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(LATEST),
  writer: z.string().min(1).max(100),
  project: z.string(),
  base: sha256,
  tasks: z.array(path).min(1).nullable(),
  thresholds: z.array(z.strictObject({ path, thresholds: z.array(z.number()).min(1) })),
  files: z.strictObject({ [valuesFile]: z.strictObject({ bytes: z.number().int().nonnegative(), sha256 }) }),
});

/**
 * Writes a delta into `folder`, replacing one that is there: all or nothing, as `save` does.
 *
 * @throws HeadgateError `NOT_A_MODEL_FOLDER` when the folder holds anything else, `FILE_TOO_LARGE`, `SAVE_FAILED`
 */
export async function saveDelta(folder: string, delta: SavedDelta, files: FileSystem = nodeFiles): Promise<void> {
  const values = valuesBytes(delta.changes);
  const { project, base, tasks } = delta;
  const thresholds = [...delta.thresholds].map(([own, numbers]) => ({ path: own, thresholds: numbers }));
  const record = { bytes: values.length, sha256: createHash('sha256').update(values).digest('hex') };
  const head = { format: FORMAT, version: LATEST, writer: `headgate ${VERSION}` };
  const manifest = jsonBytes({ ...head, project, base, tasks, thresholds, files: { [valuesFile]: record } });
  for (const [name, bytes] of [
    [deltaFile, manifest],
    [valuesFile, values],
  ] as const) {
    if (bytes.length > maximumBytes[name]) throw tooLarge(name, maximumBytes[name], String(bytes.length));
  }
  const contents = new Map([
    [valuesFile, values],
    [deltaFile, manifest],
  ]);
  await writeFolder(folder, 'delta', contents, (at) => checkReplaceable(at, folder, files), files);
}

/** Equal deltas give equal bytes. */
export function valuesBytes(changes: Delta): Uint8Array {
  const tensors = Object.entries(deltaTensors(changes)).map(([name, tensor]): [string, SafeTensor] => [
    name,
    safe(tensor),
  ]);
  return writeSafetensors({ tensors: new Map(tensors), metadata: new Map([['format', FORMAT]]) });
}

/**
 * Reads what `saveDelta` wrote, from a folder that may come from anybody.
 *
 * @throws HeadgateError `MODEL_NOT_FOUND`, `NEWER_FORMAT`, `UNKNOWN_FILE`, `FILE_TOO_LARGE`, `NOT_A_FILE`, `LOAD_FAILED`,
 *   `CHECKSUM_MISMATCH`, `INVALID_JSON`, `INVALID_MODEL_FILE`, `INVALID_SAFETENSORS`, `INVALID_DELTA`, `MODEL_CHANGING`
 */
export function loadDelta(folder: string, files: FileSystem = nodeFiles): Promise<SavedDelta> {
  return readStanding(folder, KIND, files, (at) => readFolder(at, files));
}

async function readFolder(folder: string, files: FileSystem): Promise<SavedDelta> {
  const read = (name: keyof typeof maximumBytes): Promise<Uint8Array> => {
    const at = join(folder, name);
    return guard(at, KIND, async () => (await readBounded(at, maximumBytes[name], files)).bytes);
  };
  const names = await guard(folder, KIND, () => files.readdir(folder));
  const at = join(folder, deltaFile);
  const json = parseStrictJson(await read(deltaFile), at);
  const { version, writer } = checked(headSchema, json, at);
  if (version > LATEST) {
    throw newerFormat(at, writer, `version ${version} of the format`, `up to version ${LATEST}`);
  }
  const { project, base, tasks, thresholds, files: listed } = checked(schema, json, at);
  const stranger = names.find((name) => !isOwn(name));
  if (stranger !== undefined) throw unknownFile(join(folder, stranger));
  const bytes = await read(valuesFile);
  const values = join(folder, valuesFile);
  checkSum(bytes, listed[valuesFile], values);
  const tensors = [...readSafetensors(bytes, values).tensors].map(([name, tensor]): [string, BatchTensor] => [
    name,
    host(tensor),
  ]);
  const brought = new Map(thresholds.map((one) => [one.path, Object.freeze(one.thresholds)]));
  return { project, base, tasks, thresholds: brought, changes: deltaFromTensors(ownRecord(tensors)) };
}

const isOwn = (name: string): boolean => name === deltaFile || name === valuesFile;

/** A name such as `__proto__` is a name like others. */
function ownRecord(tensors: readonly [string, BatchTensor][]): BatchTensors {
  const record: Record<string, BatchTensor> = Object.create(null);
  for (const [name, tensor] of tensors) record[name] = tensor;
  return record;
}

async function checkReplaceable(at: string, folder: string, files: FileSystem): Promise<void> {
  const names = await namesIn(at, files);
  if (names === 'absent') return;
  const stranger = names === 'no folder' ? undefined : names.find((name) => !isOwn(name));
  const isOurs = names !== 'no folder' && (names.length === 0 || names.includes(deltaFile));
  if (isOurs && stranger === undefined) return;
  throw new HeadgateError({
    code: 'NOT_A_MODEL_FOLDER',
    path: stranger === undefined ? folder : join(folder, stranger),
    problem: 'Saving replaces the whole folder, and this one is not a saved delta.',
    expected: 'a folder that does not exist yet, is empty, or holds a saved delta and nothing else',
    received: names === 'no folder' ? 'a file or a link' : (stranger ?? `a folder without ${deltaFile}`),
    mend: 'Choose a folder of its own for the delta.',
  });
}

const SAFE = { float32: 'F32', int32: 'I32', bool: 'BOOL', uint8: 'U8' } as const;
const HOST = { F32: 'float32', I32: 'int32', BOOL: 'bool', U8: 'uint8' } as const;

function safe({ dtype, shape, data }: BatchTensor): SafeTensor {
  return { dtype: SAFE[dtype], shape, data } as SafeTensor; // an array is of the kind that its type says
}

function host({ dtype, shape, data }: SafeTensor): BatchTensor {
  return { dtype: HOST[dtype], shape, data };
}

function unknownFile(at: string): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_FILE',
    path: at,
    problem: 'A saved delta has no such file.',
    expected: `${deltaFile}, ${valuesFile}`,
    mend: 'Remove it if you put it there; otherwise do not trust this folder.',
  });
}
