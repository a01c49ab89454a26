/** @file Folders for the tests of saving and loading. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export { declaredOf, graph, modelOf } from './model-of.js';

const folders: string[] = [];

/** A fresh empty folder, removed after the test file. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-'));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export const namesIn = (folder: string): string[] => readdirSync(folder).sort();
