/** @file The verb `fitTasks`. */
import type { DataLike } from '../../data/data-like.js';
import { invalidOption } from '../../options.js';
import type { History } from '../../train/history.js';
import type { Model } from '../model.js';
import { tasksAt } from '../pathways/ways.js';
import { fit as fitModel } from './fit.js';

/** Trains some tasks; the others stay as they are. See `Project.fitTasks`. */
export async function fitTasks(model: Model, tasks: unknown, data: DataLike, options: unknown): Promise<History> {
  if (!Array.isArray(tasks) || tasks.length === 0 || tasks.some((path) => typeof path !== 'string')) {
    throw invalidOption('fitTasks.tasks', tasks, { expected: 'paths of tasks or flows, at least one' });
  }
  const paths = new Set(tasks.flatMap((path: string) => tasksAt(model.flow, path, 'fitTasks.tasks')));
  const indices = model.flow.tasks.flatMap(({ path }, index) => (paths.has(path) ? [index] : []));
  return fitModel(model, data, options, new Set(indices));
}
