/** @file Bundles the suite. Its files are written for a bundler, and name each other without extensions. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Modules written for CommonJS look for these. */
const banner = `import { createRequire as headgateRequire } from 'node:module';
import { fileURLToPath as headgatePath } from 'node:url';
const require = headgateRequire(import.meta.url);
const __filename = headgatePath(import.meta.url);
const __dirname = headgatePath(new URL('.', import.meta.url));`;

/** Returns the bundle's path. It lies inside the repository, so that it finds the installed packages. */
export async function bundleSuite(): Promise<string> {
  const outfile = `${root}node_modules/.cache/headgate/conformance.mjs`;
  await build({
    entryPoints: [`${root}scripts/conformance/entry.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'], // tfjs's ES modules, to which the tests belong
    // The wasm loader is no ES module. Its tfjs is another copy, but engine and kernels are global to the process.
    external: [
      'jasmine-core',
      'jasmine-core/*',
      'onnxruntime-node',
      'onnxruntime-node/*',
      '@tensorflow/tfjs-backend-wasm',
    ],
    ignoreAnnotations: true, // tfjs says that its tests have no side effects
    banner: { js: banner },
    logLevel: 'error',
  });
  return outfile;
}
