/** @file The file that TensorBoard's own writer made (scripts/fixtures/make_tensorboard_fixture.py), and the same as Headgate's calls. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type EventValue,
  histogramValue,
  imageValue,
  scalarValue,
  textValue,
} from '../../../src/files/events/values.js';

const file = path.resolve(import.meta.dirname, '../../fixtures/tensorboard.json');
const fixture = JSON.parse(readFileSync(file, 'utf8')) as { readonly png: string; readonly file: string }; // as written there
const png = new Uint8Array(Buffer.from(fixture.png, 'base64'));

export const golden = new Uint8Array(Buffer.from(fixture.file, 'base64'));
/** Milliseconds since 1970. */
export const goldenTime = 1_700_000_000_250;
export const goldenEvents: readonly (readonly [step: number, value: EventValue])[] = [
  [1, scalarValue('loss/train/open', 0.1)],
  [300, scalarValue('zero', 0)],
  [2, histogramValue('weights', [-1, 0.25, 0.5, 0.5, 3], 4)],
  [2, histogramValue('alike', [2, 2], 3)],
  [2, histogramValue('none', [], 2)],
  [3, textValue('tree', '**open** çà')],
  [4, imageValue('worst', { width: 1, height: 1, png })],
];
