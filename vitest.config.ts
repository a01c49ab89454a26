import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (file: string): string => fileURLToPath(new URL(`./src/${file}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^headgate$/, replacement: source('index.ts') },
      { find: /^headgate\/(.+)$/, replacement: source('entry/$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/thrown.ts', 'test/support/properties.ts'],
    // Two files at a time also on two processors: most of a file is its imports, and the whole stays under 15 minutes.
    maxWorkers: 2,
    testTimeout: 120_000,
  },
});
