/** @file Which engine a verb runs on, and what happens when that engine cannot run the network. */
import type { Engine } from '../engine/engine.js';
import { createEngine, type EngineName } from '../engine/select.js';
import { HeadgateError } from '../errors.js';

export interface EngineOptions {
  /** Default: the environment variable HEADGATE_ENGINE, else the package's default. */
  readonly engine?: EngineName;
  /** The engine to go on with, with one warning, when the first cannot run this network. Default: none, an error. */
  readonly fallback?: EngineName;
}

/** What an engine says of a network that another one may run. */
const CANNOT_RUN = new Set([
  'DATA_READ_IN_STEP',
  'ENGINE_UNAVAILABLE',
  'RANDOM_IN_STEP',
  'UNSUPPORTED_DTYPE',
  'UNSUPPORTED_KERNEL',
  'VARIABLE_IN_STEP',
]);

/** Runs `f` on the engine; on the fallback, if the user named one, when the engine cannot run what `f` compiles. */
export async function withEngine<T>(
  { engine, fallback }: EngineOptions,
  f: (engine: Engine) => Promise<T>,
): Promise<T> {
  try {
    return await f(await createEngine(engine));
  } catch (error) {
    if (fallback === undefined || !(error instanceof HeadgateError) || !CANNOT_RUN.has(error.code)) throw error;
    process.emitWarning(`${error.message}\nGoing on with the engine "${fallback}".`, { code: 'HEADGATE_FALLBACK' });
    return f(await createEngine(fallback));
  }
}
