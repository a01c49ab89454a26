/** @file Rule 9: the same seed, engine and version give the same bytes, in another process too. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { trained } from './trained.js';

const script = fileURLToPath(new URL('./trained.ts', import.meta.url));

async function inProcess(): Promise<Record<string, { readonly files: string; readonly history: string }>> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, 'print']);
  return JSON.parse(stdout);
}

test('two processes save the same bytes on each engine, dropout, noise and shuffling included; another seed does not', async () => {
  const [first, second] = await Promise.all([inProcess(), inProcess()]);
  expect(Object.keys(first)).toEqual(['cpu 1', 'cpu 2', 'wasm 1', 'wasm 2', 'onnx 1', 'onnx 2']);
  expect(second).toEqual(first);
  expect(new Set(Object.values(first).map(({ files }) => files)).size).toBe(6);
  // and a third, which is this one
  expect(await trained('cpu', 1)).toEqual(first['cpu 1']);
});

test('the order in which tasks are declared changes nothing: the flow’s order is what counts', async () => {
  expect(await trained('cpu', 1, 'backwards')).toEqual(await trained('cpu', 1, 'forwards'));
});

test('Math.random is the user’s: a fit neither draws from it nor replaces it', async () => {
  const original = Math.random;
  let draws = 0;
  const own = (): number => {
    draws++;
    return 0.5;
  };
  Math.random = own;
  try {
    await trained('cpu', 1);
    expect(Math.random).toBe(own);
    expect(draws).toBe(0);
  } finally {
    Math.random = original;
  }
});
