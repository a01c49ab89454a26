import { HeadgateError } from '../../src/index.js';

/** The HeadgateError that `run` throws. */
export function refusal(run: () => unknown): HeadgateError {
  try {
    run();
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
