/** @file The two mistakes that everybody makes first, and what the compiler says of them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const source = `
import { binary, classification, Project, vector } from 'headgate';
const tasks = { open: binary(), shirt: classification({ classes: ['red', 'blue'] }) };
const project = new Project({ name: 'a', inputs: { v: vector({ size: 1 }) }, tasks });
project.flow('given', (task, x) => {
  const shirt = task.shirt(x.features);
  return [shirt, task.open(x.features).given(shirt)];
});
project.flow('one', (task, x) => task.open(x.features));
project.flow('nothing', (task, x) => { task.open(x.features); });
project.predict([{ w: 1 }]);
`;

test('a classification in given, and a flow that returns one task', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-types-'));
  try {
    const compilerOptions = {
      paths: { headgate: [path.join(repository, 'src/index.ts')] },
      typeRoots: [path.join(repository, 'node_modules/@types')],
    };
    const config = { extends: path.join(repository, 'tsconfig.json'), compilerOptions, include: ['wrong.ts'] };
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
    writeFileSync(path.join(folder, 'wrong.ts'), source);
    const said = errorsIn(folder);
    expect(said).toHaveLength(4);
    expect(said[0]).toMatch(/'Wrong<"this task or flow is neither true nor false: ask it something, such as shirt\.is/);
    expect(said[1]).toMatch(/'Wrong<"a flow returns a list of tasks and flows: \[task\.doorOpen\(x\.features\)\]">'/);
    expect(said[2]).toMatch(/'Wrong<"a flow returns tasks and flows: what task\.<name>/);
    expect(said[3]).toMatch(/'w' does not exist in type/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What the compiler says, error by error. */
function errorsIn(folder: string): string[] {
  const compiler = path.join(repository, 'node_modules/typescript/bin/tsc');
  try {
    execFileSync(process.execPath, [compiler, '-p', folder], { cwd: folder, encoding: 'utf8' });
  } catch (error) {
    if (!(error instanceof Error && 'stdout' in error)) throw error;
    return String(error.stdout)
      .split(/^wrong\.ts/m)
      .slice(1);
  }
  throw new Error('it compiled');
}
