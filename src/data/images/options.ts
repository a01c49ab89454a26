/** @file Options of every source of images. */
import { flag, invalidOption, type Option, oneOf, optional, text, wholeNumber, withDefault } from '../../options.js';
import type { ChunkOptions } from '../sources/source.js';
import { type ImageTransform, transformSchema } from './transform.js';

export interface ImageSourceOptions extends ImageTransform, ChunkOptions {
  /** The column of pixels. Default `image`. */
  readonly as?: string;
  /**
   * `error` (default): a row whose image cannot be read ends what reads it, and is named. `skip`: opening the source
   * decodes all images once, and leaves out and tells the rows of those that cannot be; one that cannot be read later is an error.
   */
  readonly onBadRow?: 'error' | 'skip';
  /** A folder for decoded pixels, made where it is not there. An image whose pixels it has is not decoded again. */
  readonly cache?: string;
  /** Whether paths, and links, may lead out of the folder. Default false. */
  readonly allowOutside?: boolean;
  /** Greatest number of rows in a chunk. Default: as many as fill 32 MiB, at most 1024. */
  readonly chunkRows?: number;
}

const badRows = oneOf(['error', 'skip']);

const onBadRow: Option<'error' | 'skip'> = {
  expected: badRows.expected,
  read: (given, path) => {
    if (given !== 'missing') return badRows.read(given, path);
    throw invalidOption(path, given, {
      problem: 'an image that a network reads cannot be missing, and without it the labels of its row teach nothing',
      expected: badRows.expected,
      mend: "onBadRow: 'skip' leaves such rows out, counts them, and `leftOut` says which they are.",
    });
  },
};

export const imageSourceSchema = {
  ...transformSchema,
  as: withDefault(text, 'image'),
  onBadRow: withDefault(onBadRow, 'error'),
  cache: optional(text),
  allowOutside: withDefault(flag, false),
  chunkRows: optional(wholeNumber({ least: 1 })),
};

export interface ImagesInOptions extends ImageSourceOptions {
  /** The column of paths, or of bytes of image files (`Uint8Array`). */
  readonly column: string;
  /** The folder that paths start from. Needed for paths. */
  readonly root?: string;
}

/** With what the rows say themselves. */
export const imagesInSchema = { ...imageSourceSchema, column: text, root: optional(text) };
