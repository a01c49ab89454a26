/**
 * @file Images per second of processor time: decoded, and from the cache of pixels, beside PIL where an interpreter has it.
 *
 * JPEGs that this script makes: thumbnails of 64×64, and photos of 500×375 that are resized to 224×224. Of each, four readings of all rows:
 * without a cache; into an empty cache; from the cache in the same source; from the cache in a source that is opened anew,
 * which has to look at what the files hold. Processor time is that of all threads (`process.cpuUsage`, `time.process_time`).
 * PIL decodes, resizes (bilinear, cut to the same shape) and makes an array of numpy, in one thread.
 *
 *   npx tsx bench/data/images.ts
 *   --thumbnails N   default 20000
 *   --photos N       default 2000
 *   --python PATH    an interpreter with PIL and numpy
 *   --turns N        default 3: each reading of ours and of PIL's, in turns; the median is shown, and the range
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type ImageSource, type ImageSourceOptions, imageFolder, uniforms } from 'headgate';
import sharp from 'sharp';

const { values: options } = parseArgs({
  options: {
    thumbnails: { type: 'string', default: '20000' },
    photos: { type: 'string', default: '2000' },
    turns: { type: 'string', default: '3' },
    python: { type: 'string' },
  },
});

interface Workload {
  readonly name: string;
  readonly count: number;
  /** Pixels of a file. */
  readonly width: number;
  readonly height: number;
  /** Pixels of a row. */
  readonly size: number;
}

const workloads: readonly Workload[] = [
  { name: '64×64', count: Number(options.thumbnails), width: 64, height: 64, size: 64 },
  { name: '500×375 to 224', count: Number(options.photos), width: 500, height: 375, size: 224 },
];

/** Soft shapes with a little grain, each file another one. */
async function makeFiles(folder: string, { count, width, height }: Workload): Promise<void> {
  for (let i = 0; i < count; i++) {
    const coarse = uniforms({ seed: 1, stream: 'coarse', counter: i }, 8 * 6 * 3);
    const grain = uniforms({ seed: 1, stream: 'grain', counter: i }, width * height * 3);
    const shapes = sharp(
      Uint8Array.from(coarse, (value) => value * 255),
      { raw: { width: 8, height: 6, channels: 3 } },
    );
    const pixels = await shapes.resize({ width, height, fit: 'fill' }).raw().toBuffer();
    const grained = pixels.map((value, k) => Math.max(0, Math.min(255, value + ((grain[k] ?? 0) - 0.5) * 12)));
    const file = sharp(grained, { raw: { width, height, channels: 3 } }).jpeg({ quality: 90 });
    await file.toFile(path.join(folder, `${String(i).padStart(6, '0')}.jpg`));
  }
}

/** Rows for each second of processor time. */
async function rate(source: ImageSource): Promise<number> {
  const before = process.cpuUsage();
  let rows = 0;
  for await (const { table } of source.read(null, null)) rows += table.column('image').rows;
  const { user, system } = process.cpuUsage(before);
  return rows / ((user + system) / 1e6);
}

type Rates = Record<string, number>;

async function ours(folder: string, { size }: Workload): Promise<Rates> {
  const cache = await mkdtemp(path.join(tmpdir(), 'headgate-pixels-'));
  const made: ImageSourceOptions = { height: size, width: size };
  try {
    const plain = await rate(await imageFolder(folder, made));
    const source = await imageFolder(folder, { ...made, cache });
    const filling = await rate(source);
    const cached = await rate(source);
    const again = await imageFolder(folder, { ...made, cache });
    const anew = await rate(again);
    if (source.counts().decoded !== source.rows || again.counts().decoded !== 0)
      throw new Error('the cache was not used');
    return {
      'without a cache': plain,
      'filling the cache': filling,
      'from the cache': cached,
      'from the cache, opened anew': anew,
    };
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

const peer = path.join(import.meta.dirname, '../peers/images.py');

async function theirs(folder: string, { size }: Workload): Promise<Rates> {
  if (options.python === undefined) return {};
  const { stdout } = await promisify(execFile)(options.python, [peer, folder, String(size)]);
  return { 'PIL and numpy': Number(stdout) };
}

function printRates(name: string, turns: readonly Rates[]): void {
  for (const reading of Object.keys(turns[0] ?? {})) {
    const sorted = turns.map((turn) => turn[reading] ?? Number.NaN).sort((a, b) => a - b);
    const [low, middle, high] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map((k) =>
      Math.round(sorted[k] ?? 0),
    );
    console.log(
      `${name.padEnd(16)} ${reading.padEnd(28)} ${String(middle).padStart(7)} a processor-second (${low} to ${high})`,
    );
  }
}

for (const workload of workloads) {
  const folder = await mkdtemp(path.join(tmpdir(), 'headgate-images-'));
  try {
    await makeFiles(folder, workload);
    const turns: Rates[] = [];
    for (let turn = 0; turn < Number(options.turns); turn++) {
      turns.push({ ...(await ours(folder, workload)), ...(await theirs(folder, workload)) });
    }
    printRates(workload.name, turns);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
