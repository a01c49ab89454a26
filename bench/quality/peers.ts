/** @file Asks the peers in `peers.py` for the rows and labels of our own networks. What they answered is kept. */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Table } from 'headgate';
import type { QualityCase, Setting } from './case.js';
import { BATCH, type Parts, THREADS, usualSteps } from './measure.js';
import type { Contestant, Measured, Scores } from './records.js';
import { countedLabels } from './settings.js';

const program = fileURLToPath(new URL('./peers.py', import.meta.url));
const run = promisify(execFile);

export type PeerName = Exclude<Contestant, 'joint' | 'single'>;
export const peerNames = ['linear', 'trees', 'torch', 'torchSingle'] as const satisfies readonly PeerName[];

/** What peers are asked: one setting and seed. */
export interface PeerJob {
  readonly setting: Setting;
  readonly seed: number;
  readonly parts: Parts;
}

export interface PeerOptions {
  readonly python: string;
  /** Where answers are kept, by what was asked. */
  readonly cache: string;
}

/** The versions of what an interpreter has; null where it lacks scikit-learn or PyTorch. */
export async function peerVersions(python: string): Promise<string | null> {
  const print = 'import sklearn, torch; print("scikit-learn", sklearn.__version__ + ", torch", torch.__version__)';
  try {
    return (await run(python, ['-c', print])).stdout.trim();
  } catch {
    return null;
  }
}

/** Asks only what was not asked before; the answers come in the order of the jobs. */
export async function askPeers(
  quality: QualityCase,
  table: Table,
  jobs: readonly PeerJob[],
  { python, cache }: PeerOptions,
): Promise<readonly Measured[]> {
  const versions = await peerVersions(python);
  if (versions === null) throw new Error(`${python} lacks scikit-learn or PyTorch`);
  const data = dataOf(quality, table);
  const common = createHash('sha256')
    .update(await readFile(program))
    .update(versions)
    .update(JSON.stringify(data));
  const questions = jobs.map((job) => {
    const question = questionOf(quality, table, job);
    const id = common.copy().update(JSON.stringify(question)).digest('hex');
    return { job, question: { id, ...question }, file: path.join(cache, `${id}.json`) };
  });
  const open = questions.filter(({ file }) => !existsSync(file)).map(({ question }) => question);
  await mkdir(cache, { recursive: true });
  if (open.length > 0) await answer({ ...data, jobs: open }, { python, cache });
  const answers: Measured[] = [];
  for (const { job, file } of questions) {
    const scores: Readonly<Record<PeerName, Scores>> = JSON.parse(await readFile(file, 'utf8'));
    const { setting, seed } = job;
    for (const contestant of peerNames) {
      answers.push({ case: quality.name, setting, seed, contestant, scores: scores[contestant] });
    }
  }
  return answers;
}

async function answer(asked: object, { python, cache }: PeerOptions): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'headgate-quality-'));
  try {
    const file = path.join(folder, 'jobs.json');
    await writeFile(file, JSON.stringify(asked));
    const env = { ...process.env, OMP_NUM_THREADS: String(THREADS), MKL_NUM_THREADS: String(THREADS) };
    const child = spawn(python, ['-B', program, file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<number | null>((resolve, reject) => child.once('exit', resolve).once('error', reject));
    // each answer is kept as it comes: a run that is cut short has not worked in vain
    for await (const line of createInterface({ input: child.stdout })) {
      const { id, scores }: { id: string; scores: unknown } = JSON.parse(line);
      await writeFile(path.join(cache, `${id}.json`), JSON.stringify(scores));
    }
    const code = await ended;
    if (code !== 0) throw new Error(`peers.py ended with ${code}; its last words are above`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What all jobs of a case share. Exported for its test. */
export function dataOf({ inputs, tasks, treeColumns }: QualityCase, table: Table): object {
  const [[name, spec], ...others] = Object.entries(inputs) as [[string, QualityCase['inputs'][string]]]; // never empty
  if (others.length > 0) throw new Error('peers read one input');
  const [height, width] = spec.kind === 'image' ? spec.shape : [];
  return {
    inputs: spec.columns === null ? numbersOf(table, name) : matrix(table, spec.columns),
    image: spec.kind === 'image' ? [height, width] : null,
    trees: treeColumns
      ? {
          values: matrix(table, [...treeColumns.numbers, ...treeColumns.categories]),
          categories: treeColumns.categories.map((_, i) => treeColumns.numbers.length + i),
        }
      : null,
    tasks: Object.entries(tasks).map(([task, { kind, metric }]) => ({
      name: task,
      type: kind.kind === 'binary' ? 'binary' : kind.kind === 'classification' ? 'classes' : 'number',
      classes: kind.units,
      metric,
    })),
  };
}

function matrix(table: Table, columns: readonly string[]): unknown[][] {
  const read = columns.map((name) => table.column(name));
  return Array.from({ length: table.rows }, (_, row) => read.map((column) => column.value(row)));
}

/** Rows of a tensor column, flat. */
function numbersOf(table: Table, name: string): number[][] {
  return Array.from({ length: table.rows }, (_, row) => Array.from(table.value(row, name) as ArrayLike<number>)); // a tensor's row
}

/** One job; labels that do not count are null, classes are their numbers. Exported for its test. */
export function questionOf({ tasks }: QualityCase, table: Table, { seed, parts: { train, test } }: PeerJob): object {
  const places = new Map([...table.ids].map((id, row) => [id, row]));
  const rows = (part: Table): (number | undefined)[] => [...part.ids].map((id) => places.get(id));
  const labels = (part: Table): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(tasks).map(([name, { kind }]) => [
        name,
        countedLabels(part, tasks, name).map((label) => numberOf(label, kind.options)),
      ]),
    );
  return {
    seed,
    steps: usualSteps(train.rows),
    batch: BATCH,
    train: rows(train),
    test: rows(test),
    labels: labels(train),
    truth: labels(test),
  };
}

function numberOf(label: unknown, options: unknown): number | null {
  if (label === null) return null;
  const classes: unknown = typeof options === 'object' && options !== null && Reflect.get(options, 'classes');
  return Array.isArray(classes) ? classes.indexOf(label) : Number(label);
}
