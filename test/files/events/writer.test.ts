import { spawn } from 'node:child_process';
import nodeFiles, { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEvents } from '../../../src/files/events/read.js';
import { scalarValue } from '../../../src/files/events/values.js';
import { createEventWriter } from '../../../src/files/events/writer.js';
import { golden, goldenEvents, goldenTime } from './golden.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headgate-events-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const clock = () => goldenTime;
const eventsOf = async (file: string) => readEvents(await readFile(file), file);

test('the bytes are those of TensorBoard’s own writer', async () => {
  const writer = await createEventWriter(path.join(folder, 'deep', 'run'), { clock });
  for (const [step, value] of goldenEvents) await writer.write(step, [value]);
  await writer.close();
  expect(Buffer.from(await readFile(writer.path)).toString('hex')).toBe(Buffer.from(golden).toString('hex'));
  expect(path.basename(writer.path)).toMatch(/^events\.out\.tfevents\.1700000000\.[\w.-]+\.\d+\.0$/);
});

test('writers in one folder, in the same second, have files of their own', async () => {
  const writers = await Promise.all(Array.from({ length: 5 }, () => createEventWriter(folder, { clock })));
  await Promise.all(writers.map((writer, i) => writer.write(i, [scalarValue('a', i)])));
  await Promise.all(writers.map(({ close }) => close()));
  expect(new Set(writers.map((writer) => writer.path)).size).toBe(5);
  expect((await readdir(folder)).length).toBe(5);
  for (const [i, writer] of writers.entries()) {
    const { events, unfinished } = await eventsOf(writer.path);
    expect(unfinished).toBe(0);
    expect(events.map(({ step }) => step)).toEqual([0n, BigInt(i)]);
  }
});

test('writes that nobody waits for are taken in turn, each as a whole record, and close comes after them', async () => {
  const writer = await createEventWriter(folder, { clock });
  const writes = Array.from({ length: 50 }, (_, i) => writer.write(i, [scalarValue('a', i), scalarValue('b', -i)]));
  await Promise.all([...writes, writer.close()]);
  const { events } = await eventsOf(writer.path);
  expect(events.slice(1).map(({ step }) => Number(step))).toEqual(Array.from({ length: 50 }, (_, i) => i));
});

test('a write that fails half-way leaves whole records, and the next one goes on after them', async () => {
  let failures = 0;
  const open: typeof nodeFiles.open = async (...given) => {
    const handle = await nodeFiles.open(...given);
    const append = handle.appendFile.bind(handle);
    handle.appendFile = async (data, ...rest) => {
      if (failures-- !== 1) return append(data, ...rest);
      await append((data as Uint8Array).subarray(0, 20)); // records are bytes
      throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    };
    return handle;
  };
  const writer = await createEventWriter(folder, { clock, files: { mkdir: nodeFiles.mkdir, open } });
  await writer.write(1, [scalarValue('a', 1)]);
  failures = 1;
  await expect(writer.write(2, [scalarValue('a', 2)])).rejects.toMatchObject({
    code: 'SAVE_FAILED',
    path: writer.path,
    problem: expect.stringContaining('ENOSPC'),
  });
  expect((await eventsOf(writer.path)).unfinished).toBe(0);
  await writer.write(3, [scalarValue('a', 3)]);
  await writer.close();
  expect((await eventsOf(writer.path)).events.map(({ step }) => step)).toEqual([0n, 1n, 3n]);
});

test('a file that cannot be cut back to whole records takes no more', async () => {
  let isFull = false;
  const open: typeof nodeFiles.open = async (...given) => {
    const handle = await nodeFiles.open(...given);
    const append = handle.appendFile.bind(handle);
    handle.appendFile = async (...data) => (isFull ? Promise.reject(new Error('EIO')) : append(...data));
    handle.truncate = () => Promise.reject(new Error('EIO'));
    return handle;
  };
  const writer = await createEventWriter(folder, { clock, files: { mkdir: nodeFiles.mkdir, open } });
  isFull = true;
  await expect(writer.write(1, [scalarValue('a', 1)])).rejects.toMatchObject({ code: 'SAVE_FAILED' });
  isFull = false;
  await expect(writer.write(2, [scalarValue('a', 2)])).rejects.toMatchObject({ code: 'SAVE_FAILED' });
  await writer.close();
  expect((await eventsOf(writer.path)).events.length).toBe(1);
});

test('a folder that cannot be made is SAVE_FAILED', async () => {
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  await expect(createEventWriter(path.join(file, 'run'))).rejects.toMatchObject({ code: 'SAVE_FAILED' });
});

test('a process that is killed while it writes leaves whole events', { timeout: 60_000 }, async () => {
  const source = (file: string) => JSON.stringify(path.resolve(import.meta.dirname, '../../../src/files/events', file));
  const script = `
    const { createEventWriter } = await import(${source('writer.ts')});
    const { scalarValue } = await import(${source('values.ts')});
    const writer = await createEventWriter(${JSON.stringify(folder)});
    for (let i = 1; ; i++) {
      await writer.write(i, [scalarValue('a', i)]);
      process.stdout.write(i + '\\n');
    }`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script]);
  let said = '';
  const exit = new Promise((done) => child.once('exit', (_, signal) => done(signal)));
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.split('\n').length > 100) child.kill('SIGKILL');
  });
  expect(await exit).toBe('SIGKILL');
  const [name = ''] = await readdir(folder);
  const { events } = await eventsOf(path.join(folder, name));
  const steps = events.slice(1).map(({ step }) => Number(step));
  const promised = Number(said.split('\n').at(-2));
  expect(steps.length).toBeGreaterThanOrEqual(promised); // what was written is not lost
  expect(steps).toEqual(steps.map((_, i) => i + 1));
});
