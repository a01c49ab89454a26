/** @file A delta's folder: read back to the bit, whole whenever its writer dies, one writer's whoever writes at the same time. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadDelta, type SavedDelta, saveDelta } from '../../src/deploy/delta-folder.js';
import { crashingFiles } from './crashing-files.js';

const root = mkdtempSync(join(tmpdir(), 'headgate-delta-folder-'));
afterAll(() => rmSync(root, { recursive: true }));
const freshFolder = () => join(mkdtempSync(join(root, 'one-')), 'delta');

/** A NaN whose bits say more than that it is one. */
const payload = new Float32Array(Uint32Array.of(0x7fc01234).buffer);

function deltaOf(value: number): SavedDelta {
  const values = Float32Array.of(value, -0, 0);
  new Uint32Array(values.buffer).set(new Uint32Array(payload.buffer), 2);
  return {
    project: 'camera',
    base: '0123456789abcdef'.repeat(4),
    tasks: ['person.face'],
    thresholds: new Map([['person.face', [0.1 + 0.2]]]),
    changes: {
      'backbone/stem/kernel': { shape: [3, 40], dtype: 'float32', indices: Uint32Array.of(0, 7, 119), values },
      'backbone/stem/count': { shape: [], dtype: 'int32', indices: Uint32Array.of(0), values: Int32Array.of(value) },
      ['__proto__']: { shape: [9], dtype: 'bool', indices: Uint32Array.of(2, 8), values: Uint8Array.of(1, 0) },
    },
  };
}

const valueIn = async (folder: string) => (await loadDelta(folder)).changes['backbone/stem/count']?.values[0];
const bits = (delta: SavedDelta) =>
  Object.entries(delta.changes)
    .map(
      ([name, { values, ...change }]) => [name, change, Buffer.from(values.buffer.slice(0)).toString('hex')] as const,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));

test('it is read back to the bit', async () => {
  const folder = freshFolder();
  const delta = deltaOf(5);
  await saveDelta(folder, delta);
  const { changes: _, ...facts } = await loadDelta(folder);
  const { changes: __, ...expected } = delta;
  expect(facts).toEqual(expected);
  expect(bits(await loadDelta(folder))).toEqual(bits(delta));
});

test('a writer that dies at any call leaves the delta before or its own, and nothing once the next has saved', async () => {
  const seen = new Set<number | undefined>();
  for (let calls = 0; ; calls++) {
    const folder = freshFolder();
    await saveDelta(folder, deltaOf(1));
    const { files, crashed, losePower } = crashingFiles(calls);
    const outcome = await saveDelta(folder, deltaOf(2), files).catch(() => 'failed');
    await losePower();
    const value = await valueIn(folder);
    expect(outcome === 'failed' ? [1, 2] : [2]).toContain(value);
    seen.add(value);
    await saveDelta(folder, deltaOf(3));
    expect([await valueIn(folder), readdirSync(dirname(folder))]).toEqual([3, ['delta']]);
    if (!crashed()) break;
  }
  expect([...seen].sort()).toEqual([1, 2]);
});

test('four save and four read at once: every reading is of one of them', async () => {
  const folder = freshFolder();
  await saveDelta(folder, deltaOf(0));
  const reading = Array.from({ length: 4 }, () => loadDelta(folder));
  await Promise.all(Array.from({ length: 4 }, (_, i) => saveDelta(folder, deltaOf(i + 1))));
  for (const delta of await Promise.all(reading)) {
    const value = Number(delta.changes['backbone/stem/count']?.values[0]);
    expect([0, 1, 2, 3, 4]).toContain(value);
    expect(bits(delta)).toEqual(bits(deltaOf(value)));
  }
  expect(readdirSync(dirname(folder))).toEqual(['delta']);
});
