/** @file What the package exports, and the files that it comes from. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The modules behind `headgate` and its subpaths. */
function entries(): readonly string[] {
  return ['src/index.ts', ...readdirSync('src/entry').map((file) => path.join('src/entry', file))].sort();
}

/** Names that a module of `export { … } from` lines exports, types included, as an import writes them. */
export function exportsOf(entry: string): readonly string[] {
  const lists = readFileSync(entry, 'utf8').matchAll(/export (type )?\{([^}]+)\}/g);
  return [...lists].flatMap(([, type = '', list = '']) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map((name) => `${type}${name.replace(/^.* as /, name.startsWith('type ') ? 'type ' : '')}`),
  );
}

/** Files of the source that something public is exported from. */
export function publicFiles(): readonly string[] {
  const files = entries().flatMap((entry) =>
    [...readFileSync(entry, 'utf8').matchAll(/from '(\.[^']+)\.js'/g)].map((match) =>
      path.join(path.dirname(entry), `${match[1]}.ts`),
    ),
  );
  return [...new Set(files)].sort();
}
