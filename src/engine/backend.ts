/** @file Chooses tfjs's backend, which is global to the process, for the length of one synchronous call. */
import { HeadgateError } from '../errors.js';
import { tf } from '../tf.js';

/**
 * Runs `f` with `backend` active and restores the one that was. `f` must be synchronous.
 *
 * @throws HeadgateError `ENGINE_UNAVAILABLE` when the backend is not registered or did not become active
 */
export function onBackend<T>(backend: string, f: () => T): T {
  const previous = current();
  if (previous === backend) return f();
  activate(backend);
  try {
    return f();
  } finally {
    activate(previous);
  }
}

/** Where tfjs stands; `cpu` before anything was computed, which is what tfjs itself would choose in Node. */
function current(): string {
  return tf.getBackend() || 'cpu';
}

/** `tf.setBackend` runs synchronously for an initialised backend, and answers false instead of throwing when it fails. */
function activate(backend: string): void {
  const instance: unknown = tf.findBackend(backend); // its type leaves out that it may be undefined
  if (instance !== null && instance !== undefined) {
    void tf.setBackend(backend);
    if (tf.getBackend() === backend && tf.backend() === instance) return;
  }
  throw unavailable(backend, `tfjs did not switch to its "${backend}" backend`);
}

export interface BackendStart {
  /** Name of the tfjs backend. */
  readonly backend: string;
  /** Registers the backend, for those that their package does not register on import. */
  readonly load?: () => Promise<unknown>;
  /** What to do when it does not start. */
  readonly mend: string;
}

let initialising: Promise<unknown> = Promise.resolve();

/**
 * Starts a backend and leaves tfjs's choice of backend as it was.
 *
 * @throws HeadgateError `ENGINE_UNAVAILABLE` when it does not start
 */
export function initialiseBackend({ backend, load, mend }: BackendStart): Promise<void> {
  // One at a time: tfjs drops an initialisation that another one overtakes.
  const result = initialising.then(async () => {
    const previous = current();
    try {
      await load?.();
      if (!(await tf.setBackend(backend))) throw new Error('tf.setBackend answered false');
    } catch (cause) {
      if (cause instanceof HeadgateError) throw cause;
      throw unavailable(backend, `the tfjs backend "${backend}" did not start: ${messageOf(cause)}`, mend, cause);
    } finally {
      activate(previous);
    }
  });
  initialising = result.catch(() => undefined);
  return result;
}

export function unavailable(engine: string, problem: string, mend?: string, cause?: unknown): HeadgateError {
  return new HeadgateError(
    { code: 'ENGINE_UNAVAILABLE', path: `engine ${engine}`, problem, ...(mend === undefined ? {} : { mend }) },
    { cause },
  );
}

export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  // The wasm backend rejects with a plain object.
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}
