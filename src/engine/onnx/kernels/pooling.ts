/** @file Pooling of two and three spatial axes and its gradients. */
import type { Builder } from '../builder.js';
import { int, ints, sizeOf, text, type Value } from '../graph.js';
import { type Kernel, kernel } from '../kernel.js';
import * as o from '../ops.js';
import { within } from './elementwise.js';
import {
  channelsFirst,
  extent,
  inside,
  type Pool3dAttributes,
  type PoolAttributes,
  poolWindow2d,
  poolWindow3d,
  restored,
  trimmed,
  untrimmed,
  type Window,
  windowAttributes,
} from './window.js';

function pooledShape(x: Value, { output }: Window): readonly number[] {
  return [...x.shape.slice(0, 2), ...output];
}

/**
 * A window with a NaN in it is NaN. ONNX Runtime's `MaxPool` keeps or loses it by where it stands; the mean of the window,
 * which costs least of what can tell, does not. (It also is NaN where both infinities meet in a window.)
 */
function maxPool(g: Builder, x: Value, window: Window): Value {
  return within(g, x, 'float32', (real) => {
    const first = channelsFirst(g, real, window);
    const pooled = (op: string): Value =>
      g.op(op, [first], 'float32', pooledShape(first, window), windowAttributes(window));
    const lost = o.test(g, 'IsNaN', pooled('AveragePool'));
    return restored(g, o.where(g, lost, Number.NaN, pooled('MaxPool')), window);
  });
}

/** Padding does not count towards the mean, as in TensorFlow. */
function averagePool(g: Builder, x: Value, window: Window): Value {
  return within(g, x, 'float32', (real) => {
    const first = channelsFirst(g, real, window);
    const shape = pooledShape(first, window);
    return restored(g, g.op('AveragePool', [first], 'float32', shape, windowAttributes(window)), window);
  });
}

interface Maxima {
  readonly values: Value;
  /** Place of the first maximum in the flattened `[batch, channels, …]` input. */
  readonly places: Value;
}

function maxima(g: Builder, first: Value, window: Window): Maxima {
  const shape = pooledShape(first, window);
  const [values, places] = g.ops(
    'MaxPool',
    [first],
    [
      { type: 'float32', shape },
      { type: 'int64', shape },
    ],
    windowAttributes(window),
  );
  if (values === undefined || places === undefined) throw new RangeError('MaxPool has two outputs');
  return { values, places };
}

/** Each gradient goes to the first maximum of its window; where windows overlap, gradients add up. */
function maxPoolGradient(g: Builder, dy: Value, x: Value, window: Window): Value {
  const first = channelsFirst(g, x, window);
  const gradient = channelsFirst(g, dy, window);
  const { places } = maxima(g, first, window);
  const apart = window.strides.every((stride, i) => stride >= extent(window, i));
  if (apart) {
    const target = g.int64s(first.shape);
    const spread = g.op('MaxUnpool', [gradient, places, target], 'float32', first.shape, {
      kernel_shape: ints(window.kernel),
      strides: ints(window.strides),
      pads: ints([...window.before, ...window.after]),
    });
    return restored(g, spread, window);
  }
  const flat = (y: Value): Value => o.reshape(g, y, [sizeOf(y.shape)]);
  const zeros = o.expand(g, o.filled(g, [1], 0, 'float32'), [sizeOf(first.shape)]);
  const summed = g.op('ScatterElements', [zeros, flat(places), flat(gradient)], 'float32', zeros.shape, {
    axis: int(0),
    reduction: text('add'),
  });
  return restored(g, o.reshape(g, summed, first.shape), window);
}

