/** @file The 10,000 test digits of MNIST: which digit, even or not, a loop given even, and how much ink. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { binary, classification, image, regression, Table } from 'headgate';
import type { QualityCase } from '../case.js';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const classes = Array.from({ length: 10 }, (_, digit) => String(digit));

export const mnist: QualityCase = {
  name: 'mnist',
  title: 'digits of 28×28, 4,000 to learn from: which; even; a loop, given even; ink',
  inputs: { image: image({ height: SIDE, width: SIDE, channels: 1 }) },
  tasks: {
    digit: { kind: classification({ classes }), metric: 'accuracy' },
    even: { kind: binary(), metric: 'roc_auc' },
    loop: { kind: binary(), metric: 'roc_auc', given: { task: 'even', holds: true } },
    ink: { kind: regression(), metric: 'r2' },
  },
  shares: { train: 0.4, test: 0.2 },
  settings: ['full', 'tenth'],
  read: async (data) => {
    const images = await idx(path.join(data, 'mnist-t10k-images-idx3-ubyte.gz'), 3);
    const labels = await idx(path.join(data, 'mnist-t10k-labels-idx1-ubyte.gz'), 1);
    const digits = Array.from(labels);
    return Table.fromColumns({
      image: { data: images, shape: [SIDE, SIDE, 1] },
      digit: digits.map(String),
      even: digits.map((digit) => digit % 2 === 0),
      loop: digits.map((digit) => digit === 0 || digit === 6 || digit === 8),
      ink: digits.map((_, row) => meanOf(images.subarray(row * PIXELS, (row + 1) * PIXELS))),
    });
  },
};

/** The bytes of an IDX file, behind its header: a magic number and one size for each axis, 4 bytes each. */
async function idx(file: string, axes: number): Promise<Uint8Array> {
  return new Uint8Array(gunzipSync(await readFile(file))).subarray(4 + 4 * axes);
}

function meanOf(pixels: Uint8Array): number {
  return pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
}
