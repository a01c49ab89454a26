/** @file Reads a delta from its folder. */
import { folderPath } from '../options/folder.js';
import type { WeightDelta } from './weight-delta.js';

/**
 * Reads a delta that `delta.save` wrote, from a folder that may come from anybody: data, checked, and no code.
 *
 * @throws HeadgateError `MODEL_NOT_FOUND`, `NEWER_FORMAT`, `UNKNOWN_FILE`, `FILE_TOO_LARGE`, `NOT_A_FILE`, `LOAD_FAILED`,
 *   `CHECKSUM_MISMATCH`, `INVALID_JSON`, `INVALID_MODEL_FILE`, `INVALID_SAFETENSORS`, `INVALID_DELTA`, `MODEL_CHANGING`,
 *   `INVALID_OPTIONS`
 * @example
 * const delta = await readDelta('runs/face');
 * delta.print();
 */
export async function readDelta(folder: string): Promise<WeightDelta> {
  const path = folderPath.read(folder, 'readDelta.folder');
  const [{ loadDelta }, { weightDelta }] = await Promise.all([
    import('../../deploy/delta-folder.js'),
    import('./weight-delta.js'),
  ]);
  return weightDelta(await loadDelta(path));
}
