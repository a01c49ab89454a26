/** @file A folder of images as a source: one row for each file. */
import { invalidOption, readOptions, text } from '../../options.js';
import type { ImageSource } from './image-source.js';
import { type ImageSourceOptions, imageSourceSchema } from './options.js';

/**
 * The JPEG, PNG and WebP files of a folder and of those below it, by their names, in the order of their paths. Columns: `image`,
 * pixels `[height, width, channels]` of 8 bits; `file`, the path below the folder; and, where there are folders in it,
 * `label`, the name of the first folder on the way, missing for a file that lies in none. Opening lists the files; images are
 * decoded when rows are read.
 *
 * @throws HeadgateError `UNREADABLE_FILE` for a folder that is not there, `OUTSIDE_ROOT` for a link that leads out of it,
 *   `EMPTY_DATASET`, `MISSING_PACKAGE`, `INVALID_OPTIONS`; at reading `INVALID_IMAGE`, `UNREADABLE_FILE`, `FILE_TOO_LARGE`,
 *   `OUTSIDE_ROOT`, `SAVE_FAILED` for a cache that cannot be written
 * @example
 * const photos = await imageFolder('data/photos', { height: 64, width: 64, cache: 'data/pixels' });
 * await project.fit(photos);
 */
export async function imageFolder(folder: string, options: ImageSourceOptions): Promise<ImageSource> {
  const read = readOptions('imageFolder', imageSourceSchema, options);
  const { as } = read;
  if (as === 'file' || as === 'label') {
    throw invalidOption('imageFolder.as', as, {
      expected: 'another name than those of the other columns: file, label',
    });
  }
  const { openFolder } = await import('./open-folder.js');
  return await openFolder(text.read(folder, 'imageFolder'), read);
}
