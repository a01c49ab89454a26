/** @file The verb `load`. */
import { readOptions } from '../../options.js';
import type { Model } from '../model.js';
import { noteSchema } from '../options/engine.js';
import { folderPath } from '../options/folder.js';

/** Reads what `save` wrote: all of it, or nothing changes. See `Project.load`. */
export function load(model: Model, folder: unknown, given: unknown): Promise<void> {
  return model.lock.changing('load', async () => {
    const path = folderPath.read(folder, 'load.folder');
    const notes = model.notes.open(readOptions('load', noteSchema, given).onNote);
    const saved = await model.disk.take(async () =>
      (await import('../../deploy/load.js')).load(path, model.declared()),
    );
    notes.add(saved.notes); // first: a listener that throws ends the verb, and nothing has changed
    model.restore(saved);
  });
}
