/** @file What makes a text of pieces. */
import { flag, wholeNumber } from '../../../../options.js';
import { type Family, plain, replaceKind } from './component.js';
import { textOf } from './fields.js';

const some = textOf(1, 64);
const few = wholeNumber({ least: 0, most: 64 });

export const decoders: Family = {
  name: 'decoder',
  parts: 'decoders',
  kinds: new Map([
    ['ByteLevel', plain({})],
    ['WordPiece', plain({ prefix: textOf(0, 64), cleanup: flag })],
    ['Metaspace', plain({ replacement: some })],
    ['BPEDecoder', plain({ suffix: some })],
    ['ByteFallback', plain({})],
    ['Fuse', plain({})],
    ['Strip', plain({ content: some, start: few, stop: few })],
    ['Replace', replaceKind],
  ]),
};
