import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

/** For `npm run mutate`: without the tests that start processes or train for long, which would run once a mutant. */
export default mergeConfig(
  base,
  defineConfig({
    test: {
      exclude: [
        '**/node_modules/**',
        'test/package/**',
        'test/types/**',
        'test/flows/**',
        'test/engine/onnx/conformance.test.ts',
      ],
    },
  }),
);
