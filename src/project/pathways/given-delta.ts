/** @file A delta that is to be applied or reverted, and what of the weights it touches. */
import { loadDelta } from '../../deploy/delta-folder.js';
import type { HostTensors } from '../../engine/engine.js';
import { invalidOption } from '../../options.js';
import type { Model } from '../model.js';
import { folderPath } from '../options/folder.js';
import { contentsOf, weightDelta } from './weight-delta.js';

/** @throws HeadgateError `INVALID_OPTIONS` for what is no delta, and of a folder what `readDelta` throws */
export async function givenDelta(model: Model, delta: unknown, path: string) {
  const contents = contentsOf(delta);
  if (contents !== undefined) return contents;
  if (typeof delta !== 'string') {
    throw invalidOption(path, delta, { expected: 'what `pathways.delta` or `readDelta` gave, or the folder of one' });
  }
  const folder = folderPath.read(delta, path);
  const read = contentsOf(weightDelta(await model.disk.take(() => loadDelta(folder))));
  if (read === undefined) throw new Error('a delta that was just made is none');
  return read;
}

/** Of these parameters alone. */
export function only(values: HostTensors, names: readonly string[]): HostTensors {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}
