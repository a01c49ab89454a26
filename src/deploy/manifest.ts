/**
 * @file The manifest, `headgate.json`: the first thing that is read of a folder, and the one that later versions must
 * go on understanding. Its promise: `format`, `version`, `writer`, `requires` and `files` keep their meaning for ever.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { HeadgateError, show } from '../errors.js';
import { parseStrictJson } from '../files/strict-json.js';
import { type Note, note } from '../notes.js';
import {
  type ContentFile,
  contentFiles,
  flowFile,
  isContentFile,
  manifestFile,
  masksFile,
  pathwaysFile,
  thresholdsFile,
  weightsFile,
} from './model-folder.js';
import { VERSION } from './version.js';

const FORMAT = 'headgate-model';
/** Grows only when an old reader could not even say what it does not understand. */
const LATEST = 2;

/** What a reader must understand to use a model rightly. What may be left out is a file that stands here not. */
const PARTS = [
  'flow',
  'parameters',
  'thresholds',
  'statistics',
  'pathways',
  'columns',
  'ragged',
  'axes',
  'normalise',
] as const;

/** Parts that a model need not have, and a reader need not know then. */
export interface FurtherParts {
  /** Columns of the inputs have kinds. */
  readonly columns: boolean;
  /** Inputs are ragged, or masks of such. */
  readonly ragged: boolean;
  /** Tasks answer along several axes. */
  readonly axes: boolean;
  /** Channels of images are standardised. */
  readonly normalise: boolean;
}

const NO_FURTHER_PARTS: FurtherParts = { columns: false, ragged: false, axes: false, normalise: false };

export interface Manifest {
  readonly version: number;
  readonly writer: string | null;
  readonly files: ReadonlyMap<string, FileRecord>;
  readonly notes: readonly Note[];
}

export interface FileRecord {
  readonly bytes: number;
  readonly sha256: string;
}

const fileSchema = z.strictObject({
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits'),
});
/** No folder, nothing hidden, nothing that a system reads in another way. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/;

const headSchema = z.looseObject({
  format: z.literal(FORMAT),
  version: z.number().int().positive(),
  writer: z.string().max(100).optional(),
});
/** 0.1.0 before it had a writer's name. */
const firstSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(1),
  files: z.strictObject({ [flowFile]: fileSchema, [weightsFile]: fileSchema, [thresholdsFile]: fileSchema }),
});
/** Keys to come may be left out; what may not stands in `requires`. */
const latestSchema = z.looseObject({
  format: z.literal(FORMAT),
  version: z.literal(LATEST),
  writer: z.string().min(1).max(100),
  requires: z.array(z.string().min(1).max(100)).max(100),
  files: z.record(z.string(), fileSchema),
});

/** The manifest of these files. */
export function writeManifest(
  contents: Readonly<Partial<Record<ContentFile, Uint8Array>>>,
  further: FurtherParts = NO_FURTHER_PARTS,
): Uint8Array {
  const files = Object.fromEntries(
    contentFiles.flatMap((name) => {
      const bytes = contents[name];
      return bytes === undefined ? [] : [[name, fingerprint(bytes)]];
    }),
  );
  // A reader that knows no pathways reads what has none; so with kinds of columns, and the like.
  const optional = new Map(Object.entries({ pathways: contents[pathwaysFile] !== undefined, ...further }));
  const requires = PARTS.filter((part) => optional.get(part) ?? true);
  return jsonBytes({ format: FORMAT, version: LATEST, writer: `headgate ${VERSION}`, requires, files });
}

/** @throws HeadgateError `INVALID_JSON`, `INVALID_MODEL_FILE`, `NEWER_FORMAT` naming the version that wrote it */
export function readManifest(bytes: Uint8Array, path: string): Manifest {
  const json = parseStrictJson(bytes, path);
  const { version, writer } = checked(headSchema, json, path);
  if (version > LATEST) throw newerFormat(path, writer, `version ${version} of the format`, `up to version ${LATEST}`);
  if (version === 1) {
    const { files } = checked(firstSchema, json, path);
    return { version, writer: null, files: new Map(Object.entries(files)), notes: [] };
  }
  checkNames(json, path);
  const manifest = checked(latestSchema, json, path);
  const unknown = manifest.requires.filter((part) => !PARTS.some((known) => known === part));
  if (unknown.length > 0) throw newerFormat(path, writer, unknown.join(', '), PARTS.join(', '));
  for (const name of [flowFile, weightsFile, thresholdsFile]) {
    if (!Object.hasOwn(manifest.files, name)) throw invalidFile(path, `It lists no ${name}.`);
  }
  const [ways, masks] = [pathwaysFile, masksFile].map((name) => Object.hasOwn(manifest.files, name));
  if (ways !== masks || ways !== manifest.requires.includes('pathways')) {
    throw invalidFile(path, `It lists only some of ${pathwaysFile}, ${masksFile} and the part "pathways".`);
  }
  const notes = Object.keys(manifest.files)
    .filter((name) => !isContentFile(name))
    .map((name) =>
      note(
        'UNKNOWN_PART',
        name,
        `It was left out: it is an optional part that ${manifest.writer} knows and this version does not.`,
      ),
    );
  return { version, writer: manifest.writer, files: new Map(Object.entries(manifest.files)), notes };
}

/** Before the schema, which takes no notice of a key `__proto__`. */
function checkNames(json: unknown, path: string): void {
  const files: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, 'files') : null;
  const names = typeof files === 'object' && files !== null ? Object.keys(files) : [];
  const wrong = names.find((name) => !plainName.test(name) || name === manifestFile);
  if (wrong !== undefined)
    throw invalidFile(path, `It lists ${show(wrong)}, which is not the plain name of a file beside it.`);
}

/** Throws `CHECKSUM_MISMATCH` unless these are the bytes that were saved. */
export function checkSum(bytes: Uint8Array, expected: FileRecord, path: string): void {
  const received = fingerprint(bytes);
  if (expected.bytes === received.bytes && expected.sha256 === received.sha256) return;
  throw new HeadgateError({
    code: 'CHECKSUM_MISMATCH',
    path,
    problem: 'The file is not the one that was saved: it is damaged or was changed afterwards.',
    expected: `${expected.bytes} bytes, SHA-256 ${expected.sha256}`,
    received: `${received.bytes} bytes, SHA-256 ${received.sha256}`,
    mend: 'Copy the whole folder again, or save the model again.',
  });
}

/** Throws `INVALID_MODEL_FILE` with all that is wrong. */
export function checked<T>(schema: z.ZodType<T>, json: unknown, path: string): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw invalidFile(path, z.prettifyError(result.error).replaceAll('\n', ' '));
}

export const jsonBytes = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`, 'utf8');

export function newerFormat(
  path: string,
  writer: string | undefined,
  received: string,
  expected: string,
): HeadgateError {
  return new HeadgateError({
    code: 'NEWER_FORMAT',
    path,
    problem: `The folder was written by ${writer ?? 'a later version'}, and this is headgate ${VERSION}, which cannot read it rightly.`,
    expected,
    received,
    mend: 'Load it with the version that wrote it, or a later one.',
  });
}

function invalidFile(path: string, problem: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_MODEL_FILE',
    path,
    problem,
    mend: 'Save the model again with this version of Headgate.',
  });
}

export function fingerprint(bytes: Uint8Array): FileRecord {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
