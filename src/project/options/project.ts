/** @file The options of `new Project` and `Project.from`. */
import type { OnNote } from '../../notes.js';
import { callback, group, isRecord, option, optional, text, wholeNumber, withDefault } from '../../options.js';
import { settingsSchema } from '../../pathways/assign/settings.js';

export const networkSchema = {
  name: text,
  inputs: option('a record of inputs: { frame: image({ … }), … }', isRecord),
  backbone: optional(callback()),
  seed: withDefault(wholeNumber(), 0),
  pathways: optional(group(settingsSchema)),
  onNote: optional(callback<OnNote>()),
};

export const projectSchema = {
  ...networkSchema,
  tasks: option('a record of tasks: { doorOpen: binary(), … }', isRecord),
};
