/** @file Event files back: for tests, and for whoever opens a run again. */
import { fromBinary } from '@bufbuild/protobuf';
import { type Event, EventSchema } from './proto/event_pb.js';
import { readRecords } from './records.js';

export interface Events {
  readonly events: readonly Event[];
  /** Bytes after the last whole event: a writer is at work there, or was killed there. */
  readonly unfinished: number;
}

/**
 * Every whole event of a file.
 *
 * @param path of the file, for messages
 * @throws HeadgateError `CHECKSUM_MISMATCH`
 */
export function readEvents(bytes: Uint8Array, path: string): Events {
  const { records, unfinished } = readRecords(bytes, path);
  return { events: records.map((record) => fromBinary(EventSchema, record)), unfinished };
}
