/** @file Writes a `tokenizer.json`: under another name first, so that a reader finds the old file or the new one, whole. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { HeadgateError } from '../../../errors.js';
import type { Json } from '../../../flow/graph.js';

/** @throws HeadgateError `SAVE_FAILED` */
export async function saveJson(path: string, json: Json): Promise<void> {
  const temporary = `${path}.${randomUUID()}.unfinished`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(`${JSON.stringify(json, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HeadgateError(
      { code: 'SAVE_FAILED', path, problem: `The tokenizer could not be saved: ${reason}` },
      { cause },
    );
  }
}
