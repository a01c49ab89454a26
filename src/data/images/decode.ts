/** @file Bytes of an image file become pixels, or an error that says why not. */
import { HeadgateError } from '../../errors.js';
import { type Decoder, loadDecoder } from './decoder.js';
import type { Transform } from './transform.js';
import { alone, beside } from './turns.js';

/**
 * Pixels of 8 bits, row-major `[height, width, channels]`, turned upright as the file's orientation says. Of an animation, the first picture.
 *
 * @param name of the image, for messages
 * @throws HeadgateError `INVALID_IMAGE` for what is no JPEG, PNG or WebP, is cut off or damaged, or has too many pixels
 */
export async function decodeImage(bytes: Uint8Array, transform: Transform, name: string): Promise<Uint8Array> {
  const format = formatOf(bytes);
  if (format === null) {
    const what = bytes.length === 0 ? 'it is empty' : 'its first bytes are those of another format';
    throw invalidImage(name, what);
  }
  const sharp = await loadDecoder();
  const once = () => decodeOnce(sharp, bytes, transform);
  try {
    // What cannot be decoded is decoded again, for the reason to be its own.
    return await beside(once).catch(() => alone(once));
  } catch (cause) {
    throw invalidImage(name, cause instanceof Error ? cause.message.trim() : String(cause), cause);
  }
}

/** Each pixel is the mean of the area that it stands for, with weights that fall linearly: PIL's and torchvision's `bilinear`. */
const KERNEL = 'linear';

/** What of this file decides the pixels, beside the transform: another one of it makes others. */
export const DECODING = KERNEL;

async function decodeOnce(sharp: Decoder, bytes: Uint8Array, transform: Transform): Promise<Uint8Array> {
  const { height, width, channels, fit, background, maxPixels } = transform;
  const { data, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels, autoOrient: true })
    .flatten({ background })
    .resize({ width, height, fit, background, kernel: KERNEL })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (data.length !== height * width * channels) throw new Error(`it decodes to ${info.channels} channels`);
  return data;
}

/** By its first bytes, whatever its name says: nothing else is handed to the decoder. */
function formatOf(bytes: Uint8Array): 'jpeg' | 'png' | 'webp' | null {
  const starts = (at: number, ...expected: readonly number[]) => expected.every((byte, i) => bytes[at + i] === byte);
  if (starts(0, 0xff, 0xd8, 0xff)) return 'jpeg';
  if (starts(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'png';
  if (starts(0, 0x52, 0x49, 0x46, 0x46) && starts(8, 0x57, 0x45, 0x42, 0x50)) return 'webp'; // RIFF….WEBP
  return null;
}

export function invalidImage(name: string, reason: string, cause?: unknown): HeadgateError {
  return new HeadgateError(
    {
      code: 'INVALID_IMAGE',
      path: name,
      problem: 'This is no image that can be read whole.',
      expected: 'a JPEG, PNG or WebP, complete, of at most `maxPixels` pixels',
      received: `${name}: ${reason}`,
      mend: "Mend or remove it, or leave such rows out: onBadRow: 'skip'.",
    },
    { cause },
  );
}
