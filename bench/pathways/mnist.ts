/** @file What the experiments with MNIST share: its digits, orders of their pixels, one network, figures over seeds. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { image, Table, tf, uniforms } from 'headgate';
import { type Estimate, estimate } from '../quality/statistics.js';

export const SIDE = 28;
export const digits = Array.from({ length: 10 }, (_, digit) => String(digit));
export const dataFolder = path.join(fileURLToPath(new URL('../..', import.meta.url)), '../shared/data');
export const pixels = () => image({ height: SIDE, width: SIDE, channels: 1, scale: 1 / 255 });

/** Images of 28 × 28 bytes, `[rows, 28, 28, 1]`, and the digit that each is. */
export interface Digits {
  readonly images: Uint8Array;
  readonly labels: readonly string[];
}

/** The 10,000 digits of MNIST's test files, which people have at hand. */
export async function readDigits(folder: string): Promise<Digits> {
  const images = await readIdx(path.join(folder, 'mnist-t10k-images-idx3-ubyte.gz'), 3);
  const labels = await readIdx(path.join(folder, 'mnist-t10k-labels-idx1-ubyte.gz'), 1);
  return { images, labels: Array.from(labels, String) };
}

/** The bytes of an IDX file, behind its header: a magic number and one size for each axis, 4 bytes each. */
async function readIdx(file: string, axes: number): Promise<Uint8Array> {
  return new Uint8Array(gunzipSync(await readFile(file))).subarray(4 + 4 * axes);
}

/** @param task the column of labels */
export function tableOf({ images, labels }: Digits, task: string): Table {
  return Table.fromColumns({ image: { data: images, shape: [SIDE, SIDE, 1] }, [task]: labels });
}

/** Every image with its pixels in another order, the same for all; order 0 leaves them as they are. */
export function permuted({ images, labels }: Digits, order: number): Digits {
  if (order === 0) return { images, labels };
  const size = SIDE * SIDE;
  const keys = uniforms({ seed: order, stream: 'bench/permuted', counter: 0 }, size);
  const places = Array.from({ length: size }, (_, i) => i).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
  const moved = new Uint8Array(images.length);
  for (let start = 0; start < images.length; start += size) {
    for (let i = 0; i < size; i++) moved[start + i] = images[start + (places[i] ?? 0)] ?? 0;
  }
  return { images: moved, labels };
}

/** Dense layers with relu on the flattened image. */
export function denseLayers(units: readonly number[]) {
  return ({ image: input }: { readonly image: tf.SymbolicTensor }) => {
    // `apply` of one symbolic tensor gives one.
    const flat = tf.layers.flatten().apply(input) as tf.SymbolicTensor;
    const features = units.reduce(
      (at, width, i) =>
        tf.layers.dense({ units: width, activation: 'relu', name: `dense${i + 1}` }).apply(at) as tf.SymbolicTensor,
      flat,
    );
    return { features };
  };
}

/** Prints a mean with its 95 % interval by Student's t, and the values; gives the estimate. */
export function printEstimate(name: string, values: readonly number[]): Estimate {
  const estimated = estimate(values);
  if (estimated === null) throw new Error(`${name}: no values`);
  const width = estimated.halfWidth === null ? '' : ` ± ${estimated.halfWidth.toFixed(4)}`;
  const each = values.map((value) => String(Number(value.toFixed(4)))).join(', ');
  console.log(`${name}: ${estimated.mean.toFixed(4)}${width} (${values.length}: ${each})`);
  return estimated;
}
