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

/** Where the middle of each pixel comes from: before which value of the axis, how far the next is, and how near that. */
interface Samples {
  readonly first: Int32Array;
  readonly step: Int32Array;
  readonly weight: Float64Array;
}

/** @param stride values from one pixel of the axis to the next */
function samples(length: number, start: number, share: number, stride: number): Samples {
  const [first, step, weight] = [new Int32Array(length), new Int32Array(length), new Float64Array(length)];
  for (let to = 0; to < length; to++) {
    const at = Math.max(0, Math.min(length - 1, start + (to + 0.5) * share - 0.5));
    const low = Math.floor(at);
    first[to] = low * stride;
    step[to] = low + 1 < length ? stride : 0;
    weight[to] = at - low;
  }
  return { first, step, weight };
}

/** Bilinear: each value is drawn from the four around where it comes from. */
function stretch({ values, height, width, channels }: Picture, { share, left, top }: Part): void {
  const from = values.slice();
  const half = values instanceof Uint8Array ? 0.5 : 0; // bytes are rounded: what is written to them is cut off
  const columns = samples(width, left, share, channels);
  const rows = samples(height, top, share, width * channels);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const [upper, down, low] = [rows.first[y] as number, rows.step[y] as number, rows.weight[y] as number];
    for (let x = 0; x < width; x++) {
      const [right, near] = [columns.step[x] as number, columns.weight[x] as number];
      const corner = upper + (columns.first[x] as number);
      for (let i = corner; i < corner + channels; i++) {
        const [a, b] = [from[i] as number, from[i + right] as number];
        const [c, d] = [from[i + down] as number, from[i + down + right] as number];
        const above = a + (b - a) * near;
        const below = c + (d - c) * near;
        values[at++] = above + (below - above) * low + half;
      }
    }
  }
}
