/** @file Whose unfinished folders lie about: those of writers at work are left alone, those of dead ones are removed. */
import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { exists, type FileSystem, type FolderPlace, isCode } from './folder-place.js';

/** Tells machines that share a disk apart; a name need not be legible. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
/** Tells threads and copies of this module in one process apart. */
const INSTANCE = randomUUID().slice(0, 8);
/** Names in use here and now. */
const atWork = new Set<string>();

const HOUR = 3_600_000;
/** Nobody takes so long to write a folder; of a writer elsewhere nothing but the age is known. */
const DAY = 24 * HOUR;

/** A name for a writer's folders, `<host>.<process>.<instance>.<id>`, which is its own until it is released. */
export function ownName(id: string): string {
  const name = [HOST, process.pid, INSTANCE, id].join('.');
  atWork.add(name);
  return name;
}

export function released(name: string): void {
  atWork.delete(name);
}

/** Removes what dead writers left beside a folder. */
export async function removeLeftovers(place: FolderPlace, files: FileSystem): Promise<void> {
  const parent = dirname(place.folder);
  const dead: string[] = [];
  for (const name of await files.readdir(parent)) {
    const prefix = [place.previous, place.unfinished].map((path) => basename(path)).find((own) => name.startsWith(own));
    if (prefix === undefined) continue;
    const path = join(parent, name);
    if (await isLeftOver(name.slice(prefix.length + 1), path, files)) dead.push(path);
  }
  // Where the folder is not there, a previous one may be all there is. The dead can move it away no more, and the living
  // keep what they move away.
  if (!(await exists(place.folder, files))) return;
  for (const path of dead) await files.rm(path, { recursive: true, force: true });
}

async function isLeftOver(name: string, path: string, files: FileSystem): Promise<boolean> {
  const [host, pid, instance] = name.split('.');
  if (instance === undefined) return true; // as 0.1.0 named them
  if (host === HOST && Number(pid) === process.pid && instance === INSTANCE) {
    return ![...atWork].some((own) => name.startsWith(own));
  }
  if (host === HOST && !isAlive(Number(pid))) return true;
  try {
    const age = Date.now() - (await files.lstat(path)).mtimeMs;
    return age > (host === HOST && Number(pid) === process.pid ? HOUR : DAY);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/**
 * True when the writer of this name is known to be no more. Of another machine's nothing is known.
 *
 * @param since when it took its name, in milliseconds
 */
export function isGone(name: string, since: number): boolean {
  const [host, pid, instance] = name.split('.');
  if (instance === undefined || host !== HOST) return false;
  if (Number(pid) !== process.pid) return !isAlive(Number(pid));
  if (instance === INSTANCE) return !atWork.has(name);
  return since < Date.now() - process.uptime() * 1000; // else another thread's; a process before had this one's number
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // asks, and does nothing
    return true;
  } catch (error) {
    return !isCode(error, 'ESRCH'); // another user's process may not be asked, and lives
  }
}
