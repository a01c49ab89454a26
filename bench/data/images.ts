/**
 * @file Images per second of processor time: decoded, and from the cache of pixels, beside PyTorch's DataLoader with PIL.
 *
 * JPEGs that this script makes: thumbnails of 64×64, and photos of 500×375 and of 1600×1200 that are resized to 224×224. Of each, four
 * readings of all rows: without a cache; into an empty cache; from the cache in the same source; from the cache in a source that is
 * opened anew. Processor time is that of all threads and workers. PIL decodes, resizes (bilinear, cut to the same shape) and makes an
 * array of numpy. How long the event loop had to wait meanwhile is measured, too: decoding runs in the threads of libuv.
 * Then what augmentations cost, of 64×64 frames in memory.
 *
 *   npx tsx bench/data/images.ts
 *   --thumbnails N   default 20000
 *   --photos N       default 2000, of each size
 *   --python PATH    an interpreter with torch, PIL and numpy
 *   --turns N        default 3: each reading of ours and of PIL's, in turns; the median is shown, and the range
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import {
  boundedRegression,
  crop,
  flip,
  type ImageSource,
  type ImageSourceOptions,
  image,
  imageFolder,
  noise,
  Project,
  shift,
  Table,
  uniforms,
} from 'headgate';
import sharp from 'sharp';
import { createAugmenter } from '../../src/data/augment/augmenter.js';
import { augmentOption } from '../../src/data/augment/options.js';
import { bindTable } from '../../src/data/bind.js';
import { tableFeed } from '../../src/data/feed.js';
import { layoutOf } from '../../src/tasks/layout.js';

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

const photos = Number(options.photos);
const workloads: readonly Workload[] = [
  { name: '64×64', count: Number(options.thumbnails), width: 64, height: 64, size: 64 },
  { name: '500×375 to 224', count: photos, width: 500, height: 375, size: 224 },
  { name: '1600×1200 to 224', count: photos, width: 1600, height: 1200, size: 224 },
];

/** Pictures that differ in more than a comment. */
const PICTURES = 40;

/** Soft shapes with a little grain. Each file is another one, by a comment that says its number. */
async function makeFiles(folder: string, { count, width, height }: Workload): Promise<void> {
  const pictures = await Promise.all(Array.from({ length: PICTURES }, (_, i) => makePicture(i, width, height)));
  for (let i = 0; i < count; i++) {
    const picture = pictures[i % PICTURES] ?? Buffer.alloc(0);
    const text = Buffer.from(`number ${i}`);
    const comment = Buffer.from([0xff, 0xfe, 0, text.length + 2]); // a JPEG's marker of a comment, and its length
    const bytes = Buffer.concat([picture.subarray(0, 2), comment, text, picture.subarray(2)]);
    await writeFile(path.join(folder, `${String(i).padStart(6, '0')}.jpg`), bytes);
  }
}

