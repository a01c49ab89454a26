/** @file Resizing, cropping and warping of images: `[batch, height, width, channels]`. */
import { tf } from '../../../tf.js';
import type { Builder } from '../builder.js';
import { sizeOf, type Value } from '../graph.js';
import { type Kernel, kernel } from '../kernel.js';
import * as o from '../ops.js';
import { within } from './elementwise.js';

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters?: boolean;
  readonly size: readonly [number, number];
}

type Weights = (from: number, to: number, attributes: Omit<ResizeAttributes, 'size'>) => Float32Array;

/** Source pixels an output pixel advances. */
function ratio(from: number, to: number, alignCorners: boolean): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

/** `[to, from]`: how much of each source pixel is in each output pixel, linearly. */
const linearWeights: Weights = (from, to, { alignCorners, halfPixelCenters = false }) => {
  const weights = new Float32Array(to * from);
  const step = ratio(from, to, alignCorners);
  for (let i = 0; i < to; i++) {
    const position = halfPixelCenters ? step * (i + 0.5) - 0.5 : step * i;
    const low = Math.max(0, Math.floor(position));
    const high = Math.min(from - 1, Math.ceil(position));
    const share = position - low;
    weights[i * from + low] = (weights[i * from + low] ?? 0) + 1 - share;
    weights[i * from + high] = (weights[i * from + high] ?? 0) + share;
  }
  return weights;
};

/** `[to, from]`: 1 at the nearest source pixel. */
const nearestWeights: Weights = (from, to, { alignCorners, halfPixelCenters = false }) => {
  const weights = new Float32Array(to * from);
  const step = ratio(from, to, alignCorners);
  for (let i = 0; i < to; i++) {
    const position = step * (halfPixelCenters ? i + 0.5 : i);
    const nearest = Math.min(from - 1, alignCorners ? Math.round(position) : Math.floor(position));
    weights[i * from + Math.max(0, nearest)] = 1;
  }
  return weights;
};

/** Two products: one along the rows, one along the columns. Resizing is linear, so its gradient is their transposes. */
function resample(g: Builder, images: Value, rows: Value, columns: Value): Value {
  const [batch = 1, height = 1, width = 1, channels = 1] = images.shape;
  const [newHeight = 1, newWidth = 1] = [rows.shape[0], columns.shape[0]];
  const tall = o.matMul(g, rows, o.reshape(g, images, [batch, height, width * channels]));
  const wide = o.matMul(g, columns, o.reshape(g, tall, [batch * newHeight, width, channels]));
  return o.reshape(g, wide, [batch, newHeight, newWidth, channels]);
}

function resize(name: string, weights: Weights): Kernel {
  return kernel<'images', ResizeAttributes>(name, (g, { images }, attributes) => {
    const [, height = 1, width = 1] = images.shape;
    const [newHeight, newWidth] = attributes.size;
    const matrix = (from: number, to: number): Value =>
      g.constant('float32', [to, from], weights(from, to, attributes));
    const resized = resample(g, o.cast(g, images, 'float32'), matrix(height, newHeight), matrix(width, newWidth));
    return name === 'ResizeNearestNeighbor' ? o.cast(g, resized, images.type) : resized;
  });
}

/** tfjs's gradients know no half pixel centres. */
function resizeGradient(name: string, weights: Weights): Kernel {
  return kernel<'images' | 'dy', ResizeAttributes>(name, (g, { images, dy }, { alignCorners }) => {
    const [, height = 1, width = 1] = images.shape;
    const [, newHeight = 1, newWidth = 1] = dy.shape;
    const matrix = (from: number, to: number): Value => {
      const forward = g.constant('float32', [to, from], weights(from, to, { alignCorners }));
      return o.transpose(g, forward, [1, 0]);
    };
    return resample(g, dy, matrix(height, newHeight), matrix(width, newWidth));
  });
}

/**
 * Pixels at whole coordinates. `image` is `[batch]`-shaped up to broadcasting, `y` and `x` are int32; what lies
 * outside is `outside`. Result: the broadcast of the three, then channels.
 */
function pixels(g: Builder, images: Value, image: Value, y: Value, x: Value, outside: number): Value {
  const [batch = 1, height = 1, width = 1, channels = 1] = images.shape;
  const table = o.reshape(g, images, [batch * height * width, channels]);
  const inside = o.and(
    g,
    o.and(g, o.greaterEqual(g, y, 0), o.less(g, y, height)),
    o.and(g, o.greaterEqual(g, x, 0), o.less(g, x, width)),
  );
  const row = o.add(g, o.mul(g, image, height), y);
  const place = o.where(g, inside, o.add(g, o.mul(g, row, width), x), 0);
  const found = o.gather(g, table, place, 0);
  return o.where(g, o.reshape(g, inside, [...inside.shape, 1]), found, g.scalar(outside, images.type));
}

