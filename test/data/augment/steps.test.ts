/** @file What each augmentation makes of pixels, beside references written without any of its code. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AxisMove, after, type Picture } from '../../../src/data/augment/augmentation.js';
import { drawsOf } from '../../../src/data/augment/draws.js';
import {
  type Augmentation,
  brightness,
  contrast,
  crop,
  type Draws,
  flip,
  HeadgateError,
  noise,
  shift,
  uniforms,
} from '../../../src/index.js';

const key = (seed: number) => ({ seed, stream: 'augment/frame/0', counter: 0 });

/** Draws these numbers, one after another. */
function drawing(...numbers: readonly number[]): Draws {
  const left = [...numbers];
  return {
    uniform: () => {
      const next = left.shift();
      if (next === undefined) throw new Error('more was drawn');
      return next;
    },
    stream: () => ({ seed: 7, stream: 'pixels', counter: 0 }),
  };
}

interface Size {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

function picture({ height, width, channels }: Size, values?: Picture['values']): Picture {
  const count = height * width * channels;
  const drawn = uniforms({ seed: count, stream: 'picture', counter: 0 }, count);
  return { height, width, channels, full: 255, values: values ?? Uint8Array.from(drawn, (draw) => draw * 256) };
}

const sizes = fc.record({
  height: fc.integer({ min: 1, max: 6 }),
  width: fc.integer({ min: 1, max: 7 }),
  channels: fc.constantFrom(1, 3, 4),
});

const at = ({ values, width, channels }: Picture, y: number, x: number, channel: number) =>
  values[(y * width + x) * channels + channel];

function eachPixel({ height, width, channels }: Size, see: (y: number, x: number, channel: number) => void): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) for (let channel = 0; channel < channels; channel++) see(y, x, channel);
}

test.each(['horizontal', 'vertical'] as const)('a %s flip: each pixel lies where a mirror has it', (direction) => {
  fc.assert(
    fc.property(sizes, (size) => {
      const before = picture(size);
      const flipped = { ...before, values: before.values.slice() };
      const move = flip({ direction, probability: 1 }).apply(flipped, drawing(0.5));
      const { height, width } = size;
      eachPixel(size, (y, x, channel) => {
        const [fromY, fromX] = direction === 'horizontal' ? [y, width - 1 - x] : [height - 1 - y, x];
        expect(at(flipped, y, x, channel)).toBe(at(before, fromY, fromX, channel));
      });
      const side = direction === 'horizontal' ? 'x' : 'y';
      expect(move).toEqual({ x: null, y: null, [side]: { scale: -1, offset: side === 'x' ? width : height } });
    }),
  );
});

test('as often as it says, and not at all with 0', () => {
  const own = flip({ probability: 0.25 });
  const small = () => picture({ height: 1, width: 2, channels: 1 }, Uint8Array.of(1, 2));
  expect(own.apply(small(), drawing(0.2499))).not.toBe(null);
  const kept = small();
  expect(own.apply(kept, drawing(0.25))).toBe(null);
  expect([...kept.values]).toEqual([1, 2]);
  expect(flip({ probability: 0 }).apply(small(), drawing(0))).toBe(null);
  let done = 0;
  for (let id = 0; id < 4000; id++) if (own.apply(small(), drawsOf(key(3), id)) !== null) done++;
  expect(Math.abs(done - 1000)).toBeLessThan(4 * Math.sqrt(4000 * 0.25 * 0.75)); // four deviations
});

test.each(['edge', 0, 0.5] as const)(
  'a shift filled by %s: each pixel comes from beside it, or from outside',
  (fill) => {
    const offsets = fc.record({ right: fc.integer({ min: -9, max: 9 }), down: fc.integer({ min: -9, max: 9 }) });
    fc.assert(
      fc.property(sizes, offsets, fc.boolean(), (size, { right, down }, isFloat) => {
        const bytes = picture(size);
        const before = isFloat ? { ...bytes, full: 1, values: Float32Array.from(bytes.values, (v) => v / 255) } : bytes;
        const shifted = { ...before, values: before.values.slice() };
        const draws = drawing((right + 9.5) / 19, (down + 9.5) / 19);
        const move = shift({ x: 9, y: 9, fill }).apply(shifted, draws);
        const { height, width } = size;
        const clamp = (place: number, length: number) => Math.max(0, Math.min(length - 1, place));
        eachPixel(size, (y, x, channel) => {
          const [fromY, fromX] = [y - down, x - right];
          const isInside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
          const color = fill === 'edge' ? undefined : Math.trunc(fill * before.full * 1e6) / 1e6;
          const outside = fill === 'edge' ? at(before, clamp(fromY, height), clamp(fromX, width), channel) : color;
          const expected = isInside ? at(before, fromY, fromX, channel) : outside;
          expect(at(shifted, y, x, channel)).toBe(isFloat || isInside ? expected : Math.trunc(expected ?? Number.NaN));
        });
        const along = (offset: number) => (offset === 0 ? null : { scale: 1, offset });
        expect(move).toEqual(right === 0 && down === 0 ? null : { x: along(right), y: along(down) });
      }),
      { numRuns: 200 },
    );
  },
);

