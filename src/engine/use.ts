/** @file Who may use a state when: one step at a time, and nothing after the end. */
import { type ErrorCode, HeadgateError } from '../errors.js';

export interface Use {
  /** Throws `DISPOSED`. */
  readonly requireLive: () => void;
  /** Throws `DISPOSED`, or `ENGINE_BUSY` while a step runs on the state. */
  readonly requireIdle: () => void;
  /** A step takes the state, until `end`. Throws as `requireIdle`. */
  readonly begin: () => void;
  readonly end: () => void;
  /** True for the call that ends the use; later ones do nothing. Throws `ENGINE_BUSY`. */
  readonly dispose: () => boolean;
}

export function createUse(engine: string): Use {
  let busy = false;
  let disposed = false;
  const requireLive = (): void => {
    if (disposed) throw misuse('DISPOSED', engine, 'this state was disposed');
  };
  const requireIdle = (): void => {
    requireLive();
    if (busy) throw misuse('ENGINE_BUSY', engine, 'a step is still running on this state', 'Await it first.');
  };
  return {
    requireLive,
    requireIdle,
    begin: () => {
      requireIdle();
      busy = true;
    },
    end: () => {
      busy = false;
    },
    dispose: () => {
      if (disposed) return false;
      requireIdle();
      disposed = true;
      return true;
    },
  };
}

export function misuse(code: ErrorCode, engine: string, problem: string, mend?: string): HeadgateError {
  return new HeadgateError({ code, path: `engine ${engine}`, problem, ...(mend === undefined ? {} : { mend }) });
}
