/** @file Each value of a picture is changed by itself. */
import { number, readOptions } from '../../options.js';
import { normals } from '../../random.js';
import type { Augmentation } from './augmentation.js';

export interface NoiseOptions {
  /** Of what is added, as a share of white. */
  readonly deviation: number;
}

const schema = { deviation: number({ least: 0 }) };

/**
 * Adds a normal number to each value of each channel. Bytes stay within 0..255.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example noise({ deviation: 0.02 })
 */
export function noise(options: NoiseOptions): Augmentation {
  const { deviation } = readOptions('noise', schema, options);
  return Object.freeze<Augmentation>({
    name: 'noise',
    movesPoints: false,
    apply: ({ values, full }, { stream }) => {
      const drawn = normals(stream(), values.length);
      const size = deviation * full;
      const isBytes = values instanceof Uint8Array;
      for (let i = 0; i < values.length; i++) {
        const value = (values[i] as number) + (drawn[i] as number) * size;
        values[i] = isBytes ? Math.max(0, Math.min(255, Math.round(value))) : value;
      }
      return null;
    },
  });
}
