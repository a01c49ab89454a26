/** @file Channels standardised inside the step: by the numbers of PyTorch, on every engine, on disk and back, in copies. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseFlowGraph, savedDecisions } from '../../src/entry/predict.js';
import {
  binary,
  type ChannelStatistics,
  type EngineName,
  HeadgateError,
  image,
  Project,
  type Row,
  regression,
  tf,
} from '../../src/index.js';
import { uniforms } from '../../src/random.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-'));
});
afterEach(() => rm(folder, { recursive: true }));

const IMAGENET: ChannelStatistics = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };
const bytes = [0, 1, 127, 128, 254, 255];
/** `(x.float() / 255 - mean) / std` of these bytes in each channel, as PyTorch 2.13 says. */
const torch = [
  [-2.1179039478302, -2.0357141494750977, -1.804444432258606],
  [-2.1007792949676514, -2.018207311630249, -1.7870151996612549],
  [0.0569397434592247, 0.18767505884170532, 0.4090632498264313],
  [0.07406462728977203, 0.20518219470977783, 0.4264925718307495],
  [2.231783390045166, 2.4110641479492188, 2.6225709915161133],
  [2.248908281326294, 2.4285714626312256, 2.640000104904175],
];

const SIDE = 3;
const SIZE = SIDE * SIDE * 3;

/** Its features are the pixels as the layers read them. */
function declared(normalise?: 'imagenet' | ChannelStatistics, scale?: number) {
  return new Project({
    name: 'normalised',
    inputs: {
      frame: image({
        ...{ height: SIDE, width: SIDE, channels: 3 },
        ...(normalise === undefined ? {} : { normalise }),
        ...(scale === undefined ? {} : { scale }),
      }),
    },
    tasks: { open: binary(), size: regression() },
    backbone: ({ frame }) => ({ pixels: tf.layers.flatten({ name: 'flat' }).apply(frame) as tf.SymbolicTensor }),
    onNote: () => {},
  }).flow('full', (task, x) => [task.open(x.pixels), task.size(x.pixels)]);
}

function rows(count: number, asInput: (pixels: Uint8Array) => Uint8Array | Float32Array = (pixels) => pixels): Row[] {
  return Array.from({ length: count }, (_, row) => {
    const draws = uniforms({ seed: 5, stream: 'pixels', counter: row }, SIZE);
    const pixels = Uint8Array.from(draws, (draw, i) => (row === 0 ? (bytes[i % 6] ?? 0) : draw * 256));
    return { frame: asInput(pixels), open: (pixels[0] ?? 0) > 127, size: (pixels[4] ?? 0) / 100 };
  });
}

/** By itself, in float32: each step is rounded. */
function byHand(pixels: ArrayLike<number>, { mean, deviation } = IMAGENET): Float32Array {
  return Float32Array.from({ length: pixels.length }, (_, i) => {
    const scaled = Math.fround((pixels[i] ?? 0) / 255);
    const moved = Math.fround(scaled - Math.fround(mean[i % 3] ?? 0));
    return moved / Math.fround(deviation[i % 3] ?? 1);
  });
}

test("by hand it is what PyTorch says, to float32's last bit", () => {
  for (const [k, byte] of bytes.entries()) {
    expect([...byHand([byte, byte, byte])]).toEqual(torch[k]?.map(Math.fround));
  }
});

const fit = { epochs: 2, batchSize: 8, seed: 1, progress: false } as const;

for (const engine of ['cpu', 'onnx', 'wasm'] satisfies EngineName[]) {
  test(`${engine}: training and predicting on bytes is doing so on the numbers made by hand`, async () => {
    const options = { engine, probabilities: true } as const;
    const data = rows(20); // the last batch is padded
    const own = declared('imagenet');
    const { epochs } = await own.fit(data, { ...fit, engine });
    const twin = declared(undefined, 1);
    const ready = rows(20, (pixels) => byHand(pixels));
    const expected = await twin.fit(ready, { ...fit, engine });
    expect(epochs.map(({ loss }) => loss)).toEqual(expected.epochs.map(({ loss }) => loss));
    expect([...(await own.predict(data, options))]).toEqual([...(await twin.predict(ready, options))]);
    // Floats in 0..1, whose range the first fit sees, are the same images.
    const unit = declared('imagenet');
    const floats = rows(20, (pixels) => Float32Array.from(pixels, (byte) => byte / 255));
    await unit.fit(floats, { ...fit, engine });
    expect([...(await unit.predict(floats, options))]).toEqual([...(await own.predict(data, options))]);
    // Without it, other numbers.
    const plain = declared();
    await plain.fit(data, { ...fit, engine });
    expect([...(await plain.predict(data, options))]).not.toEqual([...(await own.predict(data, options))]);
  });
}

test('saved and loaded, and cut out: the same answers; the manifest says that it must be known', async () => {
  const options = { engine: 'cpu', probabilities: true } as const;
  const own = declared({ mean: [0.1, 0.2, 0.3], deviation: [0.5, 2, 0.25] });
  await own.fit(rows(16), { ...fit, engine: 'cpu' });
  await own.save(folder, { onNote: () => {} });
  const loaded = declared({ mean: [0.1, 0.2, 0.3], deviation: [0.5, 2, 0.25] });
  await loaded.load(folder);
  const answers = [...(await own.predict(rows(9), options))];
  expect([...(await loaded.predict(rows(9), options))]).toEqual(answers);
  const { project: small } = await own.extract(['open'], { onNote: () => {} });
  const kept = answers.map(({ open }) => ({ open }));
  expect([...(await small.predict(rows(9), options))]).toEqual(kept);

  const manifest = JSON.parse(await readFile(join(folder, 'headgate.json'), 'utf8'));
  expect(manifest.requires).toEqual(['flow', 'parameters', 'thresholds', 'statistics', 'normalise']);
  const flow = parseFlowGraph(JSON.parse(await readFile(join(folder, 'flow.json'), 'utf8')));
  expect(flow.inputs.frame?.normalise).toEqual({ mean: [0.1, 0.2, 0.3], deviation: [0.5, 2, 0.25] });
  const decided = savedDecisions(flow).predict({ open: Float32Array.of(1), size: Float32Array.of(0) });
  expect(decided).toHaveLength(1);

  for (const other of [undefined, 'imagenet'] as const) {
    const error = await declared(other)
      .load(folder)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HeadgateError);
    expect(error).toMatchObject({ code: 'FLOW_MISMATCH' });
  }
  const plain = declared();
  await plain.save(join(folder, 'plain'), { onNote: () => {} });
  expect(JSON.parse(await readFile(join(folder, 'plain/headgate.json'), 'utf8')).requires).not.toContain('normalise');
});

test('the printed graph: bytes in, one cast, one division by 255, then each channel by itself', async () => {
  const lines = (await declared('imagenet').explainGraph({ batchSize: 4 })).split('\n');
  expect(lines[0]).toContain(`batch/input/frame uint8[4,${SIDE},${SIDE},3]`);
  /** The one line that reads this value. */
  const readerOf = (value: string) => {
    const readers = lines.filter((line) => new RegExp(`= \\w+\\(([^)]*[, ])?${value}[,)]`).test(line));
    expect(readers).toHaveLength(1);
    const [, name = '', operation] = /(%\d+) \S+ = (\w+)\(/.exec(readers[0] ?? '') ?? [];
    return { name, operation };
  };
  let value = 'batch/input/frame';
  const operations = [1, 2, 3, 4].map(() => {
    const { name, operation } = readerOf(value);
    value = name;
    return operation;
  });
  expect(operations).toEqual(['Cast', 'Div', 'Sub', 'Div']);
});
