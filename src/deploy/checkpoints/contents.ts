/** @file A checkpoint as files: the state's tensors, the best epoch's weights, all else as JSON, and a manifest of checksums. */
import { z } from 'zod';
import type { HostTensor, HostTensors } from '../../engine/engine.js';
import { HeadgateError } from '../../errors.js';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../../files/safetensors.js';
import { parseStrictJson } from '../../files/strict-json.js';
import type { FitState } from '../../train/state.js';
import { checked, checkSum, fingerprint, jsonBytes, newerFormat } from '../manifest.js';
import { VERSION } from '../version.js';
import { decodeExact, encodeExact } from './exact-json.js';
import { stateSchema } from './state-schema.js';

/** A state, and what the run was that it is of: by name, what must be the same where it is resumed. */
export interface Checkpoint {
  readonly state: FitState;
  readonly facts: Readonly<Record<string, string>>;
}

export const manifestFile = 'checkpoint.json';
const stateFile = 'state.json';
const tensorsFile = 'tensors.safetensors';
const bestFile = 'best.safetensors';

/** Bytes that a reader will take into memory. */
export const maximumBytes: Readonly<Record<string, number>> = {
  [manifestFile]: 65_536,
  [stateFile]: 256 * 2 ** 20,
  [tensorsFile]: 2 ** 31 - 1,
  [bestFile]: 2 ** 31 - 1,
};

const LATEST = 1;
const file = z.strictObject({ bytes: z.number().int().nonnegative(), sha256: z.string().length(64) });
const headSchema = z.looseObject({
  format: z.literal('headgate-checkpoint'),
  version: z.number().int().positive(),
  writer: z.string().max(100),
});
const manifestSchema = z.strictObject({
  ...headSchema.shape,
  files: z.strictObject({ [stateFile]: file, [tensorsFile]: file, [bestFile]: file.optional() }),
});

/** @throws HeadgateError `INVALID_TENSOR` */
export function encodeCheckpoint({ state, facts }: Checkpoint): ReadonlyMap<string, Uint8Array> {
  const { tensors, best, ...plain } = state;
  const kept = best === null ? null : { epoch: best.epoch, monitor: best.monitor, value: best.value };
  const files = new Map([
    [stateFile, jsonBytes(encodeExact({ ...plain, best: kept, facts }))],
    [tensorsFile, tensorBytes(tensors)],
  ]);
  if (best !== null) files.set(bestFile, tensorBytes(best.weights));
  const sums = Object.fromEntries([...files].map(([name, bytes]) => [name, fingerprint(bytes)]));
  const head = { format: 'headgate-checkpoint', version: LATEST, writer: `headgate ${VERSION}` };
  return new Map([...files, [manifestFile, jsonBytes({ ...head, files: sums })]]);
}

/**
 * @param read the bytes of a file of the folder, within its limit
 * @param at the path of a file, for messages
 * @throws HeadgateError `NEWER_FORMAT`, `CHECKSUM_MISMATCH`, `INVALID_JSON`, `INVALID_MODEL_FILE`, `INVALID_SAFETENSORS`
 */
export async function decodeCheckpoint(
  read: (name: string) => Promise<Uint8Array>,
  at: (name: string) => string,
): Promise<Checkpoint> {
  const path = at(manifestFile);
  const json = parseStrictJson(await read(manifestFile), path);
  const { version, writer } = checked(headSchema, json, path);
  if (version > LATEST) throw newerFormat(path, writer, `version ${version} of the format`, `up to version ${LATEST}`);
  const { files } = checked(manifestSchema, json, path);
  const whole = async (name: typeof stateFile | typeof tensorsFile | typeof bestFile): Promise<Uint8Array> => {
    const [bytes, sums] = [await read(name), files[name]];
    if (sums !== undefined) checkSum(bytes, sums, at(name));
    return bytes;
  };
  const plain = decodeExact(parseStrictJson(await whole(stateFile), at(stateFile)));
  const { facts, best, ...rest } = checked(stateSchema, plain, at(stateFile));
  if ((best === null) !== (files[bestFile] === undefined)) throw halfBest(path);
  const tensors = readTensors(await whole(tensorsFile), at(tensorsFile));
  const kept = best === null ? null : { ...best, weights: readTensors(await whole(bestFile), at(bestFile)) };
  return { state: { ...rest, tensors, best: kept }, facts };
}

const dtypes = { float32: 'F32', int32: 'I32', bool: 'BOOL' } as const;
const ofHost = (name: string): HostTensor['dtype'] | undefined =>
  name === 'F32' ? 'float32' : name === 'I32' ? 'int32' : name === 'BOOL' ? 'bool' : undefined;

function tensorBytes(tensors: HostTensors): Uint8Array {
  const entries = Object.entries(tensors).map(([name, { shape, dtype, data }]): [string, SafeTensor] => [
    name,
    { shape, dtype: dtypes[dtype], data } as SafeTensor, // an engine's data are of its dtype
  ]);
  return writeSafetensors({ tensors: new Map(entries), metadata: new Map() });
}

function readTensors(bytes: Uint8Array, path: string): HostTensors {
  const entries = [...readSafetensors(bytes, path).tensors].map(([name, { shape, dtype, data }]) => {
    const own = ofHost(dtype);
    if (own === undefined) throw invalid(path, `The tensor ${name} is of a type that no state has.`);
    return [name, { shape, dtype: own, data }] as const;
  });
  return Object.fromEntries(entries);
}

const halfBest = (path: string): HeadgateError =>
  invalid(path, `${bestFile} and what the state says of the best epoch do not agree.`);

function invalid(path: string, problem: string): HeadgateError {
  return new HeadgateError({ code: 'INVALID_MODEL_FILE', path, problem, mend: 'Resume from an earlier checkpoint.' });
}
