/** @file Image files as pixels: what is exact, what is turned upright, what is refused. */
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { HeadgateError, type ImageTransform, imagesIn } from '../../../src/index.js';
import { bomb, noise, png, raw, svg } from './files.js';

async function pixelsOf(bytes: Uint8Array, options: Partial<ImageTransform> = {}): Promise<number[]> {
  const source = await imagesIn([{ photo: bytes }], { column: 'photo', height: 2, width: 2, ...options });
  const column = (await source.rowsAt(Uint32Array.of(0))).column('image');
  if (column.type !== 'tensor') throw new Error(column.type);
  expect(column.values).toBeInstanceOf(Uint8Array);
  expect(column.shape).toEqual([options.height ?? 2, options.width ?? 2, options.channels ?? 3]);
  return [...column.values];
}

const rgb = [0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 220];

test('pixels of a PNG of that size are its own', async () => {
  expect(await pixelsOf(await png(rgb, 2, 2))).toEqual(rgb);
  expect(await pixelsOf(await raw(rgb, 2, 2).webp({ lossless: true }).toBuffer())).toEqual(rgb);
  expect(await pixelsOf(await raw(rgb, 2, 2).png({ palette: true }).toBuffer())).toEqual(rgb);
});

test('grey stays grey, and is all three channels alike where three are asked for', async () => {
  const grey = await raw([0, 50, 100, 255], 2, 2).toColourspace('b-w').png().toBuffer();
  expect((await sharp(grey).metadata()).channels).toBe(1);
  expect(await pixelsOf(grey, { channels: 1 })).toEqual([0, 50, 100, 255]);
  expect(await pixelsOf(grey)).toEqual([0, 50, 100, 255].flatMap((value) => [value, value, value]));
});

