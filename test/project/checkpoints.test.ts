/** @file Checkpoints on disk: a run that is killed anywhere and resumed is the run that was never stopped. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { adamW, along, maskedLanguageModel, Project, sgd, text, tf } from '../../src/index.js';
import { numberedWords, wordTokenizer } from '../support/word-tokenizer.js';
import { type Case, declared, options, rows, run } from './checkpointed.js';

const made: string[] = [];
const folder = (): string => {
  made.push(mkdtempSync(path.join(tmpdir(), 'headgate-checkpoints-')));
  return made.at(-1) ?? '';
};
afterAll(() => {
  for (const one of made) rmSync(one, { recursive: true });
});

const names = (dir: string) => readdirSync(dir).sort();
const step = (count: number) => `step-${String(count).padStart(9, '0')}`;

const script = path.join(import.meta.dirname, 'checkpointed.ts');

/** @param after steps seen after which the parent kills it, some milliseconds later; null: it is left alone */
function child(of: Case, engine: string, dir: string, killed: number, after: readonly [number, number] | null = null) {
  const spawned = spawn(process.execPath, ['--import', 'tsx', script, of, engine, dir, String(killed)]);
  let [out, log] = ['', ''];
  spawned.stdout.on('data', (text) => {
    out += text;
  });
  spawned.stderr.on('data', (text) => {
    log += text;
    if (after !== null && log.split('step ').length > after[0]) setTimeout(() => spawned.kill('SIGKILL'), after[1]);
  });
  return new Promise<{ out: string; log: string; signal: string | null }>((done) =>
    spawned.on('close', (_, signal) => done({ out, log, signal })),
  );
}

for (const [of, engine, kills] of [
  ['table', 'cpu', [1, 6, 12]],
  ['table', 'onnx', [5]],
  ['stream', 'cpu', [2, 8]],
  ['stream', 'onnx', [6]],
  ['learnt weights', 'cpu', [5]],
  ['averages', 'cpu', [5]],
] as const) {
  test(`${of}, ${engine}: killed at steps ${kills.join(', ')} and resumed in another process: the same bytes`, async () => {
    const [dir, whole] = [folder(), await run(of, engine)];
    for (const at of kills) {
      const { signal, log } = await child(of, engine, dir, at);
      expect(signal, log).toBe('SIGKILL');
    }
    const { out, log, signal } = await child(of, engine, dir, 0);
    expect(signal, log).toBe(null);
    expect(out).toBe(whole);
    // It went on one step before the last kill: that step's checkpoint was not written yet.
    expect(log.split('\n')[0]).toBe(`step ${kills.at(-1)}`);
    expect(names(dir)).toEqual([step(11), step(12)]);
  }, 120_000);
}

test('killed from outside at moments of its own, also while it writes: always a run that goes on, to the same bytes', async () => {
  const [dir, whole] = [folder(), await run('table', 'cpu')];
  for (let kill = 0; kill < 3; kill++) await child('table', 'cpu', dir, 0, [2, kill * 5]);
  expect((await child('table', 'cpu', dir, 0)).out).toBe(whole);
  expect(names(dir)).toEqual([step(11), step(12)]);
}, 120_000);

/** A folder with the checkpoints of steps 3, 6, 9 of a run of 4 epochs. */
async function stopped(): Promise<string> {
  const dir = folder();
  const onEpochEnd = ({ epoch }: { epoch: number }) => {
    if (epoch === 4) throw new Error('power cut');
  };
  await expect(run('table', 'cpu', { checkpoints: { dir }, onEpochEnd })).rejects.toThrow('power cut');
  expect(names(dir)).toEqual([step(3), step(6), step(9)]);
  return dir;
}

test('a damaged newest one is passed over with a note; where all are, that is an error', async () => {
  const [origin, whole] = [await stopped(), await run('table', 'cpu')];
  const damages: ((file: string) => void)[] = [
    (file) => truncateSync(file, readFileSync(file).length - 3),
    (file) =>
      writeFileSync(
        file,
        readFileSync(file).map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
      ),
    (file) => rmSync(file),
  ];
  for (const file of names(path.join(origin, step(9)))) {
    for (const damage of damages) {
      const dir = folder();
      cpSync(origin, dir, { recursive: true });
      damage(path.join(dir, step(9), file));
      const codes: string[] = [];
      const seen: number[] = [];
      const resumed = await run('table', 'cpu', {
        resume: dir,
        onNote: ({ code, path: about }) => codes.push(`${code} ${about}`),
        onEpochEnd: ({ epoch }) => seen.push(epoch),
      });
      expect(resumed).toBe(whole);
      expect(codes.filter((code) => code.startsWith('CHECKPOINT'))).toEqual([
        `CHECKPOINT_DAMAGED ${path.join(dir, step(9))}`,
      ]);
      expect(seen).toEqual([3, 4]);
    }
  }
  for (const name of names(origin)) rmSync(path.join(origin, name, 'state.json'));
  await expect(run('table', 'cpu', { resume: origin })).rejects.toMatchObject({ code: 'NO_CHECKPOINT', path: origin });
}, 60_000);

test('another run than the one that is resumed is refused, and nothing is written', async () => {
  const dir = await stopped();
  const refused = async (path: string, more: object, data: readonly object[] = rows, project = declared()) => {
    const given = { ...options('table', 'cpu'), resume: dir, checkpoints: { dir }, ...more };
    await expect(project.fit(data, given)).rejects.toMatchObject({ code: 'CANNOT_CONTINUE', path });
    expect(names(dir)).toEqual([step(3), step(6), step(9)]);
  };
  await refused('seed', { seed: 6 });
  await refused('batchSize', { batchSize: 5 });
  await refused('optimizer', { optimizer: sgd() });
  await refused('epochs', { epochs: 5 });
  await refused('clipNorm', { clipNorm: 1 });
  await refused('backbone', {}, rows, declared(6));
  await refused('rows', {}, [...rows, ...rows]);
  await refused(
    'data',
    {},
    rows.map((row) => ({ ...row, age: row.age === null ? null : row.age * 2 })),
  );
}, 60_000);

