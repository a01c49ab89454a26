/** @file Everything that a user imports. */
export { HeadgateError, type ErrorFacts } from './errors.js';
export { tf } from './tf.js';
