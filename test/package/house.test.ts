import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkHouse } from '../../scripts/house.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'headgate-house-'));
  for (const folder of ['src', 'flows']) mkdirSync(path.join(root, folder));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, code: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), code);
}

test('imports that follow the arrows pass', () => {
  write('src/tf.ts', `import * as tf from '@tensorflow/tfjs';\nexport { tf };`);
  write('src/train/fit.ts', `import { tf } from '../tf.js';\nimport type { Engine } from '../engine/engine.js';`);
  write('src/tasks/losses/focal.ts', `import { show } from '../../errors.js';\nimport { a } from '../arrays.js';`);
  write('src/engine/wasm.ts', `import '@tensorflow/tfjs-backend-wasm';`);
  write('flows/digits/main.ts', `import { Project } from 'headgate';\nimport { read } from './read.js';`);
  expect(checkHouse(root)).toEqual([]);
});

test.each([
  ['src/tasks/binary.ts', `import { fit } from '../train/fit.js';`, '../train/fit.js', 'tasks may import only'],
  ['src/flow/graph.ts', `import type { tf } from '../tf.js';`, '../tf.js', 'flow may import only errors'],
  ['src/engine/trace.ts', `export { g } from '../flow/graph.js';`, '../flow/graph.js', 'engine may import only errors'],
  ['src/data/table.ts', `const m = await import('../model/heads.js');`, '../model/heads.js', 'data may import only'],
  ['src/data/table.ts', `type T = import('../train/fit.js').T;`, '../train/fit.js', 'data may import only'],
  ['src/project.ts', `export * from './cli/main.js';`, './cli/main.js', 'project may import only'],
  ['src/tasks/deep/a.ts', `import { b } from '../../data/b.js';`, '../../data/b.js', 'tasks may import only'],
  ['src/model/a.ts', `import * as tf from '@tensorflow/tfjs';`, '@tensorflow/tfjs', 'tfjs is imported in src/tf.ts'],
  ['src/engine/a.ts', `import * as tf from '@tensorflow/tfjs';`, '@tensorflow/tfjs', 'tfjs is imported in src/tf.ts'],
  ['src/train/a.ts', `import { x } from '../../scripts/x.js';`, '../../scripts/x.js', 'src/ imports nothing outside'],
  ['src/attic/a.ts', `import { show } from '../errors.js';`, '../errors.js', '"attic" has no place'],
  ['flows/digits/main.ts', `import { t } from '../../src/tf.js';`, '../../src/tf.js', 'an example imports'],
])('a wrong arrow is named: %s: %s', (file, code, specifier, rule) => {
  write(file, code);
  expect(checkHouse(root)).toEqual([{ file, specifier, rule: expect.stringContaining(rule) }]);
});

test('this repository follows its arrows', () => {
  expect(checkHouse(path.resolve(import.meta.dirname, '../..'))).toEqual([]);
});
