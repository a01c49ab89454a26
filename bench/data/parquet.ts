/**
 * @file One epoch of shuffled batches from Parquet that is larger than what is held in memory: rows a second, processor
 * time and peak memory; beside PyArrow and torch's DataLoader on the same file, where --python is given.
 *
 * npx tsx bench/data/parquet.ts [--rows 5000000] [--batch 1024] [--file PATH] [--blocks 122880] [--python PATH]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { streamFeed } from '../../src/data/stream-feed.js';
import { binary, Project, parquetSource, vector } from '../../src/index.js';
import { layoutOf } from '../../src/tasks/layout.js';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '5000000' },
    batch: { type: 'string', default: '1024' },
    /** Kept, and used again where it is there. */
    file: { type: 'string' },
    python: { type: 'string' },
    /** `chunks` reads the source alone, without binding batches; `batches` leaves that out. */
    only: { type: 'string' },
    /** Rows of a block. */
    blocks: { type: 'string' },
  },
});
const rows = Number(values.rows);
const batchSize = Number(values.batch);
const features = Array.from({ length: 16 }, (_, i) => `f${i}`);
const labels = Array.from({ length: 20 }, (_, i) => `l${i}`);
const folder = values.file === undefined ? mkdtempSync(path.join(tmpdir(), 'headgate-bench-')) : null;
const file = values.file ?? path.join(folder ?? '', 'rows.parquet');

/** 16 floats, 20 labels of which three in ten are missing, zstd, row groups as DuckDB makes them. */
async function write(): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '400MB' });
  const connection = await instance.connect();
  const columns = [
    'i AS id',
    ...features.map((name) => `random()::FLOAT AS ${name}`),
    ...labels.map((name) => `CASE WHEN random() < 0.3 THEN NULL ELSE (random() < 0.5)::TINYINT END AS ${name}`),
  ];
  const sql = `SELECT ${columns.join(', ')} FROM range(${rows}) r(i)`;
  await connection.run(`COPY (${sql}) TO '${file.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`);
  connection.closeSync();
  instance.closeSync();
}

interface Measured {
  readonly rows: number;
  readonly seconds: number;
  readonly processorSeconds: number;
}

async function measured(epoch: () => Promise<number>): Promise<Measured> {
  const processor = process.cpuUsage();
  const start = performance.now();
  const read = await epoch();
  const { user, system } = process.cpuUsage(processor);
  return { rows: read, seconds: (performance.now() - start) / 1000, processorSeconds: (user + system) / 1e6 };
}

function report(name: string, { rows: read, seconds, processorSeconds }: Measured, peak: number): void {
  const perSecond = Math.round(read / seconds).toLocaleString('en');
  const perProcessor = Math.round(read / processorSeconds).toLocaleString('en');
  console.log(
    `${name}: ${perSecond} rows/s, ${perProcessor} rows/processor-second, peak RSS ${peak} MB (${read} rows)`,
  );
}

const peakMegabytes = () => Math.round(process.resourceUsage().maxRSS / 1024);

/** How far the order is from that of the file. */
function quality(ids: Uint32Array): string {
  const mean = (ids.length - 1) / 2;
  let product = 0;
  let square = 0;
  for (let place = 0; place < ids.length; place++) {
    product += (place - mean) * ((ids[place] as number) - mean); // every place has a row
    square += (place - mean) ** 2;
  }
  let parts = 0;
  let batches = 0;
  for (let start = 0; start + batchSize <= ids.length; start += batchSize * 50, batches++) {
    parts += new Set(Array.from(ids.subarray(start, start + batchSize), (id) => Math.floor((id * 1000) / ids.length)))
      .size;
  }
  const correlation = (product / square).toFixed(4);
  return `correlation of a row's place in the file and in the epoch ${correlation}; thousandths of the file in a batch of ${batchSize}: ${(parts / batches).toFixed(0)}`;
}

async function main(): Promise<void> {
  if (!existsSync(file)) await write();
  console.log(`${file}: ${Math.round(statSync(file).size / 2 ** 20)} MB`);
  const project = new Project({
    name: 'bench',
    inputs: { x: vector({ columns: features, standardise: false }) },
    tasks: Object.fromEntries(labels.map((name) => [name, binary()])),
  }).flow('full', (task, x) => labels.map((name) => (task[name] as NonNullable<(typeof task)[string]>)(x.features))); // declared above
  const source = await parquetSource(file, {
    columns: [...features, ...labels],
    ...(values.blocks === undefined ? {} : { blockRows: Number(values.blocks) }),
  });
  const order = new Uint32Array(source.rows);
  const chunks = async () => {
    let read = 0;
    for await (const { ids } of source.read({ seed: 1, epoch: 0 }, null)) {
      order.set(ids, read);
      read += ids.length;
    }
    return read;
  };
  if (values.only !== 'batches') {
    report('parquetSource, chunks', await measured(chunks), peakMegabytes());
    console.log(quality(order));
  }
  if (values.only !== 'chunks') {
    const feed = streamFeed(source, layoutOf(project.resolved), { batchSize, seed: 1 });
    const batches = async () => {
      let read = 0;
      for await (const { batch } of feed.batches(1, null)) read += batch.rows;
      return read;
    };
    report('parquetSource, batches', await measured(batches), peakMegabytes());
  }
  source.close();
  if (values.python === undefined) return;
  const program = fileURLToPath(new URL('../peers/parquet.py', import.meta.url));
  spawnSync(values.python, ['-B', program, file, String(batchSize)], { stdio: 'inherit' });
}

await main().finally(() => {
  if (folder !== null) rmSync(folder, { recursive: true });
});