/** tfjs divides by the kernel's size at the borders too, where its forward pass divides by fewer; so does this. */
function averagePoolGradient(g: Builder, dy: Value, window: Window): Value {
  const gradient = o.mul(g, channelsFirst(g, dy, window), 1 / sizeOf(window.kernel));
  const [batch = 1, channels = 1] = gradient.shape;
  const whole = window.input.every(
    (size, i) => window.kernel[i] === window.strides[i] && size === (window.output[i] ?? 0) * (window.kernel[i] ?? 0),
  );
  if (whole) {
    const split = window.output.flatMap((size) => [size, 1]);
    const spread = window.output.flatMap((size, i) => [size, window.kernel[i] ?? 1]);
    const copies = o.expand(g, o.reshape(g, gradient, [batch, channels, ...split]), [batch, channels, ...spread]);
    return restored(g, o.reshape(g, copies, [batch, channels, ...window.input]), window);
  }
  const ones = o.filled(g, [1, 1, ...window.kernel], 1, 'float32');
  const planes = o.reshape(g, gradient, [batch * channels, 1, ...window.output]);
  const missing = window.input.map((size, i) => {
    const reached = (window.strides[i] ?? 1) * ((window.output[i] ?? 1) - 1) + extent(window, i);
    return size - (reached - (window.before[i] ?? 0) - (window.after[i] ?? 0));
  });
  const spread = g.op('ConvTranspose', [planes, ones], 'float32', [batch * channels, 1, ...window.input], {
    kernel_shape: ints(window.kernel),
    strides: ints(window.strides),
    pads: ints([...window.before, ...window.after]),
    output_padding: ints(missing),
  });
  return restored(g, o.reshape(g, spread, [batch, channels, ...window.input]), window);
}

interface ArgmaxAttributes extends PoolAttributes {
  readonly includeBatchInIndex: boolean;
}

/** Places as tfjs counts them: (row × width + column) × channels + channel, with the batch in front if asked. */
function maxPoolWithPlaces(g: Builder, x: Value, attributes: ArgmaxAttributes): readonly Value[] {
  const window = poolWindow2d(x.shape, attributes);
  const first = channelsFirst(g, x, window);
  // NaN is never the largest, as in tfjs; ONNX Runtime keeps it.
  const numbers = o.where(g, o.test(g, 'IsNaN', first), Number.NEGATIVE_INFINITY, first);
  const { values, places } = maxima(g, numbers, window);
  const [batch = 1, channels = 1] = first.shape;
  const plane = sizeOf(window.input);
  const position = g.op('Mod', [o.cast(g, places, 'int32'), g.scalar(plane, 'int32')], 'int32', places.shape);
  const perChannel = o.add(g, o.mul(g, position, channels), o.iota(g, channels, 'int32', [1, channels, 1, 1]));
  const row = o.mul(g, o.iota(g, batch, 'int32', [batch, 1, 1, 1]), plane * channels);
  const counted = attributes.includeBatchInIndex ? o.add(g, perChannel, row) : perChannel;
  return [restored(g, values, window), restored(g, counted, window)];
}

export const pooling: readonly Kernel[] = [
  kernel<'x', PoolAttributes>('MaxPool', (g, { x }, attributes) => maxPool(g, x, poolWindow2d(x.shape, attributes))),
  kernel<'x', PoolAttributes>('AvgPool', (g, { x }, attributes) =>
    averagePool(g, x, poolWindow2d(x.shape, attributes)),
  ),
  kernel<'x', Pool3dAttributes>('MaxPool3D', (g, { x }, attributes) => {
    const window = poolWindow3d(x.shape, attributes);
    return maxPool(g, trimmed(g, x, window), inside(window));
  }),
  kernel<'x', Pool3dAttributes>('AvgPool3D', (g, { x }, attributes) => {
    const window = poolWindow3d(x.shape, attributes);
    return averagePool(g, trimmed(g, x, window), inside(window));
  }),
  kernel<'dy' | 'input', PoolAttributes>('MaxPoolGrad', (g, { dy, input }, attributes) =>
    maxPoolGradient(g, dy, input, poolWindow2d(input.shape, attributes)),
  ),
  kernel<'dy' | 'input', Pool3dAttributes>('MaxPool3DGrad', (g, { dy, input }, attributes) => {
    const window = poolWindow3d(input.shape, attributes);
    return untrimmed(g, maxPoolGradient(g, dy, trimmed(g, input, window), inside(window)), window);
  }),
  kernel<'dy' | 'input', PoolAttributes>('AvgPoolGrad', (g, { dy, input }, attributes) =>
    averagePoolGradient(g, dy, poolWindow2d(input.shape, attributes)),
  ),
  kernel<'dy' | 'input', Pool3dAttributes>('AvgPool3DGrad', (g, { dy, input }, attributes) => {
    const window = poolWindow3d(input.shape, attributes);
    return untrimmed(g, averagePoolGradient(g, dy, inside(window)), window);
  }),
  kernel<'x', ArgmaxAttributes>('MaxPoolWithArgmax', (g, { x }, attributes) => maxPoolWithPlaces(g, x, attributes)),
];
