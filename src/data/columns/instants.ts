/** @file From a cell to an instant: a `Date`, an ISO text, or a number in a declared unit. Without a zone, it is in UTC. */

const ISO = /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/;

export type NumberUnit = 's' | 'ms';

/** Milliseconds since 1970 in UTC; undefined for what is no instant. */
export function instantOf(cell: unknown, unit: NumberUnit | null): number | undefined {
  if (cell instanceof Date) return within(cell.getTime());
  if (typeof cell === 'number') return unit === null ? undefined : within(unit === 's' ? cell * 1000 : cell);
  return typeof cell === 'string' ? isoInstant(cell.trim()) : undefined;
}

function isoInstant(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, m = 0, d = 0, h = 0, min = 0, s = 0] = parts;
  const date = new Date(0);
  date.setUTCFullYear(y, m - 1, d);
  date.setUTCHours(h, min, s, Math.floor(Number(`0.${fraction || '0'}`) * 1000));
  const read = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours()];
  const isReal = [...read, date.getUTCMinutes(), date.getUTCSeconds()].every((part, i) => part === parts[i]);
  const offset = offsetOf(zone);
  return isReal && offset !== undefined ? within(date.getTime() - offset * 60_000) : undefined; // no 30th of February
}

/** Minutes east of UTC. */
function offsetOf(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return hours > 23 || minutes > 59 ? undefined : (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** What a `Date` can hold. */
const MOST = 8.64e15;

const within = (time: number): number | undefined => (Math.abs(time) <= MOST ? time : undefined);
