/** @file The options of `new Project` and `Project.from`. */
import type { OnNote } from '../../notes.js';
import {
  callback,
  group,
  isRecord,
  type Option,
  type OptionsOf,
  option,
  optional,
  text,
  wholeNumber,
  withDefault,
} from '../../options.js';
import { declaredSchema } from '../../pathways/assign/settings.js';
import { scheduled } from '../../pathways/sparsify/require-schedule.js';

const settings = group(declaredSchema);

const pathways: Option<OptionsOf<typeof declaredSchema>> = {
  expected: settings.expected,
  read: (given, path) => {
    const read = settings.read(given, path);
    scheduled(read, path); // what cannot go together is said where it is declared
    return read;
  },
};

export const networkSchema = {
  name: text,
  inputs: option('a record of inputs: { frame: image({ … }), … }', isRecord),
  backbone: optional(callback()),
  seed: withDefault(wholeNumber(), 0),
  pathways: optional(pathways),
  onNote: optional(callback<OnNote>()),
};

export const projectSchema = {
  ...networkSchema,
  tasks: option('a record of tasks: { doorOpen: binary(), … }', isRecord),
};
