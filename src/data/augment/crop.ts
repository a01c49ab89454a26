/** @file A part of a picture is stretched to the whole of it. */
import { number, readOptions } from '../../options.js';
import type { Augmentation, Picture } from './augmentation.js';

export interface CropOptions {
  /** The least share of each side that is kept, above 0; the share is drawn evenly from there to 1. */
  readonly least: number;
}

const schema = { least: number({ above: 0, most: 1 }) };

/**
 * Cuts out a part of the picture's own shape, at any place as likely, and stretches it to the whole (bilinear).
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example crop({ least: 0.8 })
 */
export function crop(options: CropOptions): Augmentation {
  const { least } = readOptions('crop', schema, options);
  return Object.freeze<Augmentation>({
    name: 'crop',
    movesPoints: least < 1,
    apply: (picture, { uniform }) => {
      const share = least + uniform() * (1 - least);
      const [left, top] = [uniform() * (1 - share) * picture.width, uniform() * (1 - share) * picture.height];
      if (share === 1) return null;
      stretch(picture, { share, left, top });
      return { x: { scale: 1 / share, offset: -left / share }, y: { scale: 1 / share, offset: -top / share } };
    },
  });
}

interface Part {
  readonly share: number;
  /** Pixels from the picture's edges. */
  readonly left: number;
  readonly top: number;
}

/** Where the middle of each pixel comes from, between which two pixels, and how near the second. */
function samples(length: number, start: number, share: number) {
  return Array.from({ length }, (_, to) => {
    const at = Math.max(0, Math.min(length - 1, start + (to + 0.5) * share - 0.5));
    const low = Math.floor(at);
    return { low, high: Math.min(length - 1, low + 1), weight: at - low };
  });
}

function stretch({ values, height, width, channels }: Picture, { share, left, top }: Part): void {
  const from = values.slice();
  const isBytes = values instanceof Uint8Array;
  const columns = samples(width, left, share);
  let at = 0;
  for (const { low: upper, high: lower, weight: down } of samples(height, top, share)) {
    for (const { low, high, weight } of columns) {
      for (let channel = 0; channel < channels; channel++) {
        const pixel = (y: number, x: number) => from[(y * width + x) * channels + channel] as number;
        const above = pixel(upper, low) * (1 - weight) + pixel(upper, high) * weight;
        const below = pixel(lower, low) * (1 - weight) + pixel(lower, high) * weight;
        const value = above * (1 - down) + below * down;
        values[at++] = isBytes ? Math.round(value) : value;
      }
    }
  }
}
