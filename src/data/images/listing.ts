/** @file Which images a folder holds, below folders of any depth, in an order that no file system decides. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { HeadgateError } from '../../errors.js';
import { type Root, realPath, unreadable } from './within.js';

export interface Listing {
  /** Paths below the root, with `/` on every platform, by their code units. */
  readonly images: readonly string[];
  /** Files whose names are those of no image. */
  readonly others: readonly string[];
}

const IMAGE = /\.(jpe?g|png|webp)$/i;

/**
 * A link is followed, where it stays within the root or `allowOutside` is set.
 *
 * @throws HeadgateError `UNREADABLE_FILE`, `OUTSIDE_ROOT`
 */
export async function listImages(root: Root): Promise<Listing> {
  const images: string[] = [];
  const others: string[] = [];
  const walk = async (folder: string, above: readonly string[]): Promise<void> => {
    for (const entry of await entriesOf(root, folder)) {
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const linked = entry.isSymbolicLink() ? await targetOf(root, file, above) : null;
      if (linked?.isDirectory ?? entry.isDirectory())
        await walk(file, linked === null ? above : [...above, linked.real]);
      else (IMAGE.test(entry.name) ? images : others).push(file);
    }
  };
  await walk('', [root.real]);
  return { images: images.sort(byUnits), others: others.sort(byUnits) };
}

async function entriesOf(root: Root, folder: string): Promise<Dirent[]> {
  try {
    return await readdir(path.join(root.folder, folder), { withFileTypes: true });
  } catch (cause) {
    throw unreadable(path.join(root.folder, folder), cause);
  }
}

async function targetOf(root: Root, file: string, above: readonly string[]) {
  const real = await realPath(root, file);
  const isDirectory = (await stat(real)).isDirectory();
  if (isDirectory && above.some((folder) => folder === real || folder.startsWith(real + path.sep))) {
    throw new HeadgateError({
      code: 'UNREADABLE_FILE',
      path: file,
      problem: 'This link leads to a folder that it lies in: there would be no end.',
      received: file,
      mend: 'Remove the link.',
    });
  }
  return { real, isDirectory };
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