async function makePicture(i: number, width: number, height: number): Promise<Buffer> {
  const coarse = uniforms({ seed: 1, stream: 'coarse', counter: i }, 8 * 6 * 3);
  const grain = uniforms({ seed: 1, stream: 'grain', counter: i }, width * height * 3);
  const shapes = sharp(
    Uint8Array.from(coarse, (value) => value * 255),
    { raw: { width: 8, height: 6, channels: 3 } },
  );
  const pixels = await shapes.resize({ width, height, fit: 'fill' }).raw().toBuffer();
  for (const [k, value] of pixels.entries())
    pixels[k] = Math.max(0, Math.min(255, value + ((grain[k] ?? 0) - 0.5) * 12));
  return await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** How often a timer asks for its turn: oftener, and asking itself would take a tenth of the time. */
const EVERY_MILLISECONDS = 20;

/** How late a timer comes while something else goes on, in milliseconds, the latest last. */
function watchTimer(): () => readonly number[] {
  const late: number[] = [];
  let expected = performance.now() + EVERY_MILLISECONDS;
  const timer = setInterval(() => {
    const now = performance.now();
    late.push(Math.max(0, now - expected));
    expected = now + EVERY_MILLISECONDS;
  }, EVERY_MILLISECONDS);
  return () => {
    clearInterval(timer);
    return late.sort((a, b) => a - b);
  };
}

/** Rows for each second of processor time. */
async function rate(source: ImageSource, reading: string): Promise<number> {
  const watched = watchTimer();
  const before = process.cpuUsage();
  let rows = 0;
  for await (const { table } of source.read(null, null)) rows += table.column('image').rows;
  const { user, system } = process.cpuUsage(before);
  const late = watched();
  const [half, most, worst] = [0.5, 0.99, 1].map((share) =>
    (late[Math.max(0, Math.ceil(late.length * share) - 1)] ?? 0).toFixed(1),
  );
  console.log(`  ${reading}: a timer comes ${half} ms late, one in a hundred ${most} ms, at most ${worst} ms`);
  return rows / ((user + system) / 1e6);
}

type Rates = Record<string, number>;

async function ours(folder: string, { size }: Workload): Promise<Rates> {
  const cache = await mkdtemp(path.join(tmpdir(), 'headgate-pixels-'));
  const made: ImageSourceOptions = { height: size, width: size };
  try {
    const plain = await rate(await imageFolder(folder, made), 'without a cache');
    const source = await imageFolder(folder, { ...made, cache });
    const filling = await rate(source, 'filling the cache');
    const cached = await rate(source, 'from the cache');
    const again = await imageFolder(folder, { ...made, cache });
    const anew = await rate(again, 'opened anew');
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
  return JSON.parse(stdout) as Rates; // the peer writes it so
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
    await new Promise((resolve) => setTimeout(resolve, 2500)); // what has just been written is not taken for known
    const turns: Rates[] = [];
    for (let turn = 0; turn < Number(options.turns); turn++) {
      turns.push({ ...(await ours(folder, workload)), ...(await theirs(folder, workload)) });
    }
    printRates(workload.name, turns);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Batches of frames in memory, by themselves: what a step waits for. */
async function augmentations(): Promise<Rates> {
  const rows = 2000;
  const frames = Uint8Array.from(
    uniforms({ seed: 1, stream: 'frames', counter: 0 }, rows * 64 * 64 * 3),
    (x) => x * 256,
  );
  const { resolved } = new Project({
    name: 'frames',
    inputs: { frame: image({ height: 64, width: 64, channels: 3 }) },
    tasks: { x: boundedRegression({ min: 0, max: 64 }) },
  }).flow('full', (task, x) => [task.x(x.features)]);
  const layout = layoutOf(resolved);
  const table = Table.fromColumns({
    frame: { data: frames, shape: [64, 64, 3] },
    x: Array.from({ length: rows }, (_, i) => i % 65),
  });
  const dataset = bindTable(table, layout);
  const rates: Rates = {};
  for (const [name, steps] of Object.entries({
    'no augmentation': null,
    flip: [flip()],
    'flip and shift': [flip(), shift({ x: 4, y: 4 })],
    crop: [crop({ least: 0.8 })],
    noise: [noise({ deviation: 0.02 })],
  })) {
    const given = { frame: { steps, moves: { x: ['x'] } } };
    const augment =
      steps === null
        ? null
        : createAugmenter(layout, { augment: augmentOption.read(given, 'augment'), seed: 1, only: null }).augment;
    const feed = tableFeed(dataset, { batchSize: 32, seed: 1, mixesRows: false, augment });
    const before = process.cpuUsage();
    let read = 0;
    for await (const { batch } of feed.batches(0, null)) read += batch.rows;
    const { user, system } = process.cpuUsage(before);
    rates[name] = read / ((user + system) / 1e6);
  }
  return rates;
}

await augmentations(); // compiled by now
const turns: Rates[] = [];
for (let turn = 0; turn < Number(options.turns); turn++) turns.push(await augmentations());
printRates('augmented 64×64', turns);