test('a later format is no damage, and options that contradict each other are refused', async () => {
  const dir = await stopped();
  const file = path.join(dir, step(9), 'checkpoint.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"version": 1', '"version": 2'));
  const code = async (more: object) => {
    const given = { ...options('table', 'cpu'), ...more };
    return declared()
      .fit(rows, given)
      .then(
        () => 'none',
        (error: { code: string }) => error.code,
      );
  };
  expect(await code({ resume: dir })).toBe('NEWER_FORMAT');
  expect(await code({ resume: folder() })).toBe('NO_CHECKPOINT');
  expect(await code({ resume: path.join(dir, 'nowhere') })).toBe('NO_CHECKPOINT');
  expect(await code({ resume: 'ifThere' })).toBe('INVALID_OPTIONS');
  expect(await code({ resume: dir, continue: true })).toBe('INVALID_OPTIONS');
  expect(await code({ checkpoints: { dir } })).toBe('CHECKPOINTS_EXIST');
  expect(await code({ checkpoints: { dir: path.join(file, 'within') } })).toBe('SAVE_FAILED');
}, 60_000);

test('two fits into one folder: the second is refused, and may begin when the first has ended', async () => {
  const dir = folder();
  const second = { ...options('table', 'cpu'), checkpoints: { dir } };
  const refusals: unknown[] = [];
  await declared().fit(rows, {
    ...second,
    optimizer: adamW(),
    onEpochEnd: async () => {
      refusals.push(
        await declared()
          .fit(rows, second)
          .catch((error: { code: string }) => error.code),
      );
    },
  });
  expect(refusals).toEqual(Array.from({ length: refusals.length }, () => 'RUN_IN_USE'));
  expect(refusals.length).toBeGreaterThan(0);
  expect(names(dir).filter((name) => name.startsWith('.'))).toEqual([]);
  expect((await declared().fit(rows, { ...second, optimizer: adamW(), resume: dir })).ended).toBeDefined();
}, 60_000);

test('a run that was told to stop is over when it is resumed, and one that was aborted goes on', async () => {
  const dir = folder();
  const controller = new AbortController();
  const whole = await run('stream', 'cpu');
  const first = await run('stream', 'cpu', {
    checkpoints: { dir },
    signal: controller.signal,
    watchers: [{ name: 'abort', on: (event) => event.kind === 'step' && event.total === 5 && controller.abort() }],
  });
  expect(JSON.parse(first)).toMatchObject({ ended: 'aborted', steps: 5 });
  expect(names(dir)).toEqual([step(3), step(5)]);
  expect(await run('stream', 'cpu', { resume: dir })).toBe(whole);

  const other = folder();
  const onEpochEnd = ({ epoch }: { epoch: number }) => (epoch === 2 ? 'stop' : undefined);
  const ended = await run('table', 'cpu', { checkpoints: { dir: other }, onEpochEnd });
  expect(JSON.parse(ended)).toMatchObject({ ended: 'stopped', steps: 6 });
  expect(await run('table', 'cpu', { resume: other })).toBe(ended);
}, 60_000);

test('masked language models: the tokens that are hidden are those of a run that never stopped', async () => {
  const tokenizer = wordTokenizer(numberedWords(6));
  const lines = Array.from({ length: 10 }, (_, i) => ({
    line: [0, 1, 2, 3].map((j) => `w${(i + j) % 6}`).join(' '),
  }));
  const trained = async (more: object) => {
    const project = new Project({
      name: 'lines',
      inputs: { line: text({ tokenizer, length: 4 }) },
      tasks: { word: along('token', maskedLanguageModel({ tokenizer })) },
      backbone: ({ line }) => ({
        tokens: tf.layers.embedding({ inputDim: tokenizer.size, outputDim: 4 }).apply(line) as tf.SymbolicTensor,
      }),
      onNote: () => {},
    }).flow('all', (task, x) => [task.word(x.tokens)]);
    const given = { engine: 'cpu', epochs: 3, batchSize: 4, progress: false, seed: 2, ...more } as const;
    const history = await project.fit(lines, given);
    const weights = project.model.weights.map((weight) => Array.from(weight.read().dataSync()));
    return { weights, losses: history.epochs.map(({ loss }) => loss) };
  };
  const [dir, whole] = [folder(), await trained({})];
  const stop = (event: { kind: string; total?: number }) => {
    if (event.kind === 'step' && event.total === 5) throw new Error('power cut');
  };
  const watchers = [{ name: 'stop', on: stop }];
  await expect(trained({ checkpoints: { dir, everySteps: 1 }, watchers })).rejects.toThrow('power cut');
  expect(names(dir)).toEqual([step(2), step(3), step(4)]);
  expect(await trained({ resume: dir })).toEqual(whole);
});

test('a project with pathways is refused before any row is read', async () => {
  const dir = folder();
  const project = declared();
  await project.pathways.assign({ sparsity: 0.5, method: 'magnitude' });
  for (const more of [{ checkpoints: { dir } }, { resume: dir }]) {
    const fitted = project.fit(rows, { ...options('table', 'cpu'), ...more });
    await expect(fitted).rejects.toMatchObject({ code: 'INVALID_OPTIONS', path: `fit.${Object.keys(more)[0]}` });
  }
  expect(names(dir)).toEqual([]);
});
