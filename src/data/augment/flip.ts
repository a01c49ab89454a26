/** @file A picture is mirrored. */
import { number, oneOf, readOptions, withDefault } from '../../options.js';
import { type Augmentation, type Picture, withProbability } from './augmentation.js';

export interface FlipOptions {
  /** `horizontal` (default) exchanges left and right, `vertical` top and bottom. */
  readonly direction?: 'horizontal' | 'vertical';
  /** Default 0.5. */
  readonly probability?: number;
}

const schema = {
  direction: withDefault(oneOf(['horizontal', 'vertical']), 'horizontal'),
  probability: withDefault(number({ least: 0, most: 1 }), 0.5),
};

/**
 * Mirrors the picture: a point at x pixels from the left edge then lies at width - x.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example flip({ probability: 0.5 })
 */
export function flip(options: FlipOptions = {}): Augmentation {
  const { direction, probability } = readOptions('flip', schema, options);
  const isHorizontal = direction === 'horizontal';
  const flipped: Augmentation = {
    name: 'flip',
    movesPoints: true,
    apply: (picture) => {
      if (isHorizontal) {
        mirrorRows(picture);
        return { x: { scale: -1, offset: picture.width }, y: null };
      }
      mirrorColumns(picture);
      return { x: null, y: { scale: -1, offset: picture.height } };
    },
  };
  return withProbability(flipped, probability);
}

function mirrorRows({ values, height, width, channels }: Picture): void {
  const size = width * channels;
  for (let y = 0; y < height; y++) {
    let left = y * size;
    let right = left + size - channels;
    for (; left < right; left += channels, right -= channels) {
      for (let channel = 0; channel < channels; channel++) {
        const kept = values[left + channel] as number;
        values[left + channel] = values[right + channel] as number;
        values[right + channel] = kept;
      }
    }
  }
}

function mirrorColumns({ values, height, width, channels }: Picture): void {
  const size = width * channels;
  const kept = values.slice(0, size);
  for (let y = 0; y < Math.floor(height / 2); y++) {
    const [upper, lower] = [y * size, (height - 1 - y) * size];
    kept.set(values.subarray(upper, upper + size));
    values.copyWithin(upper, lower, lower + size);
    values.set(kept, lower);
  }
}
