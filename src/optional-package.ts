/** @file Optional peer packages: are they here, and are they what their name says? */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Whether the package is installed under its own name, not as an alias of another one (as danfojs-node's overrides do). */
export function isInstalled(packageName: string): boolean {
  let manifest: unknown;
  try {
    manifest = require(`${packageName}/package.json`);
  } catch {
    return false;
  }
  return typeof manifest === 'object' && manifest !== null && 'name' in manifest && manifest.name === packageName;
}

/** Imports by a name that the compiler need not resolve: the package may be absent. */
export async function importOptional(packageName: string): Promise<Readonly<Record<string, unknown>>> {
  const imported: Record<string, unknown> = await import(packageName);
  return imported;
}
