/** @file What makes a text of pieces. */
import { z } from 'zod';
import { type Family, plain, replaceKind } from './component.js';

const short = z.string().max(64);
const few = z.int().min(0).max(64);

export const decoders: Family = {
  name: 'decoder',
  parts: 'decoders',
  kinds: new Map([
    ['ByteLevel', plain({})],
    ['WordPiece', plain({ prefix: short, cleanup: z.boolean() })],
    ['Metaspace', plain({ replacement: short.min(1) })],
    ['BPEDecoder', plain({ suffix: short.min(1) })],
    ['ByteFallback', plain({})],
    ['Fuse', plain({})],
    ['Strip', plain({ content: short.min(1), start: few, stop: few })],
    ['Replace', replaceKind],
  ]),
};
