/** @file The whole demo, as `npm run demo` runs it, on the default engine and on wasm. Minutes long. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchCase } from '../case.js';
import { atMost } from '../report.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Seconds of one run, in a folder of its own. */
async function demoSeconds(engine: string): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'headgate-demo-'));
  const tsx = createRequire(import.meta.url).resolve('tsx/cli');
  const program = path.join(root, 'flows/security-camera/main.ts');
  const start = performance.now();
  try {
    const code = await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [tsx, '--tsconfig', path.join(root, 'tsconfig.json'), program], {
        cwd: folder,
        env: { ...process.env, HEADGATE_ENGINE: engine },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (code !== 0) throw new Error(`the demo on ${engine} ended with exit code ${code}`);
    return (performance.now() - start) / 1000;
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const demo: BenchCase = {
  name: 'demo',
  usual: false,
  run: async () => {
    const [onnx, wasm] = [await demoSeconds('onnx'), await demoSeconds('wasm')];
    const seconds = (label: string, value: number) => ({
      label,
      value,
      unit: 's',
      spread: null,
      fastest: null,
      target: null,
    });
    return {
      name: 'demo',
      title: 'the whole of npm run demo',
      timings: [],
      findings: [
        seconds('headgate onnx', onnx),
        seconds('headgate wasm', wasm),
        {
          label: 'headgate onnx / headgate wasm',
          value: onnx / wasm,
          unit: '×',
          spread: null,
          fastest: null,
          target: atMost(0.5),
        },
      ],
      notes: [],
    };
  },
};
