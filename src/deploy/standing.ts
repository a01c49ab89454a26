/**
 * @file A folder as it stands: what is read of it is of one writer, whoever replaces it meanwhile, and of the one before
 * where a writer was cut off between its two renames.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { HeadgateError } from '../errors.js';
import { previousFolders } from '../files/atomic-folder.js';
import { readBounded } from '../files/bounded-file.js';
import { exists, type FileSystem, placeOf } from '../files/folder-place.js';

/** The kind of folder. */
export interface FolderKind {
  /** What it holds, for messages: `model`. */
  readonly what: string;
  /** The file that is read first. */
  readonly manifest: string;
  /** Its most bytes. */
  readonly maximum: number;
}

/** Times that a folder may be replaced while it is read. */
const ATTEMPTS = 100;
/** Looks at a folder without a manifest after which no writer can still be between two renames. */
const SURE = 8;

/**
 * What `read` makes of the folder.
 *
 * @throws HeadgateError `MODEL_NOT_FOUND`, `MODEL_CHANGING`, `LOAD_FAILED`, and what `read` throws
 */
export async function readStanding<T>(
  folder: string,
  kind: FolderKind,
  files: FileSystem,
  read: (path: string) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const before = await standing(folder, kind, files);
    const outcome = await attempted(() => read(before?.path ?? placeOf(folder).folder));
    const after = await standing(folder, kind, files);
    if (before?.identity === after?.identity) {
      // Without a manifest, a writer may have been between its renames both times.
      if (!before?.hasManifest && attempt < SURE) {
        await setTimeout(attempt);
        continue;
      }
      if (before === null) throw notFound(folder, kind);
      if ('value' in outcome) return outcome.value;
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

/** Where it stands now; null where it does not. */
async function standing(folder: string, kind: FolderKind, files: FileSystem): Promise<Standing | null> {
  const place = placeOf(folder);
  const paths = (await guard(place.folder, kind, () => exists(place.folder, files)))
    ? [place.folder]
    : await guard(place.folder, kind, () => previousFolders(place, files));
  for (const path of paths) {
    // A folder without a manifest stands too: what is wrong with it is for `read` to say.
    const manifest = await attempted(() => readBounded(join(path, kind.manifest), kind.maximum, files));
    const hasManifest = 'value' in manifest;
    const identity = hasManifest ? `${manifest.value.identity} ${Buffer.from(manifest.value.bytes)}` : '';
    if (path === place.folder || hasManifest) return { path, identity: `${path} ${identity}`, hasManifest };
  }
  return null;
}

type Attempt<T> = { readonly value: T } | { readonly error: unknown };

async function attempted<T>(run: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}

function notFound(folder: string, { what }: FolderKind): HeadgateError {
  return new HeadgateError({
    code: 'MODEL_NOT_FOUND',
    path: folder,
    problem: 'There is no such folder.',
    mend: `Give the folder that the ${what} was saved in; relative paths start at the working directory.`,
  });
}

/** Says where the disk refused. */
export async function guard<T>(path: string, { what, manifest }: FolderKind, read: () => Promise<T>): Promise<T> {
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
        mend: `A saved ${what} is a folder with ${manifest} and the files that it lists.`,
      },
      { cause },
    );
  }
}