test('a crop: a ramp stays a ramp, stretched; the middle of each pixel comes from where the move says', () => {
  const [height, width] = [8, 10];
  const ramp = picture(
    { height, width, channels: 2 },
    Float32Array.from({ length: height * width * 2 }, (_, i) => {
      const [pixel, channel] = [i >> 1, i & 1];
      return channel === 0 ? (pixel % width) + 0.5 : Math.floor(pixel / width) + 0.5; // x and y of its middle
    }),
  );
  const move = crop({ least: 0.5 }).apply(ramp, drawing(0.4, 0.3, 0.9));
  const share = 0.5 + 0.4 * 0.5;
  const [left, top] = [0.3 * (1 - share) * width, 0.9 * (1 - share) * height];
  const back = (axis: AxisMove | null | undefined, place: number) => (place - (axis?.offset ?? 0)) / (axis?.scale ?? 1);
  expect(back(move?.x, 0)).toBeCloseTo(left, 12);
  expect(back(move?.x, width)).toBeCloseTo(left + share * width, 12);
  expect(back(move?.y, 0)).toBeCloseTo(top, 12);
  eachPixel({ height, width, channels: 1 }, (y, x) => {
    const clamp = (value: number, length: number) => Math.max(0.5, Math.min(length - 0.5, value));
    expect(at(ramp, y, x, 0)).toBeCloseTo(clamp(back(move?.x, x + 0.5), width), 5);
    expect(at(ramp, y, x, 1)).toBeCloseTo(clamp(back(move?.y, y + 0.5), height), 5);
  });
  const bytes = picture({ height, width, channels: 3 });
  const kept = bytes.values.slice();
  expect(crop({ least: 1 }).apply(bytes, drawing(0.5, 0.5, 0.5))).toBe(null);
  expect(bytes.values).toEqual(kept);
});

test('light: bytes are rounded and stay within 0..255, floats are neither', () => {
  const bytes = () => picture({ height: 1, width: 4, channels: 1 }, Uint8Array.of(0, 100, 200, 255));
  const floats = () => ({ ...bytes(), full: 1, values: Float32Array.of(0, 0.25, 0.5, 1) });
  const made = (step: Augmentation, from: Picture, draw: number) => {
    expect(step.apply(from, drawing(draw))).toBe(null);
    return [...from.values];
  };
  expect(made(brightness({ most: 0.2 }), bytes(), 1)).toEqual([51, 151, 251, 255]);
  expect(made(brightness({ most: 0.2 }), bytes(), 0)).toEqual([0, 49, 149, 204]);
  expect(made(brightness({ most: 0.25 }), floats(), 0)).toEqual([-0.25, 0, 0.25, 0.75]);
  expect(made(contrast({ most: 0.5 }), bytes(), 0)).toEqual([69, 119, 169, 197]); // the mean is 138.75
  expect(made(contrast({ most: 0.5 }), bytes(), 1)).toEqual([0, 81, 231, 255]);
  expect(made(contrast({ most: 0.5 }), floats(), 0.5)).toEqual([0, 0.25, 0.5, 1]);
});

test('noise: normal, of the deviation that it says, of another kind for each value', () => {
  const size = { height: 64, width: 64, channels: 3 };
  const grey = { ...picture(size), full: 1, values: new Float32Array(64 * 64 * 3).fill(0.5) };
  noise({ deviation: 0.1 }).apply(grey, drawsOf(key(1), 5));
  const off = Array.from(grey.values, (value) => value - 0.5);
  const mean = off.reduce((sum, value) => sum + value, 0) / off.length;
  const deviation = Math.sqrt(off.reduce((sum, value) => sum + value * value, 0) / off.length);
  expect(Math.abs(mean)).toBeLessThan((4 * 0.1) / Math.sqrt(off.length));
  expect(Math.abs(deviation - 0.1)).toBeLessThan((4 * 0.1) / Math.sqrt(2 * off.length));
  expect(new Set(off).size).toBeGreaterThan(off.length / 2);
  const bytes = picture(size, new Uint8Array(64 * 64 * 3).fill(255));
  noise({ deviation: 1 }).apply(bytes, drawsOf(key(1), 5));
  expect(bytes.values.filter((value) => value === 255).length).toBeGreaterThan(bytes.values.length * 0.45);
});

test('moves one after another are one move', () => {
  const moves = [{ scale: -1, offset: 64 }, { scale: 1, offset: 5 }, { scale: 1.25, offset: -3 }, null];
  for (const first of moves) {
    for (const then of moves) {
      const both = after(first, then);
      const by = (move: AxisMove | null, place: number) => (move === null ? place : move.scale * place + move.offset);
      for (const place of [0, 7, 64]) expect(by(both, place)).toBe(by(then, by(first, place)));
    }
  }
});

test('a row draws the same numbers whenever it is asked, and others than other rows, epochs and steps', () => {
  const ten = (own: ReturnType<typeof key>, id: number) => {
    const { uniform } = drawsOf(own, id);
    return Array.from({ length: 10 }, uniform);
  };
  expect(ten(key(1), 4)).toEqual(ten(key(1), 4));
  const others = [
    ten(key(1), 4),
    ten(key(1), 5),
    ten(key(2), 4),
    ten({ ...key(1), counter: 1 }, 4),
    ten({ ...key(1), stream: 'augment/frame/1' }, 4),
    ten(key(1), 2 ** 32 - 1),
  ];
  expect(new Set(others.flat()).size).toBe(60);
});

test.each<[string, () => unknown, string]>([
  ['a probability of 2', () => flip({ probability: 2 }), 'flip.probability'],
  ['another direction', () => flip({ direction: 'left' as never }), 'flip.direction'],
  ['half a pixel', () => shift({ x: 0.5 }), 'shift.x'],
  ['nothing to keep', () => crop({ least: 0 }), 'crop.least'],
  ['a contrast that turns round', () => contrast({ most: 1.5 }), 'contrast.most'],
  ['less than no light', () => brightness({ most: -1 }), 'brightness.most'],
  ['no deviation', () => noise({} as never), 'noise.deviation'],
])('refused: %s', (_, make, path) => {
  expect(make).toThrow(HeadgateError);
  expect(make).toThrow(path);
});
