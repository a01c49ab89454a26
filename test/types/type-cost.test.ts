import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { largeProject } from './large-project.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));

interface Cost {
  /** Of the measured file itself. */
  readonly errors: readonly string[];
  readonly instantiations: number;
}

/** Type-checks one file that imports headgate, in a folder of its own. */
function typeCost(source: string): Cost {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-types-'));
  try {
    const config = {
      extends: path.join(repository, 'tsconfig.json'),
      compilerOptions: {
        paths: { headgate: [path.join(repository, 'src/index.ts')] },
        typeRoots: [path.join(repository, 'node_modules/@types')],
      },
      include: ['measured.ts'],
    };
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
    writeFileSync(path.join(folder, 'measured.ts'), source);
    const output = run(folder);
    const figure = (name: string) => Number(new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(output)?.[1]);
    return {
      errors: output.split('\n').filter((line) => line.startsWith('measured.ts')),
      instantiations: figure('Instantiations'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(folder: string): string {
  const compiler = path.join(repository, 'node_modules/typescript/bin/tsc');
  try {
    return execFileSync(process.execPath, [compiler, '-p', folder, '--extendedDiagnostics'], {
      cwd: folder,
      encoding: 'utf8',
    });
  } catch (error) {
    // the compiler fails on type errors, and still prints its figures
    if (error instanceof Error && 'stdout' in error) return String(error.stdout);
    throw error;
  }
}

test('the cost of a project of 200 tasks in flows 6 deep is bounded, and grows with the tasks, not with their square', () => {
  const baseline = typeCost(`export { Project } from 'headgate';`);
  const [small, large] = [50, 200].map((tasks) => {
    const { errors, instantiations } = typeCost(largeProject({ tasks, depth: 6 }));
    expect(errors).toEqual([]);
    return instantiations - baseline.instantiations;
  });
  expect(small).toBeGreaterThan(1000);
  expect(large).toBeLessThan(60_000);
  expect((large ?? 0) / (small ?? 0)).toBeLessThan(6);
});

test('a mistake in a large project is found', () => {
  const source = largeProject({ tasks: 40, depth: 4 }).replace(`t5.is('c5')`, `t5.is('c6')`);
  const { errors } = typeCost(source);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain(`'"c6"' is not assignable to parameter of type '"c5" | "green" | "red"'`);
});