/** Bilinear or nearest reading at real coordinates. */
function sample(
  g: Builder,
  images: Value,
  image: Value,
  y: Value,
  x: Value,
  method: 'bilinear' | 'nearest',
  outside: number,
): Value {
  const whole = (real: Value): Value => o.cast(g, real, 'int32');
  const floor = (real: Value): Value => o.unary(g, 'Floor', real);
  if (method === 'nearest') {
    // Math.round: halves go up.
    const round = (real: Value): Value => whole(floor(o.add(g, real, 0.5)));
    return pixels(g, images, image, round(y), round(x), outside);
  }
  const [top, left] = [floor(y), floor(x)];
  const column = (real: Value): Value => o.reshape(g, real, [...real.shape, 1]);
  const [down, right] = [column(o.sub(g, y, top)), column(o.sub(g, x, left))];
  const at = (dy: number, dx: number): Value =>
    pixels(g, images, image, whole(o.add(g, top, dy)), whole(o.add(g, left, dx)), outside);
  const mix = (a: Value, b: Value, share: Value): Value =>
    o.add(g, o.mul(g, a, o.sub(g, 1, share)), o.mul(g, b, share));
  return mix(mix(at(0, 0), at(0, 1), right), mix(at(1, 0), at(1, 1), right), down);
}

interface CropAttributes {
  readonly cropSize: readonly [number, number];
  readonly method: 'bilinear' | 'nearest';
  readonly extrapolationValue: number;
}

function cropAndResize(g: Builder, images: Value, boxes: Value, boxInd: Value, attributes: CropAttributes): Value {
  const { cropSize, method, extrapolationValue } = attributes;
  const count = boxes.shape[0] ?? 0;
  const [, height = 1, width = 1] = images.shape;
  const edge = (i: number): Value => o.slice(g, boxes, [1], [i], [i + 1]);
  /** `[boxes, size]`: positions from one edge to the other, or the middle for a single one. */
  const positions = (low: Value, high: Value, size: number, extent: number): Value => {
    if (size === 1) return o.mul(g, o.add(g, low, high), 0.5 * (extent - 1));
    const step = o.mul(g, o.sub(g, high, low), (extent - 1) / (size - 1));
    return o.add(g, o.mul(g, low, extent - 1), o.mul(g, o.iota(g, size, 'float32', [1, size]), step));
  };
  const [rows, columns] = cropSize;
  const y = o.reshape(g, positions(edge(0), edge(2), rows, height), [count, rows, 1]);
  const x = o.reshape(g, positions(edge(1), edge(3), columns, width), [count, 1, columns]);
  const inside = o.and(
    g,
    o.and(g, o.greaterEqual(g, y, 0), o.lessEqual(g, y, height - 1)),
    o.and(g, o.greaterEqual(g, x, 0), o.lessEqual(g, x, width - 1)),
  );
  const image = o.reshape(g, o.cast(g, boxInd, 'int32'), [count, 1, 1]);
  const real = o.cast(g, images, 'float32');
  const sampled = sample(g, real, image, o.clip(g, y, 0, height - 1), o.clip(g, x, 0, width - 1), method, 0);
  return o.where(g, o.reshape(g, inside, [count, rows, columns, 1]), sampled, extrapolationValue);
}

interface TransformAttributes {
  readonly interpolation: 'nearest' | 'bilinear';
  readonly fillMode: 'constant' | 'reflect' | 'wrap' | 'nearest';
  readonly fillValue: number;
  readonly outputShape?: readonly [number, number];
}

/** Brings coordinates outside 0..size-1 back in. */
function folded(g: Builder, position: Value, size: number, mode: TransformAttributes['fillMode']): Value {
  if (mode === 'constant') return position;
  const truncate = (x: Value): Value => o.cast(g, o.cast(g, x, 'int32'), 'float32');
  const inside = (x: Value): Value => o.clip(g, x, 0, size - 1);
  if (mode === 'nearest' || size <= 1) return inside(position);
  const [below, above] = [o.less(g, position, 0), o.greater(g, position, size - 1)];
  const negative = o.unary(g, 'Neg', position);
  if (mode === 'wrap') {
    const up = o.add(g, position, o.mul(g, o.add(g, truncate(o.div(g, negative, size - 1)), 1), size));
    const down = o.sub(g, position, o.mul(g, truncate(o.div(g, position, size - 1)), size));
    return inside(o.where(g, below, up, o.where(g, above, down, position)));
  }
  const period = 2 * size;
  const raised = o.add(g, position, o.mul(g, truncate(o.div(g, negative, period)), period));
  const up = o.where(g, o.less(g, raised, -size), o.add(g, raised, period), o.sub(g, o.unary(g, 'Neg', raised), 1));
  const lowered = o.sub(g, position, o.mul(g, truncate(o.div(g, position, period)), period));
  const down = o.where(g, o.greaterEqual(g, lowered, size), o.sub(g, period - 1, lowered), lowered);
  return inside(o.where(g, below, up, o.where(g, above, down, position)));
}

