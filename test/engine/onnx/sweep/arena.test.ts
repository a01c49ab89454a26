import { expect, test } from 'vitest';
import { aligned, createArena } from '../../../../src/engine/onnx/sweep/arena.js';

const PAGE = 65_536;

test('memory grows by whole pages, and only where there is no room: then views are void', () => {
  const arena = createArena(100);
  expect([arena.scratch, arena.memory.buffer.byteLength, arena.version]).toEqual([128, PAGE, 0]);
  arena.reserve(PAGE - 128);
  expect([arena.memory.buffer.byteLength, arena.version]).toEqual([PAGE, 0]);
  arena.reserve(PAGE - 127);
  expect([arena.memory.buffer.byteLength, arena.version]).toEqual([2 * PAGE, 1]);
  arena.reserve(3 * PAGE);
  expect([arena.memory.buffer.byteLength, arena.version]).toEqual([4 * PAGE, 2]);
  arena.view(128, 2).set([1, 2]);
  expect([...arena.view(132, 1)]).toEqual([2]);
});

test('an arena has room for what it was made for', () => {
  expect(createArena(0).memory.buffer.byteLength).toBe(PAGE);
  expect(createArena(PAGE).memory.buffer.byteLength).toBe(PAGE);
  expect(createArena(PAGE + 1).memory.buffer.byteLength).toBe(2 * PAGE);
  expect([0, 1, 64, 65].map(aligned)).toEqual([0, 64, 64, 128]);
});
