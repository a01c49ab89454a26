/** @file The folder that `save` writes and `load` reads. */
import { invalidOption, type Option, text } from '../../options.js';

/** A path on this machine. The text of a URL is none, though `file:` would do as the name of a folder. */
export const folderPath: Option<string> = {
  expected: text.expected,
  read: (given, path) => {
    const folder = text.read(given, path);
    if (!/^[a-z][a-z\d+.-]+:\/\//i.test(folder)) return folder;
    throw invalidOption(path, given, {
      expected: 'a path, not a URL',
      mend: 'Turn a file URL into a path first: fileURLToPath(url), of node:url.',
    });
  },
};
