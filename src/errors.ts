/** @file The one error type. An error is data first; its message is made from the data. */
import { distance } from 'fastest-levenshtein';
import type { ErrorCode } from './error-codes.js';
import { visible } from './text.js';

export type { ErrorCode } from './error-codes.js';

/** What every Headgate error says. `path` names the task, input, column or row; see `docs/errors.md` for the codes. */
export interface ErrorFacts {
  /** Stable, upper-case name, e.g. `UNKNOWN_TASK`. */
  readonly code: ErrorCode;
  /** Where: a task path, `inputs.frame`, `rows[12].doorOpen`, a file name. */
  readonly path: string;
  /** One sentence: what is wrong. */
  readonly problem: string;
  readonly expected?: string | undefined;
  readonly received?: string | undefined;
  /** One sentence: how to mend it. */
  readonly mend?: string | undefined;
  /** The nearest known name, when a name was mistaken. */
  readonly suggestion?: string | undefined;
}

export class HeadgateError extends Error {
  override readonly name = 'HeadgateError';
  readonly code: ErrorCode;
  readonly path: string;
  readonly problem: string;
  readonly expected: string | undefined;
  readonly received: string | undefined;
  readonly mend: string | undefined;
  readonly suggestion: string | undefined;

  constructor(facts: ErrorFacts, options?: ErrorOptions) {
    super(messageOf(facts), options);
    this.code = facts.code;
    this.path = facts.path;
    this.problem = facts.problem;
    this.expected = facts.expected;
    this.received = facts.received;
    this.mend = facts.mend;
    this.suggestion = facts.suggestion;
  }
}

/** The same error at a place that its thrower could not know; anything else as it is. */
export function placedAt(path: string, error: unknown): unknown {
  return error instanceof HeadgateError ? new HeadgateError({ ...error, path }, { cause: error }) : error;
}

/** The error with which this refuses its input; null where it does not. What is no `HeadgateError` is thrown on. */
export function refusalOf(run: () => void): HeadgateError | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
}

function messageOf(facts: ErrorFacts): string {
  const lines = [`${facts.code} at ${facts.path}: ${facts.problem}`];
  if (facts.expected !== undefined) lines.push(`  expected: ${facts.expected}`);
  if (facts.received !== undefined) lines.push(`  received: ${facts.received}`);
  if (facts.suggestion !== undefined) lines.push(`  did you mean "${facts.suggestion}"?`);
  if (facts.mend !== undefined) lines.push(`  ${facts.mend}`);
  return lines.map(visible).join('\n');
}

/** The candidate nearest to `name` by edit distance, if it is near enough to be a slip of the hand. */
export function didYouMean(name: unknown, candidates: Iterable<string>): string | undefined {
  if (typeof name !== 'string') return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const d = distance(name.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** Names for a message, at most 20. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  const shown = all.slice(0, 20).join(', ');
  return all.length > 20 ? `${shown}, … (${all.length} in all)` : shown;
}

/** `a Map`, `a promise`: what JSON shows nothing of. */
function kindOf(value: object): string {
  const name: unknown = Reflect.get(value, 'constructor')?.name;
  if (value instanceof Promise) return 'a promise';
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `a ${name}` : '{}';
}

/** A value shown in a message: short, on one line, never throwing. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (value === null || typeof value !== 'object') return String(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength} bytes)`;
  try {
    const text = JSON.stringify(value);
    if (text === '{}' && Object.getPrototypeOf(value) !== Object.prototype) return kindOf(value);
    return text.length > 60 ? `${text.slice(0, 57)}…` : text;
  } catch {
    return Object.prototype.toString.call(value);
  }
}
