/** @file The folder that `save` writes and `load` reads. */
import { text } from '../../options.js';

/** A path on this machine. */
export const folderPath = text;
