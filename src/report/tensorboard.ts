/** @file A watcher that writes a fit as TensorBoard reads it; docs/tensorboard.md lists the tags. */
import { optional, readOptions, text, wholeNumber } from '../options.js';
import type { FitControl, Watcher } from '../train/watchers/watcher.js';
import { epochScalars } from './epoch-scalars.js';

export interface TensorBoardOptions {
  /** The folder of this run, made if need be. Each fit writes a new file in it. */
  readonly dir: string;
  /** Steps of the run between two points of `step/…`. Default: there are none of these. */
  readonly everySteps?: number | undefined;
}

const schema = { dir: text, everySteps: optional(wholeNumber({ least: 1 })) };

/**
 * Writes each epoch's losses, metrics, weights and rates, at the epoch's number; with `everySteps` also the running ones, at
 * the number of steps. Each point is on its way to the disk before the fit goes on, so that a process that is killed loses none.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; the fit throws `SAVE_FAILED` where the folder cannot be written to
 * @example
 * // of `project.fit(rows, { watchers })`; then, in a terminal: tensorboard --logdir runs
 * const watchers = [tensorBoard({ dir: 'runs/first', everySteps: 100 })];
 */
export function tensorBoard(options: TensorBoardOptions): Watcher {
  const { dir, everySteps } = readOptions('tensorBoard', schema, options);
  const writers = new WeakMap<FitControl, ScalarWriter>(); // one watcher may be handed to several fits at once
  return {
    name: 'tensorboard',
    on: async (event, fit) => {
      if (event.kind === 'begin') writers.set(fit, await openScalars(dir));
      const writer = writers.get(fit);
      if (event.kind === 'step' && everySteps !== undefined && event.total % everySteps === 0) {
        const { loss, learningRate, dataWait } = event;
        const running = { 'step/loss': loss, 'step/learning_rate': learningRate, 'step/data_wait': dataWait };
        await writer?.write(event.total, new Map(Object.entries(running)));
      }
      if (event.kind === 'epoch') await writer?.write(event.record.epoch, epochScalars(event.record));
      if (event.kind === 'end') await writer?.close();
    },
  };
}

interface ScalarWriter {
  readonly write: (step: number, scalars: ReadonlyMap<string, number>) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The format is loaded here: whoever does not use it does not wait for it. */
async function openScalars(dir: string): Promise<ScalarWriter> {
  const [{ createEventWriter }, { scalarValue }] = await Promise.all([
    import('../files/events/writer.js'),
    import('../files/events/values.js'),
  ]);
  const { write, close } = await createEventWriter(dir);
  return {
    write: (step, scalars) => {
      const values = Array.from(scalars, ([tag, value]) => scalarValue(tag, value));
      return write(step, values);
    },
    close,
  };
}
