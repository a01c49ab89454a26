import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.js';
import { parseExecutionProviders } from '../../../src/engine/onnx/session.js';
import { float } from './helpers.js';

const training = fileURLToPath(new URL('webgpu-training.ts', import.meta.url));

/** Losses of five steps on a device. */
async function losses(provider: string, environment: Record<string, string> = {}): Promise<number[]> {
  const env = { ...process.env, HEADGATE_EXECUTION_PROVIDERS: provider, ...environment };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', training], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as number[];
}

test('devices are chosen by name', () => {
  expect(parseExecutionProviders(undefined)).toEqual(['cpu']);
  expect(parseExecutionProviders('')).toEqual(['cpu']);
  expect(parseExecutionProviders('webgpu, cpu')).toEqual(['webgpu', 'cpu']);
  expect(() => parseExecutionProviders('webgup')).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_EXECUTION_PROVIDER', received: 'webgup', suggestion: 'webgpu' }),
  );
});

test('a missing device is an error that says what is needed', async () => {
  const engine = createOnnxEngine({ executionProviders: ['cuda'] });
  const state = await engine.createState({ x: float([], [1]) });
  const step = engine.compile({
    name: 'double',
    run: ({ state: { x } }) => ({ state: {}, outputs: { y: x?.mul(2) ?? [] } as never }),
  });
  const run = step.run(state, {}, { seed: 1, counter: 0 });
  await expect(run).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE', path: 'engine onnx' });
  await expect(run).rejects.toThrow(/ONNX Runtime did not start on cuda: .*[\s\S]*It needs an NVIDIA card/);
  // The failure is not remembered: the device may be there by the next run.
  await expect(step.run(state, {}, { seed: 1, counter: 0 })).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
});

/** Where Debian's chromium keeps a Vulkan driver that needs no graphics card. */
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';

test.skipIf(!existsSync(driver))(
  'WebGPU trains like the cpu (skipped without the SwiftShader driver of chromium)',
  async () => {
    const environment = {
      VK_ICD_FILENAMES: driver,
      LD_LIBRARY_PATH: dirname(driver),
      XDG_RUNTIME_DIR: mkdtempSync(join(tmpdir(), 'headgate-webgpu-')),
    };
    const [onWebgpu, onCpu] = await Promise.all([losses('webgpu', environment), losses('cpu')]);
    expect(onCpu).toHaveLength(5);
    expect(onCpu[4]).toBeLessThan((onCpu[0] ?? 0) - 0.05);
    for (const [i, loss] of onWebgpu.entries()) expect(loss).toBeCloseTo(onCpu[i] ?? Number.NaN, 4);
    expect(onWebgpu).toHaveLength(5);
  },
);