/** A projective map of each image, eight numbers each: TensorFlow's ImageProjectiveTransformV3. */
function transform(g: Builder, images: Value, transforms: Value, attributes: TransformAttributes): Value {
  const [batch = 1, height = 1, width = 1] = images.shape;
  const [rows, columns] = attributes.outputShape ?? [height, width];
  const term = (i: number): Value =>
    o.reshape(g, o.slice(g, transforms, [1], [i], [i + 1]), [transforms.shape[0] ?? 1, 1, 1]);
  const x = o.iota(g, columns, 'float32', [1, 1, columns]);
  const y = o.iota(g, rows, 'float32', [1, rows, 1]);
  const line = (i: number, constant: o.Operand): Value =>
    o.add(g, o.add(g, o.mul(g, term(i), x), o.mul(g, term(i + 1), y)), constant);
  const depth = line(6, 1);
  const mapped = (i: number, size: number): Value =>
    folded(g, o.div(g, line(i, term(i + 2)), depth), size, attributes.fillMode);
  const image = o.iota(g, batch, 'int32', [batch, 1, 1]);
  const real = o.cast(g, images, 'float32');
  const { interpolation, fillValue } = attributes;
  const whole = [batch, rows, columns];
  const sampled = sample(
    g,
    real,
    image,
    o.expand(g, mapped(3, height), whole),
    o.expand(g, mapped(0, width), whole),
    interpolation,
    fillValue,
  );
  const finite = o.unary(g, 'Not', o.equal(g, o.expand(g, depth, whole), 0));
  return o.where(g, o.reshape(g, finite, [...whole, 1]), sampled, fillValue);
}

interface RotateAttributes {
  readonly radians: number;
  readonly fillValue: number | readonly [number, number, number];
  readonly center: number | [number, number];
}

/** Where each pixel comes from is known beforehand: one gather by constant places. */
function rotate(g: Builder, images: Value, { radians, fillValue, center }: RotateAttributes): Value {
  const [batch = 1, height = 1, width = 1, channels = 1] = images.shape;
  const [centerX, centerY] = tf.backend_util.getImageCenter(center, height, width);
  const [sine, cosine] = [Math.sin(radians), Math.cos(radians)];
  const places = new Int32Array(height * width);
  const inside = new Uint8Array(height * width);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = [column - centerX, row - centerY];
      const fromX = Math.round(x * cosine - y * sine + centerX);
      const fromY = Math.round(x * sine + y * cosine + centerY);
      if (fromX < 0 || fromX >= width || fromY < 0 || fromY >= height) continue;
      places[row * width + column] = fromY * width + fromX;
      inside[row * width + column] = 1;
    }
  }
  const fill = Float32Array.from({ length: channels }, (_, channel) =>
    typeof fillValue === 'number' ? fillValue : channel === 3 ? 255 : (fillValue[channel] ?? 0),
  );
  return within(g, images, 'float32', (real) => {
    const table = o.reshape(g, real, [batch, height * width, channels]);
    const found = o.gather(g, table, g.constant('int32', [height * width], places), 1);
    const seen = g.constant('bool', [height * width, 1], inside);
    const filled = o.where(g, seen, found, g.constant('float32', [channels], fill));
    return o.reshape(g, filled, images.shape);
  });
}

export const image: readonly Kernel[] = [
  resize('ResizeBilinear', linearWeights),
  resize('ResizeNearestNeighbor', nearestWeights),
  resizeGradient('ResizeBilinearGrad', linearWeights),
  resizeGradient('ResizeNearestNeighborGrad', nearestWeights),
  kernel<'image' | 'boxes' | 'boxInd', CropAttributes>('CropAndResize', (g, { image, boxes, boxInd }, attributes) =>
    sizeOf(boxInd.shape) === 0
      ? o.filled(g, [0, ...attributes.cropSize, image.shape[3] ?? 1], 0, 'float32')
      : cropAndResize(g, image, boxes, boxInd, attributes),
  ),
  kernel<'image' | 'transforms', TransformAttributes>('Transform', (g, { image, transforms }, attributes) =>
    within(g, image, 'float32', (real) => transform(g, real, transforms, attributes)),
  ),
  kernel<'image', RotateAttributes>('RotateWithOffset', (g, { image }, attributes) => rotate(g, image, attributes)),
];
