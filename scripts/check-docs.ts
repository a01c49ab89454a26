/** @file `npm run check:docs`: compiles every ```ts block of the README and of docs/, and every public `@example`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { examplesOf, modulesOf } from './docs.js';
import { exportsOf, publicFiles } from './public.js';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file)),
];

// Inside the repository, so that packages resolve as they do for its own files.
const folder = mkdtempSync('.docs-');
let output = '';
let blocks = 0;
let examples = 0;
let status: number | null = 1;
try {
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../tsconfig.json',
      compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
      include: ['*.ts'],
    }),
  );
  for (const page of pages) {
    for (const [i, code] of modulesOf(readFileSync(page, 'utf8')).entries()) {
      writeFileSync(path.join(folder, `${page.replaceAll(path.sep, '%')}%${i}.ts`), code);
      blocks += 1;
    }
  }
  const exports = new Map([
    ['headgate', exportsOf('src/index.ts')],
    ['headgate/layers', exportsOf('src/entry/layers.ts')],
    ['headgate/predict', ['savedDecisions', 'parseFlowGraph']],
  ]);
  for (const file of publicFiles()) {
    for (const [i, code] of examplesOf(readFileSync(file, 'utf8'), exports).entries()) {
      writeFileSync(path.join(folder, `${file.replaceAll(path.sep, '%')}%${i}.ts`), code);
      examples += 1;
    }
  }
  const compiler = spawnSync('npx', ['--no-install', 'tsc', '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
  status = compiler.status;
  output = compiler.stdout + compiler.stderr;
} finally {
  rmSync(folder, { recursive: true });
}

// `.docs-x/docs%language.md%2.ts(31,5): error …` -> `docs/language.md(31,5): error …`
console.error(output.replace(/^\.docs-[^/]+\/(.+?)%\d+\.ts/gm, (_, page: string) => page.replaceAll('%', '/')));
if (status === 0) console.log(`${blocks} code blocks of ${pages.length} pages and ${examples} examples compile.`);
else process.exitCode = 1;
