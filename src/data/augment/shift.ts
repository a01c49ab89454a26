/** @file A picture is moved by whole pixels. */
import { either, number, oneOf, readOptions, wholeNumber, withDefault } from '../../options.js';
import type { Augmentation, Picture } from './augmentation.js';

export interface ShiftOptions {
  /** Pixels to the left or right at most, and up or down. Default 0. */
  readonly x?: number;
  readonly y?: number;
  /** What comes in at the sides: the picture's `edge` (default), or a share of white, 0 for black. */
  readonly fill?: 'edge' | number;
}

const schema = {
  x: withDefault(wholeNumber({ least: 0 }), 0),
  y: withDefault(wholeNumber({ least: 0 }), 0),
  fill: withDefault(either(oneOf(['edge']), number({ least: 0, most: 1 })), 'edge'),
};

/**
 * Moves the picture by a whole number of pixels, each from -x to x (and -y to y) as likely.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example shift({ x: 4, y: 4 })
 */
export function shift(options: ShiftOptions): Augmentation {
  const { x, y, fill } = readOptions('shift', schema, options);
  return Object.freeze<Augmentation>({
    name: 'shift',
    movesPoints: x > 0 || y > 0,
    apply: (picture, { uniform }) => {
      const right = Math.floor(uniform() * (2 * x + 1)) - x;
      const down = Math.floor(uniform() * (2 * y + 1)) - y;
      if (right === 0 && down === 0) return null;
      moveBy(picture, right, down, fill);
      const along = (offset: number) => (offset === 0 ? null : { scale: 1, offset });
      return { x: along(right), y: along(down) };
    },
  });
}

function moveBy(
  { values, height, width, channels, full }: Picture,
  right: number,
  down: number,
  fill: 'edge' | number,
) {
  const size = width * channels;
  const from = values.slice();
  const inside = (at: number, length: number) => Math.max(0, Math.min(length - 1, at));
  const color = fill === 'edge' ? 0 : fill * full;
  const kept = Math.max(0, width - Math.abs(right)); // of a row
  const [first, source] = right > 0 ? [right, 0] : [0, -right];
  for (let y = 0; y < height; y++) {
    const isOutside = y - down < 0 || y - down >= height;
    const row = from.subarray(inside(y - down, height) * size).subarray(0, size);
    const to = values.subarray(y * size, (y + 1) * size);
    if (fill !== 'edge' && (isOutside || kept === 0)) {
      to.fill(color);
      continue;
    }
    to.set(row.subarray(source * channels, (source + kept) * channels), Math.min(first, width) * channels);
    for (let x = 0; x < width; x++) {
      if (x >= first && x < first + kept) continue;
      const edge = inside(x - right, width) * channels;
      for (let c = 0; c < channels; c++) to[x * channels + c] = fill === 'edge' ? (row[edge + c] as number) : color;
    }
  }
}
