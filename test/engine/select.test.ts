import { afterEach, expect, test, vi } from 'vitest';
import { createEngine, DEFAULT_ENGINE } from '../../src/engine/select.js';
import { tf } from '../../src/tf.js';
import { errorOf } from './host.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('the option comes before HEADGATE_ENGINE, and that before the default', async () => {
  vi.stubEnv('HEADGATE_ENGINE', '');
  expect((await createEngine()).name).toBe(DEFAULT_ENGINE);
  vi.stubEnv('HEADGATE_ENGINE', 'cpu');
  expect((await createEngine()).name).toBe('cpu');
  expect((await createEngine('wasm')).name).toBe('wasm');
});

test('an engine is made once, and again after it was disposed', async () => {
  const [first, second] = await Promise.all([createEngine('cpu'), createEngine('cpu')]);
  expect(second).toBe(first);
  await first.dispose();
  const third = await createEngine('cpu');
  expect(third).not.toBe(first);
  await first.dispose();
  expect(await createEngine('cpu')).toBe(third);
});

test('an unknown name is answered with the nearest one', async () => {
  const error = await errorOf(() => createEngine('wsam'));
  expect([error.code, error.path, error.suggestion]).toEqual(['UNKNOWN_ENGINE', 'engine', 'wasm']);
  expect(error.expected).toContain('tensorflow');
  vi.stubEnv('HEADGATE_ENGINE', 'toString');
  expect((await errorOf(() => createEngine())).code).toBe('UNKNOWN_ENGINE');
});

test('loading wasm neither chooses it for the process nor leaves handlers of uncaught errors', async () => {
  const handlers = () => [process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection')];
  await tf.setBackend('cpu');
  const engine = await createEngine('wasm');
  const before = handlers();
  await engine.dispose();
  await createEngine('wasm');
  expect(handlers()).toEqual(before);
  expect(process.listeners('unhandledRejection').map(String).join()).not.toContain('throw reason');
  expect(tf.getBackend()).toBe('cpu');
});
