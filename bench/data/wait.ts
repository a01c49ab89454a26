/**
 * @file The share of its steps' time in which the security camera waits for data, as the fit itself measures it: its frames in a
 * table; frames of noise streamed from Parquet that is larger than its pool; PNG files, decoded, and from the cache.
 *
 *   npx tsx bench/data/wait.ts
 *   --rows N         default 6000
 *   --epochs N       default 3
 *   --engine NAME    default onnx
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type DataLike, type EngineName, imagesIn, sqlSource, type Table } from 'headgate';
import sharp from 'sharp';
import { generate, side } from '../../flows/security-camera/generator.js';
import { declareCamera } from '../../flows/security-camera/project.js';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '6000' },
    epochs: { type: 'string', default: '3' },
    engine: { type: 'string', default: 'onnx' },
  },
});
const rows = Number(options.rows);

async function printShares(name: string, data: DataLike): Promise<void> {
  const camera = declareCamera(1);
  const { epochs } = await camera.fit(data, {
    ...{ epochs: Number(options.epochs), batchSize: 64, seed: 1, progress: false, onNote: () => {} },
    engine: options.engine as EngineName, // `fit` refuses what is none
  });
  camera.dispose();
  const each = epochs.map(({ dataWait, seconds }) => `${(dataWait * 100).toFixed(1)} % of ${seconds.toFixed(1)} s`);
  console.log(`${name.padEnd(28)} waits ${each.join(', ')}`);
}

/** Frames that are no pictures, beside labels. */
const framesBy = (frame: string): string => `SELECT random() < 0.1 AS cameraBlocked, random() < 0.5 AS doorOpen,
  random() < 0.5 AS personPresent, ${frame} AS frame FROM range(${rows}) r(i)`;
const size = side * side * 3;
const list = `list_transform(range(${size}), k -> (random() * 255)::UTINYINT)::UTINYINT[${size}]`;
const bytes = `from_hex(repeat(md5(i::VARCHAR), ${size / 16}))`;

async function pngFiles(table: Table, folder: string): Promise<Table> {
  await mkdir(folder);
  const names = Array.from({ length: table.rows }, (_, row) => `${String(row).padStart(6, '0')}.png`);
  for (const [row, name] of names.entries()) {
    const frame = table.value(row, 'frame');
    if (!(frame instanceof Uint8Array)) throw new Error('a frame is bytes');
    await sharp(frame, { raw: { width: side, height: side, channels: 3 } }).toFile(path.join(folder, name));
  }
  return table.drop('frame').with('file', names);
}

const folder = await mkdtemp(path.join(tmpdir(), 'headgate-wait-'));
try {
  const table = generate({ rows, seed: 1 });
  await printShares('a table', table);
  for (const [name, frame] of [
    ['Parquet, bytes', bytes],
    ['Parquet, lists of bytes', list],
  ] as const) {
    const parquet = await sqlSource(framesBy(frame), { poolRows: 2048 });
    await printShares(name, parquet);
    parquet.close();
  }
  const root = path.join(folder, 'frames');
  const files = await pngFiles(table, root);
  const images = { column: 'file', as: 'frame', root, height: side, width: side };
  await printShares('PNG files, decoded', await imagesIn(files, images));
  const cache = path.join(folder, 'pixels');
  await printShares('PNG files, with a cache', await imagesIn(files, { ...images, cache }));
} finally {
  await rm(folder, { recursive: true, force: true });
}
