/** @file The verb `dispose`. */
import type { Lock } from '../lock.js';
import type { Model } from '../model.js';

/** Releases memory, once. See `Project.dispose`. @param model null when nothing has needed one yet */
export function dispose(lock: Lock, model: Model | null): void {
  if (lock.dispose()) model?.dispose();
}
