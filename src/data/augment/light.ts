/** @file A picture becomes lighter or darker, flatter or harsher. */
import { number, readOptions } from '../../options.js';
import type { Augmentation, Picture } from './augmentation.js';

export interface LightOptions {
  /** At most by this share, up or down, each value as likely. */
  readonly most: number;
}

const brightnessSchema = { most: number({ least: 0 }) };
const contrastSchema = { most: number({ least: 0, most: 1 }) };

/**
 * Adds to all values a share of white, from -most to most. Bytes stay within 0..255.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example brightness({ most: 0.2 })
 */
export function brightness(options: LightOptions): Augmentation {
  const { most } = readOptions('brightness', brightnessSchema, options);
  return Object.freeze<Augmentation>({
    name: 'brightness',
    movesPoints: false,
    apply: (picture, { uniform }) => {
      const more = (2 * uniform() - 1) * most * picture.full;
      each(picture, (value) => value + more);
      return null;
    },
  });
}

/**
 * Multiplies by a factor from 1 - most to 1 + most how far each value lies from the picture's mean. Bytes stay within 0..255.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example contrast({ most: 0.2 })
 */
export function contrast(options: LightOptions): Augmentation {
  const { most } = readOptions('contrast', contrastSchema, options);
  return Object.freeze<Augmentation>({
    name: 'contrast',
    movesPoints: false,
    apply: (picture, { uniform }) => {
      const factor = 1 + (2 * uniform() - 1) * most;
      const mean = meanOf(picture);
      each(picture, (value) => mean + (value - mean) * factor);
      return null;
    },
  });
}

function meanOf({ values }: Picture): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/** Of bytes, each of the 256 is looked at once. */
function each({ values }: Picture, change: (value: number) => number): void {
  if (values instanceof Uint8Array) {
    const changed = new Uint8ClampedArray(256);
    for (let byte = 0; byte < 256; byte++) changed[byte] = change(byte);
    for (let i = 0; i < values.length; i++) values[i] = changed[values[i] as number] as number;
  } else {
    for (let i = 0; i < values.length; i++) values[i] = change(values[i] as number);
  }
}
