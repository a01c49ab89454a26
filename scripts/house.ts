/** @file The house's arrows of import, held as a lint rule: a room imports only what stands left of it. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** Rooms of `src/`, folders and single files alike. A room may import itself and any room before it. */
export const order: readonly string[] = [
  'text',
  'error-codes',
  'errors',
  'options',
  'notes',
  'wasm',
  'random',
  'tf',
  'optional-package',
  'files',
  'engine',
  'flow',
  'tasks',
  'data',
  'model',
  'score',
  'evaluate',
  'train',
  'pathways',
  'deploy',
  'report',
  'project',
  'index',
  'entry',
  'cli',
];

/** Rooms that may import less than everything before them. */
const only: Readonly<Record<string, readonly string[]>> = {
  text: [],
  errors: ['text', 'error-codes'],
  options: ['errors'],
  notes: ['text', 'errors'],
  wasm: [],
  flow: ['errors', 'options', 'text'],
  'optional-package': ['errors'],
  files: ['errors'],
  engine: ['errors', 'options', 'wasm', 'random', 'tf', 'optional-package'],
};

export interface Violation {
  /** Path of the importing file, from the repository's root. */
  readonly file: string;
  /** What it imports, as written. */
  readonly specifier: string;
  readonly rule: string;
}

/** Every import under `root`'s `src/` and `flows/` that the house does not allow. */
export function checkHouse(root: string): Violation[] {
  const files = [...typescriptFiles(root, 'src'), ...typescriptFiles(root, 'flows')];
  return files.flatMap((file) => {
    const violations: Violation[] = [];
    for (const specifier of importsOf(readFileSync(path.join(root, file), 'utf8'), file)) {
      const rule = brokenRule(file, specifier);
      if (rule !== undefined) violations.push({ file, specifier, rule });
    }
    return violations;
  });
}

function brokenRule(file: string, specifier: string): string | undefined {
  const inSource = file.startsWith('src/');
  const from = roomOf(file);
  if (specifier.startsWith('@tensorflow/')) {
    if (file === 'src/tf.ts') return undefined;
    if (from === 'engine' && specifier !== '@tensorflow/tfjs') return undefined;
    if (inSource) return 'tfjs is imported in src/tf.ts alone (its backend packages also in src/engine)';
  }
  if (!specifier.startsWith('.')) return undefined;

  const target = path.posix.join(path.posix.dirname(file), specifier);
  if (!inSource) {
    const own = file.split('/').slice(0, 2).join('/');
    return target.startsWith(`${own}/`) ? undefined : `an example imports 'headgate' and its own folder`;
  }
  if (!target.startsWith('src/')) return 'src/ imports nothing outside src/';
  const to = roomOf(target);
  if (from === to) return undefined;
  if (!order.includes(from)) return `"${from}" has no place in the house's order (scripts/house.ts)`;
  const allowed = only[from] ?? order.slice(0, order.indexOf(from));
  return allowed.includes(to) ? undefined : `${from} may import only ${allowed.join(', ') || 'packages'}`;
}

/** `src/tasks/losses/focal.ts` and `src/tasks/kind.js` -> `tasks`; `src/errors.ts` -> `errors`. */
function roomOf(file: string): string {
  return (file.split('/')[1] ?? '').replace(/\.[jt]s$/, '');
}

/** Import, export-from, `import()` and `import('…')` types alike. */
function importsOf(code: string, file: string): string[] {
  const found: string[] = [];
  walk(parseAst(code, { lang: 'ts' }, file), found);
  return found;
}

function walk(node: unknown, found: string[]): void {
  if (Array.isArray(node)) for (const child of node) walk(child, found);
  if (typeof node !== 'object' || node === null || !('type' in node)) return;
  if ('source' in node && /^(Import|Export|TSImport)/.test(String(node.type))) {
    const source = node.source;
    if (typeof source === 'object' && source !== null && 'value' in source) found.push(String(source.value));
  }
  for (const child of Object.values(node)) walk(child, found);
}

function typescriptFiles(root: string, folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.posix.join(folder, ...file.split(path.sep)))
    .sort();
}
