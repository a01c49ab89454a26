/** @file An event file that grows by whole records. */
import nodeFiles, { type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { HeadgateError } from '../../errors.js';
import { isCode } from '../folder-place.js';
import { EventSchema } from './proto/event_pb.js';
import { frameRecord } from './records.js';
import type { EventValue } from './values.js';

export interface EventWriter {
  readonly path: string;
  /** Appends one event; it is with the operating system when the promise is done. Calls are taken in turn. */
  readonly write: (step: number, values: readonly EventValue[]) => Promise<void>;
  /** After the writes that were asked for. */
  readonly close: () => Promise<void>;
}

export interface EventWriterOptions {
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly clock?: () => number;
  readonly files?: Pick<typeof nodeFiles, 'mkdir' | 'open'>;
}

type Handle = Pick<FileHandle, 'appendFile' | 'truncate' | 'close'>;

/**
 * Makes the folder if need be, and a new file in it that no other writer has. Its first event is the version.
 *
 * @throws HeadgateError `SAVE_FAILED`, also by `write`: what was written before stays whole
 */
export async function createEventWriter(
  folder: string,
  { clock = Date.now, files = nodeFiles }: EventWriterOptions = {},
): Promise<EventWriter> {
  const { handle, path } = await openNew(folder, clock(), files).catch((error: unknown) => {
    throw saveFailed(folder, error);
  });
  let length = 0;
  let broken: unknown = null;
  const append = async (event: MessageInitShape<typeof EventSchema>): Promise<void> => {
    if (broken !== null) throw saveFailed(path, broken);
    const record = frameRecord(toBinary(EventSchema, create(EventSchema, { wallTime: clock() / 1000, ...event })));
    try {
      await handle.appendFile(record);
      length += record.length;
    } catch (error) {
      // Half a record in the middle would hide all that comes after it.
      await handle.truncate(length).catch(() => {
        broken = error;
      });
      throw saveFailed(path, error);
    }
  };
  let last: Promise<void> = append({ what: { case: 'fileVersion', value: 'brain.Event:2' } });
  await last.catch(async (error: unknown) => {
    await handle.close();
    throw error;
  });
  const inTurn = (task: () => Promise<void>): Promise<void> => {
    const done = last.then(task);
    last = done.catch(() => {}); // whoever asked for it is told; the next one is not to blame
    return done;
  };
  return {
    path,
    write: (step, value) =>
      inTurn(() => append({ step: BigInt(step), what: { case: 'summary', value: { value: [...value] } } })),
    close: () => inTurn(() => handle.close()),
  };
}

/** A name as TensorBoard's writers give: it must have `tfevents` in it, and files are read in the order of their names. */
async function openNew(
  folder: string,
  time: number,
  files: NonNullable<EventWriterOptions['files']>,
): Promise<{ readonly handle: Handle; readonly path: string }> {
  await files.mkdir(folder, { recursive: true });
  const seconds = String(Math.floor(time / 1000)).padStart(10, '0');
  const host = hostname().replace(/[^\w.-]/g, '_');
  for (let count = 0; ; count++) {
    const path = join(folder, `events.out.tfevents.${seconds}.${host}.${process.pid}.${count}`);
    try {
      return { handle: await files.open(path, 'ax'), path };
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error; // another writer of this process, in this second
    }
  }
}

function saveFailed(path: string, error: unknown): HeadgateError {
  const reason = error instanceof Error ? error.message : String(error);
  return new HeadgateError(
    { code: 'SAVE_FAILED', path, problem: `The event file could not be written: ${reason}` },
    { cause: error },
  );
}
