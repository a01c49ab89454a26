/** @file The version of this package, as files name their writer. A test holds it to package.json. */
export const VERSION = '0.1.0';
