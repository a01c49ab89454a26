/** @file The decoder, `sharp`, which is loaded when the first image is asked for. */
import type sharp from 'sharp';
import { HeadgateError } from '../../errors.js';

export type Decoder = typeof sharp;

let loading: Promise<Decoder> | undefined;

/**
 * Settings of `sharp` hold for the whole process: it reads JPEG, PNG and WebP only (SVG and PDF render, and more formats
 * are more code that strangers' files reach), keeps nothing, and decodes each image in one thread, several at a time.
 *
 * @throws HeadgateError `MISSING_PACKAGE` where its binaries for this platform are not installed
 */
export function loadDecoder(): Promise<Decoder> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Decoder> {
  const { default: decoder } = await import('sharp').catch((cause: unknown) => {
    throw new HeadgateError(
      {
        code: 'MISSING_PACKAGE',
        path: 'sharp',
        problem: 'Images are decoded by the package "sharp", which could not be loaded.',
        received: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
        mend: 'Install it with its optional packages: npm install --include=optional sharp.',
      },
      { cause },
    );
  });
  decoder.block({ operation: ['VipsForeignLoad'] });
  decoder.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] });
  decoder.concurrency(1);
  decoder.cache(false);
  return decoder;
}
