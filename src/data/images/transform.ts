/** @file What is made of every image: pixels of one size. */
import { type OptionsOf, oneOf, option, wholeNumber, withDefault } from '../../options.js';

export interface ImageTransform {
  /** Pixels of every row. */
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for RGB (sRGB). Default 3. */
  readonly channels?: 1 | 3;
  /**
   * How an image of another shape fits: `cover` (default) fills the size and cuts off what stands over, on both sides alike;
   * `contain` shows all of it with bars; `fill` stretches it.
   */
  readonly fit?: 'cover' | 'contain' | 'fill';
  /** What stands behind transparent pixels, and in bars. Default `black`. */
  readonly background?: 'black' | 'white';
  /** An image whose header says that it has more pixels is refused before any is decoded. Default 50 million. */
  readonly maxPixels?: number;
}

const axis = wholeNumber({ least: 1, most: 16_384 });

export const transformSchema = {
  height: axis,
  width: axis,
  channels: withDefault(
    option('1 or 3', (given): given is 1 | 3 => given === 1 || given === 3),
    3,
  ),
  fit: withDefault(oneOf(['cover', 'contain', 'fill']), 'cover'),
  background: withDefault(oneOf(['black', 'white']), 'black'),
  maxPixels: withDefault(wholeNumber({ least: 1 }), 50_000_000),
};

/** As it is used: every option has a value. */
export type Transform = OptionsOf<typeof transformSchema>;

/** Of a row of pixels, without the rows. */
export function shapeOf({ height, width, channels }: Transform): readonly [number, number, number] {
  return [height, width, channels];
}

/** A JPEG, PNG or WebP of as many pixels is not larger than they are raw, in 16 bits and with alpha, but for what else it holds. */
export function maximumBytes({ maxPixels }: Transform): number {
  return maxPixels * 8 + 2 ** 24;
}
