/** @file Kernels that compute in JavaScript on their tensors' own numbers, for any backend that keeps them in reach. */
import { tf } from '../../tf.js';

export type Numbers = Float32Array | Int32Array | Uint8Array;

export interface ArrayCall {
  readonly info: tf.TensorInfo;
  /** Filled with zeros. */
  readonly output: Numbers;
  readonly inputs: readonly Numbers[];
}

export interface NewTensor {
  readonly shape: number[];
  readonly dtype: tf.DataType;
  readonly inputs: readonly tf.TensorInfo[];
}

/** How a backend hands out its memory. */
export interface Memory {
  /** A new tensor, and the numbers of it and of the inputs: valid until the backend's next allocation. */
  readonly make: (backend: unknown, tensor: NewTensor) => ArrayCall;
  readonly read: (backend: unknown, tensor: tf.TensorInfo) => Numbers;
  /** Whether a float32 tensor holds such a number. */
  readonly holds: (backend: unknown, tensor: tf.TensorInfo, oddity: Oddity) => boolean;
}

/** Numbers that kernels go wrong with. Infinities and NaN are not finite. */
export type Oddity = 'NaN' | 'non-finite';

export type Wrap = (original: tf.KernelConfig) => tf.KernelConfig;

/** A function of one number instead of the kernel, for float32; other types keep theirs. */
export function unary(memory: Memory, f: (x: number) => number): Wrap {
  return (original) => ({
    ...original,
    kernelFunc: (call) => {
      const x = call.inputs.x as tf.TensorInfo; // the op's input
      if (x.dtype !== 'float32') return original.kernelFunc(call);
      const { info, output, inputs } = memory.make(call.backend, { shape: x.shape, dtype: 'float32', inputs: [x] });
      const values = inputs[0] as Numbers; // one
      for (let i = 0; i < output.length; i++) output[i] = f(values[i] as number);
      return info;
    },
  });
}

export interface BinaryOptions {
  /** The kernel's names of its inputs. */
  readonly operands?: readonly [string, string];
  readonly dtype?: 'float32' | 'int32';
}

/** A function of two numbers instead of the kernel, for float32; other types keep theirs. */
export function binary(
  memory: Memory,
  f: (a: number, b: number) => number,
  { operands: [left, right] = ['a', 'b'], dtype = 'float32' }: BinaryOptions = {},
): Wrap {
  return (original) => ({
    ...original,
    kernelFunc: (call) => {
      const [a, b] = [call.inputs[left] as tf.TensorInfo, call.inputs[right] as tf.TensorInfo]; // the op's inputs
      if (a.dtype !== 'float32' || b.dtype !== 'float32') return original.kernelFunc(call);
      const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
      const { info, output, inputs } = memory.make(call.backend, { shape, dtype, inputs: [a, b] });
      const [x, y] = inputs as [Numbers, Numbers]; // two
      const [atX, atY] = [places(a.shape, shape), places(b.shape, shape)];
      for (let i = 0; i < output.length; i++) output[i] = f(x[atX(i)] as number, y[atY(i)] as number);
      return info;
    },
  });
}

/** For each element of a broadcast, the element of one of its operands. */
export function places(operand: readonly number[], shape: readonly number[]): (i: number) => number {
  const size = tf.util.sizeFromShape([...operand]);
  if (size === tf.util.sizeFromShape([...shape])) return (i) => i;
  if (size === 1) return () => 0;
  const missing = shape.length - operand.length;
  let [stride, repeat] = [1, 1];
  const axes: { readonly repeat: number; readonly size: number; readonly stride: number }[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const own = operand[axis - missing] ?? 1;
    const whole = shape[axis] as number;
    if (own !== 1) axes.push({ repeat, size: whole, stride });
    stride *= own;
    repeat *= whole;
  }
  return (i) => axes.reduce((at, axis) => at + (Math.floor(i / axis.repeat) % axis.size) * axis.stride, 0);
}

/**
 * The kernel as it is, and `mended` where one of these inputs holds a number that it goes wrong with: a scan costs little,
 * and such numbers are rare.
 */
export function unlessAny(memory: Memory, oddity: Oddity, inputs: readonly string[], mended: Wrap): Wrap {
  return (original) => {
    const { kernelFunc } = mended(original);
    return {
      ...original,
      kernelFunc: (call) => {
        const bad = inputs.some((name) => {
          const tensor = call.inputs[name];
          return tensor?.dtype === 'float32' && memory.holds(call.backend, tensor, oddity);
        });
        return bad ? kernelFunc(call) : original.kernelFunc(call);
      },
    };
  };
}

export function holds(values: Float32Array, oddity: Oddity): boolean {
  return oddity === 'NaN' ? hasNaN(values) : hasNonFinite(values);
}

function hasNaN(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return true;
  return false;
}

function hasNonFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if ((values[i] as number) - (values[i] as number) !== 0) return true;
  return false;
}
