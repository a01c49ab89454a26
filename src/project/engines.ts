/** @file Which engine a verb runs on, and what happens when that engine cannot run the network. */
import type { Engine } from '../engine/engine.js';
import { createEngine } from '../engine/select.js';
import { HeadgateError } from '../errors.js';
import { note } from '../notes.js';
import type { NoteCollector } from './notes/channel.js';
import type { EngineChoice } from './options/engine.js';

/** What an engine says of a network that another one may run. */
const CANNOT_RUN = new Set([
  'DATA_READ_IN_STEP',
  'ENGINE_UNAVAILABLE',
  'RANDOM_IN_STEP',
  'UNSUPPORTED_DTYPE',
  'UNSUPPORTED_KERNEL',
  'VARIABLE_IN_STEP',
]);

/**
 * Runs `f` on the engine; on the fallback, if the user named one, when the engine cannot run what `f` compiles. `f` is
 * then called again, and goes on where it stopped.
 */
export async function withEngine<T>(
  { engine, fallback, threads, spinning }: EngineChoice,
  notes: NoteCollector,
  f: (engine: Engine) => Promise<T>,
): Promise<T> {
  try {
    return await f(await createEngine(engine, { threads, spinning }));
  } catch (error) {
    if (fallback === undefined || !(error instanceof HeadgateError) || !CANNOT_RUN.has(error.code)) throw error;
    notes.add(note('ENGINE_FALLBACK', error.path, `${error.code}: ${error.problem}. Going on with "${fallback}".`));
    return f(await createEngine(fallback, { threads, spinning }));
  }
}
