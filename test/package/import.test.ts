import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as headgate from 'headgate';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

test('importing headgate prints nothing, starts nothing and sets no global', () => {
  const index = path.join(root, 'src/index.ts');
  const script = `
    await import('reflect-metadata'); // patches Reflect
    await import('zod'); // keeps its settings on globalThis, so that several copies share them
    const tf = await import('@tensorflow/tfjs');
    const before = { globals: Object.keys(globalThis), listeners: process.eventNames(), active: process.getActiveResourcesInfo() };
    const { tf: same } = await import(${JSON.stringify(index)});
    const after = { globals: Object.keys(globalThis), listeners: process.eventNames(), active: process.getActiveResourcesInfo() };
    const facts = { before, after, tensors: tf.memory().numTensors, copies: same.Tensor === tf.Tensor ? 1 : 2 };
    process.on('exit', () => process.stderr.write(JSON.stringify(facts)));`;
  const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: root,
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(run.stdout).toBe('');
  const facts: unknown = JSON.parse(run.stderr); // nothing else was printed there, or this throws
  expect(facts).toMatchObject({ tensors: 0, copies: 1 });
  const { before, after } = facts as { before: unknown; after: unknown }; // written by the script above
  expect(after).toEqual(before);
  expect(run.status).toBe(0); // the process ends by itself: no timer, thread or socket holds it
});

test('importing headgate loads no native library, no engine, and a bounded number of modules', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-import-'));
  try {
    const list = path.join(folder, 'modules.txt');
    const hooks = `
      import { appendFileSync } from 'node:fs';
      export function load(url, context, next) {
        appendFileSync(${JSON.stringify(list)}, url + '\\n');
        return next(url, context);
      }`;
    const script = `
      import { createRequire, register } from 'node:module';
      register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
      await import(${JSON.stringify(path.join(root, 'src/index.ts'))});
      const required = Object.keys(createRequire(${JSON.stringify(import.meta.url)}).cache);
      console.log(JSON.stringify({ native: process.report.getReport().sharedObjects, required }));`;
    const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      cwd: root,
      encoding: 'utf8',
      timeout: 30_000,
    });
    const facts = JSON.parse(run.stdout) as { native: string[]; required: string[] }; // written by the script above
    const isPackage = (file: string) => file.includes('node_modules');
    const packageOf = (file: string) =>
      file
        .split('node_modules/')
        .at(-1)
        ?.match(/^(@[^/]+\/)?[^/]+/)?.[0] ?? file;
    expect(facts.native.filter((file) => /onnx|tensorflow|duckdb|vips/.test(file))).toEqual([]);
    const imported = readFileSync(list, 'utf8').trim().split('\n');
    const packages = new Set([...imported, ...facts.required].filter(isPackage).map(packageOf));
    const lazy = ['@bufbuild/protobuf', '@duckdb/node-api', 'danfojs-node', '@tensorflow/tfjs-backend-wasm', 'sharp'];
    for (const absent of ['onnxruntime-node', '@huggingface/tokenizers', ...lazy]) {
      expect([...packages]).not.toContain(absent);
    }
    const own = imported.filter((url) => url.includes('/src/')).map((url) => url.split('/src/')[1]?.split('?')[0]);
    expect(own).toContain('project.ts'); // the list was taken
    expect(own.filter((file) => file?.startsWith('engine/onnx/'))).toEqual([]);
    // Neither is zod, which only files need; 30 kernels of an engine, or a package like it, would be seen.
    expect([...packages]).not.toContain('zod');
    expect(imported.length).toBeLessThan(450);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the manifest: entries with types, tfjs as a peer with its one copy, no dependency on it', () => {
  const entry = (file: string) => ({ types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` });
  expect(manifest).toMatchObject({
    name: 'headgate',
    type: 'module',
    license: 'Apache-2.0',
    engines: { node: '>=20' },
    main: './dist/index.js', // these two for `moduleResolution: node`, and typesVersions for its subpaths
    types: './dist/index.d.ts',
    exports: {
      '.': entry('index'),
      './decorators': entry('entry/decorators'),
      './layers': entry('entry/layers'),
      './predict': entry('entry/predict'),
      './tfjs': entry('entry/tfjs'),
      './package.json': './package.json',
    },
    peerDependencies: { '@tensorflow/tfjs': '^4.22.0' },
    devDependencies: { '@tensorflow/tfjs': '4.22.0' },
  });
  expect(manifest).not.toHaveProperty(['dependencies', '@tensorflow/tfjs']);
  const { peerDependencies, peerDependenciesMeta } = manifest as Record<string, Record<string, unknown>>; // as above
  const optional = Object.keys(peerDependencies ?? {}).filter((name) => name !== '@tensorflow/tfjs');
  expect(peerDependenciesMeta).toEqual(Object.fromEntries(optional.map((name) => [name, { optional: true }])));
});

test('the lock holds one copy of tfjs-core, and every install script is refused', () => {
  const lock: unknown = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const { packages } = lock as { packages: Record<string, { hasInstallScript?: boolean; version?: string }> };
  const cores = Object.keys(packages).filter((name) => name.endsWith('node_modules/@tensorflow/tfjs-core'));
  expect(cores).toEqual(['node_modules/@tensorflow/tfjs-core']);
  const scripted = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript === true);
  const names = scripted.map(([name]) => name.replace(/^.*node_modules\//, ''));
  const { allowScripts } = manifest as { allowScripts: Record<string, boolean> };
  expect(Object.fromEntries(names.map((name) => [name, false]))).toEqual(allowScripts);
});

test('the public face', () => {
  const functions = ['and', 'binary', 'boundedRegression', 'classification', 'image', 'multilabel', 'not', 'or'];
  for (const name of [...functions, 'adam', 'adamW', 'readCsv', 'regression', 'sgd', 'vector', 'Project', 'Table']) {
    expect(headgate, name).toHaveProperty(name, expect.any(Function));
  }
  expect(headgate).not.toHaveProperty('default');
});
