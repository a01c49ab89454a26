import Module from 'node:module';
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

test('engines of equal threads are one, of different threads two; more threads than an engine has are allowed to it', async () => {
  vi.stubEnv('HEADGATE_THREADS', '2');
  const two = await createEngine('onnx');
  expect(await createEngine('onnx', { threads: 2 })).toBe(two);
  const one = await createEngine('onnx', { threads: 1 });
  expect(one).not.toBe(two);
  expect(await createEngine('onnx', { threads: 2, spinning: false })).not.toBe(two);
  expect(await createEngine('cpu', { threads: 4, spinning: true })).toBe(await createEngine('cpu'));
  await one.dispose();
  expect(await createEngine('onnx', { threads: 2 })).toBe(two);
});

test('what is no number of threads is refused, and so is a number that an engine cannot be told', async () => {
  for (const threads of [0, 1.5, Number.NaN]) {
    expect(await errorOf(() => createEngine('cpu', { threads }))).toMatchObject({
      code: 'INVALID_OPTIONS',
      path: 'threads',
    });
  }
  const refused = await errorOf(() => createEngine('tensorflow', { spinning: false }));
  expect([refused.code, refused.path]).toEqual(['INVALID_OPTIONS', 'spinning']);
});

test('without ONNX Runtime the engine is missing by name, and is there as soon as its package is', async () => {
  const load = Reflect.get(Module, '_load') as (...args: unknown[]) => unknown; // what every require ends in
  const spy = vi.spyOn(Module as unknown as { _load: typeof load }, '_load').mockImplementation((...args) => {
    if (args[0] === 'onnxruntime-node') throw new Error('libonnxruntime.so.1: cannot open shared object file');
    return load.apply(Module, args);
  });
  const error = await errorOf(() => createEngine('onnx', { threads: 7 }));
  expect([error.code, error.path]).toEqual(['ENGINE_UNAVAILABLE', 'engine onnx']);
  expect(error.problem).toContain('cannot open shared object file');
  expect(error.mend).toContain('Reinstall onnxruntime-node');
  spy.mockRestore();
  expect((await createEngine('onnx', { threads: 7 })).name).toBe('onnx');
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
