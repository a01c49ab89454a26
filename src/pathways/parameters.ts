/** @file Whether two models have the same parameters. */
import type { HostTensor, HostTensors } from '../engine/engine.js';
import { type ErrorCode, HeadgateError } from '../errors.js';
import { shapeText, sizeOf } from './shape.js';

/** By name, in the order of `expected`: the first parameter that is not the same in name, shape and type. */
export function requireSameParameters(
  code: ErrorCode,
  expected: HostTensors,
  received: HostTensors,
  /** What the second model is called in messages: `others[0]`. */
  label: string,
): void {
  for (const [name, own] of Object.entries(expected)) {
    const other = Object.hasOwn(received, name) ? received[name] : undefined;
    if (other === undefined) throw differs(code, name, `${label} has no such parameter`, tensorText(own), 'none');
    if (tensorText(own) === tensorText(other)) continue;
    throw differs(code, name, `${label} has a parameter of another shape or type`, tensorText(own), tensorText(other));
  }
  const extra = Object.entries(received).find(([name]) => !Object.hasOwn(expected, name));
  if (extra === undefined) return;
  throw differs(code, extra[0], `${label} has a parameter too many`, 'none', tensorText(extra[1]));
}

/** `float32 [2, 3]`; with the number of values where it is another. */
export function tensorText({ dtype, shape, data }: HostTensor): string {
  const stray = data.length === sizeOf(shape) ? '' : ` with ${data.length} values`;
  return `${dtype} ${shapeText(shape)}${stray}`;
}

function differs(code: ErrorCode, path: string, problem: string, expected: string, received: string): HeadgateError {
  return new HeadgateError({ code, path, problem, expected, received });
}
