import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

/** For `npm run mutate`: without the tests that start processes, train for long or are about kernels: they would run once a mutant. */
const left = [
  'test/{package,types,flows,docs}/**',
  'test/engine/*.test.ts',
  'test/engine/{wasm,kernels}/**',
  'test/engine/onnx/{checks,conformance,growth,kernels,layers,lazy,providers,refusals}.test.ts',
  'test/project/{memory,reproducible,verb-pairs}.test.ts',
  'test/train/watchers/terminal.test.ts',
  'test/train/continue.test.ts',
  'test/deploy/concurrent.test.ts',
];

export default mergeConfig(
  base,
  defineConfig({
    test: { exclude: ['**/node_modules/**', ...left] },
  }),
);