test('16 bits become the upper 8', async () => {
  const deep = Uint16Array.from([0, 0xffff, 0x6400, 0x0703, 0, 0, 0, 0, 0, 0, 0, 0x80ff]);
  const bytes = await sharp(deep, { raw: { width: 2, height: 2, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  expect((await sharp(bytes).metadata()).depth).toBe('ushort');
  expect(await pixelsOf(bytes)).toEqual([0, 0xff, 0x64, 7, 0, 0, 0, 0, 0, 0, 0, 0x80]);
});

test('transparent pixels show the background', async () => {
  const bytes = await png([200, 100, 50, 0, 200, 100, 50, 255, 1, 2, 3, 255, 200, 100, 50, 0], 2, 2);
  expect(await pixelsOf(bytes)).toEqual([0, 0, 0, 200, 100, 50, 1, 2, 3, 0, 0, 0]);
  const white = await pixelsOf(bytes, { background: 'white' });
  expect(white).toEqual([255, 255, 255, 200, 100, 50, 1, 2, 3, 255, 255, 255]);
  const half = await pixelsOf(await png([200, 100, 50, 128], 1, 1), { height: 1, width: 1 });
  for (const [i, value] of [200, 100, 50].entries())
    expect(Math.abs((half[i] ?? 0) - (value * 128) / 255)).toBeLessThan(1);
});

test('the orientation of the file is applied', async () => {
  const turned = await raw(rgb, 2, 2).withMetadata({ orientation: 6 }).png().toBuffer(); // a quarter clockwise
  expect(await pixelsOf(turned)).toEqual([...rgb.slice(6, 9), ...rgb.slice(0, 3), ...rgb.slice(9), ...rgb.slice(3, 6)]);
  const jpeg = await raw(noise(8 * 4 * 3), 8, 4)
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const upright = await sharp(jpeg).autoOrient().removeAlpha().raw().toBuffer();
  expect(await pixelsOf(jpeg, { height: 8, width: 4 })).toEqual([...upright]);
});

test('fit: cuts off, adds bars, stretches', async () => {
  const wide = await png([10, 20, 30, 40], 4, 1);
  expect(await pixelsOf(wide, { height: 1, width: 2, channels: 1 })).toEqual([20, 30]);
  const bars = { height: 3, width: 4, channels: 1, fit: 'contain' } as const;
  expect(await pixelsOf(wide, bars)).toEqual([0, 0, 0, 0, 10, 20, 30, 40, 0, 0, 0, 0]);
  const white = await pixelsOf(wide, { ...bars, background: 'white' });
  expect(white).toEqual([255, 255, 255, 255, 10, 20, 30, 40, 255, 255, 255, 255]);
  const stretched = await pixelsOf(await png([7, 7, 7, 7], 4, 1), { ...bars, fit: 'fill' });
  expect(stretched).toEqual(new Array<number>(12).fill(7));
});

test('resized as PIL does it by BILINEAR: nothing overshoots; its last row and column are rounded otherwise', async () => {
  const pixels = Array.from({ length: 100 }, (_, i) => {
    const [x, y] = [i % 10, Math.floor(i / 10)];
    return (Math.floor(x / 3) + Math.floor(y / 4)) % 2 === 1 ? 255 : 20 + 6 * x + 3 * y;
  });
  // Image.fromarray(pixels).resize((4, 4), Image.BILINEAR) by Pillow 12.3
  const pillow = [39, 202, 139, 128, 124, 163, 156, 159, 239, 110, 178, 200, 111, 181, 160, 159];
  const options = { height: 4, width: 4, channels: 1 } as const;
  const own = await pixelsOf(await raw(pixels, 10, 10).toColourspace('b-w').png().toBuffer(), options);
  for (const [i, value] of own.entries()) {
    const isEdge = i % 4 === 3 || i >= 12;
    expect(Math.abs(value - (pillow[i] ?? Number.NaN))).toBeLessThanOrEqual(isEdge ? 16 : 3);
  }
});

test('a JPEG is what the decoder says it is', async () => {
  const jpeg = await raw(noise(16 * 16 * 3), 16, 16)
    .jpeg({ quality: 95 })
    .toBuffer();
  const own = await sharp(jpeg).raw().toBuffer();
  expect(await pixelsOf(jpeg, { height: 16, width: 16 })).toEqual([...own]);
});

const photo = () => raw(noise(64 * 48 * 3), 64, 48);

test.each<[string, () => Promise<Uint8Array>, RegExp]>([
  ['a JPEG without its last 3 bytes', async () => cut(await photo().jpeg().toBuffer(), 3), /premature end of JPEG/],
  ['half a JPEG', async () => cut(await photo().jpeg().toBuffer(), 3000), /premature end of JPEG/],
  ['a PNG that is cut off', async () => cut(await photo().png().toBuffer(), 30), /png/i],
  ['a WebP that is cut off', async () => cut(await photo().webp().toBuffer(), 30), /webp/i],
  ['a PNG with one bit turned over', async () => flipped(await photo().png().toBuffer()), /png/i],
  ['a header of 3.6 billion pixels', bomb, /exceeds pixel limit/],
  ['no bytes', async () => new Uint8Array(0), /it is empty/],
  ['an SVG', async () => new TextEncoder().encode(svg), /another format/],
  ['a GIF', async () => Buffer.from('R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=', 'base64'), /another format/],
  ['the signature of a JPEG and nothing else', async () => Uint8Array.of(0xff, 0xd8, 0xff), /./],
])('%s is refused, and the row named', async (_, make, reason) => {
  const sound = await png(rgb, 2, 2);
  const rows = [{ photo: sound }, { photo: await make() }];
  const source = await imagesIn(rows, { column: 'photo', height: 2, width: 2 });
  const error = await Promise.resolve(source.rowsAt(Uint32Array.of(0, 1))).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HeadgateError)) throw error;
  expect([error.code, error.path]).toEqual(['INVALID_IMAGE', 'rows[1].photo']);
  expect(error.received).toMatch(reason);
});

test('many at once: each reason is that of its own image', async () => {
  const sound = await photo().png().toBuffer();
  const kinds: readonly (readonly [Uint8Array, RegExp | null])[] = [
    [sound, null],
    [cut(await photo().jpeg().toBuffer(), 3), /premature end of JPEG/],
    [flipped(sound), /libpng/],
    [await bomb(), /exceeds pixel limit/],
    [sound, null],
  ];
  const rows = Array.from({ length: 60 }, (_, i) => kinds[(i * 7) % 5] as (typeof kinds)[number]); // one of five
  const options = { column: 'photo', height: 48, width: 64, onBadRow: 'skip' } as const;
  const { leftOut, counts } = await imagesIn(
    rows.map(([photo]) => ({ photo })),
    options,
  );
  expect(counts().decoded).toBe(24);
  const bad = [...rows.entries()].filter(([, [, reason]]) => reason !== null);
  expect(leftOut.map(({ row }) => row)).toEqual(bad.map(([row]) => row));
  for (const [i, [, [, reason]]] of bad.entries()) expect(leftOut[i]?.reason).toMatch(reason ?? /none/);
});

test('maxPixels: as many are read, one fewer is refused', async () => {
  const bytes = await photo().jpeg().toBuffer();
  expect(await pixelsOf(bytes, { maxPixels: 64 * 48 })).toHaveLength(12);
  await expect(pixelsOf(bytes, { maxPixels: 64 * 48 - 1 })).rejects.toThrow(/INVALID_IMAGE[\s\S]*pixel limit/);
});

test('the decoder itself reads no SVG from then on', async () => {
  await pixelsOf(await png(rgb, 2, 2));
  await expect(sharp(Buffer.from(svg)).raw().toBuffer()).rejects.toThrow(/unsupported image format/);
  expect(sharp.concurrency()).toBe(1);
});

function cut(bytes: Uint8Array, count: number): Uint8Array {
  return bytes.subarray(0, bytes.length - count);
}

function flipped(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (i === 600 ? byte ^ 1 : byte));
}
