/** @file The folder of checkpoints: every value comes back, and a writer may die at any call. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeExact, encodeExact } from '../../src/deploy/checkpoints/exact-json.js';
import { CheckpointWriter, newestCheckpoint } from '../../src/deploy/checkpoints/folder.js';
import { fingerprint } from '../../src/deploy/manifest.js';
import type { FitState } from '../../src/train/state.js';
import { crashingFiles } from './crashing-files.js';
import { freshFolder } from './saved-model.js';

const odd = new Float32Array(Uint32Array.of(0x7fc00001, 0x80000000, 0x7f800000, 1).buffer);

/** With every kind of tensor, and numbers that JSON has not. */
const stateAt = (steps: number): FitState => ({
  tensors: {
    'head/a': { shape: [2, 2], dtype: 'float32', data: odd },
    'adam/count': { shape: [], dtype: 'int32', data: Int32Array.of(steps) },
    mask: { shape: [3], dtype: 'bool', data: Uint8Array.of(1, 0, 1) },
    none: { shape: [0, 4], dtype: 'float32', data: new Float32Array(0) },
  },
  cursor: { epoch: 1, step: steps, mark: { $number: 'own', $$: [1, null, 'x'], place: 3 } },
  steps,
  running: {
    sums: { sums: [0.1 + 0.2, -0], counts: [3, 0], total: Number.NaN, penalty: 0, batches: 2 },
    seconds: 1.5,
    learningRate: 5e-324,
  },
  records: [
    {
      ...{ epoch: 1, loss: Number.POSITIVE_INFINITY, tasks: { open: null, 'a.b': 1 / 3 }, penalty: 0 },
      ...{ weights: { open: 1, 'a.b': 2 }, learningRate: 1e-3, seconds: 2, dataWait: 0.25 },
      validation: { loss: 1, tasks: { open: 1 }, metrics: { open: { accuracy: null } } },
    },
  ],
  startedAnew: ['moments'],
  best: {
    epoch: 1,
    monitor: 'validation loss',
    value: 1,
    weights: { w: { shape: [1], dtype: 'float32', data: odd.slice(3) } },
  },
  watchers: { mine: { least: Number.NEGATIVE_INFINITY } },
  run: { optimizer: 'adam', seed: -3, rows: null, batchSize: 4 },
});

const checkpoint = (steps: number) => ({ state: stateAt(steps), facts: { seed: '3' } });

test('a state comes back to the bit: NaN and its payload, -0, infinities, keys that begin with $', async () => {
  const dir = freshFolder();
  await new CheckpointWriter(dir, 3, null).write(checkpoint(7));
  const found = await newestCheckpoint(dir);
  expect(found).toEqual({ ...checkpoint(7), notes: [] });
  const [read] = [found?.state.tensors['head/a']?.data ?? new Float32Array(0)];
  expect(Buffer.from(read.buffer, read.byteOffset, read.byteLength)).toEqual(Buffer.from(odd.buffer));
  expect(Object.is(found?.state.running.sums.sums[1], -0)).toBe(true);
  const text = JSON.parse('{"__proto__":{"$x":-0},"a":[1]}');
  const back = decodeExact(JSON.parse(JSON.stringify(encodeExact(text))));
  expect(Object.keys(Object(back))).toEqual(['__proto__', 'a']);
});

test('what does not fit together is damage, checksums or not', async () => {
  const dir = freshFolder();
  await new CheckpointWriter(dir, 3, null).write(checkpoint(7));
  const at = (name: string) => join(dir, 'step-000000007', name);
  const manifest = JSON.parse(readFileSync(at('checkpoint.json'), 'utf8'));
  const state = JSON.parse(readFileSync(at('state.json'), 'utf8'));
  const code = async (changed: object) => {
    const bytes = Buffer.from(JSON.stringify(changed));
    writeFileSync(at('state.json'), bytes);
    const files = { ...manifest.files, 'state.json': fingerprint(bytes) };
    writeFileSync(at('checkpoint.json'), JSON.stringify({ ...manifest, files }));
    return newestCheckpoint(dir).then(
      () => 'read',
      (error: { code: string; problem: string }) => `${error.code} ${/[A-Z_]{9,}/.exec(error.problem)?.[0]}`,
    );
  };
  expect(await code(state)).toBe('read');
  expect(await code({ ...state, best: null })).toBe('NO_CHECKPOINT INVALID_MODEL_FILE');
  expect(await code({ ...state, steps: -1 })).toBe('NO_CHECKPOINT INVALID_MODEL_FILE');
  expect(await code({ ...state, cursor: { epoch: 1, step: 1 } })).toBe('NO_CHECKPOINT INVALID_MODEL_FILE');
  expect(await code({ ...state, surprise: 1 })).toBe('NO_CHECKPOINT INVALID_MODEL_FILE');
});

for (const keep of [1, 2]) {
  test(`keep ${keep}: a writer that dies at any call, with or without power, costs at most the newest`, async () => {
    let calls = 0;
    for (let isDone = false; !isDone; calls++) {
      for (const isPowerCut of [false, true]) {
        const dir = freshFolder();
        const before = new CheckpointWriter(dir, keep, null);
        for (const steps of [1, 2]) await before.write(checkpoint(steps));
        const { files, crashed, losePower } = crashingFiles(calls);
        const writer = new CheckpointWriter(dir, keep, 2, files);
        const wrote = await writer.write(checkpoint(3)).then(
          () => true,
          (error: { code: string }) => error.code,
        );
        if (isPowerCut) await losePower();
        expect(wrote).toBe(crashed() ? 'SAVE_FAILED' : true);
        const found = await newestCheckpoint(dir);
        expect([2, 3]).toContain(found?.state.steps);
        expect(found).toEqual({ ...checkpoint(found?.state.steps ?? 0), notes: [] });
        // The next one goes on, and takes away what the dead one left.
        const next = new CheckpointWriter(dir, keep, found?.state.steps ?? null);
        for (const steps of [4, 5]) await next.write(checkpoint(steps));
        const kept = keep === 1 ? ['step-000000005'] : ['step-000000004', 'step-000000005'];
        expect(readdirSync(dir).sort()).toEqual(kept);
        isDone = !crashed();
      }
    }
    expect(calls).toBeGreaterThan(15);
  });
}

test('damaged ones do not count among those that are kept', async () => {
  const dir = freshFolder();
  const first = new CheckpointWriter(dir, 2, null);
  for (const steps of [1, 2]) await first.write(checkpoint(steps));
  writeFileSync(join(dir, 'step-000000002', 'state.json'), '{}');
  const found = await newestCheckpoint(dir);
  expect([found?.state.steps, found?.notes.map(({ code }) => code)]).toEqual([1, ['CHECKPOINT_DAMAGED']]);
  await new CheckpointWriter(dir, 2, 1).write(checkpoint(3));
  expect(readdirSync(dir).sort()).toEqual([1, 2, 3].map((steps) => `step-00000000${steps}`));
});
