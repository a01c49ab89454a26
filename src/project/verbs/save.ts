/** @file The verb `save`. */
import { readOptions } from '../../options.js';
import type { Model } from '../model.js';
import { neverTrained } from '../notes/weights.js';
import { noteSchema } from '../options/engine.js';
import { folderPath } from '../options/folder.js';

/** Writes flow, weights and thresholds into a folder. See `Project.save`. */
export function save(model: Model, folder: unknown, given: unknown): Promise<void> {
  return model.lock.reading('save', async () => {
    const path = folderPath.read(folder, 'save.folder');
    const notes = model.notes.open(readOptions('save', noteSchema, given).onNote);
    const snapshot = model.snapshot();
    if (snapshot.isDrawn) notes.add(neverTrained(model.name));
    const saved = model.saved(snapshot);
    // File formats are loaded when they are needed: most programs that import the package write no model.
    await model.disk.take(async () => (await import('../../deploy/save.js')).save(path, saved));
  });
}
