/**
 * @file Along the arc from one model to another, parameter by parameter (Shoemake 1985): half-way between two vectors of one
 * length it has that length, which their mean has not. Moving averages go along the straight line.
 */
import { elementwise, type Merged, type MergeMethod, requireTwo, requireWithin, type Values } from './method.js';

/** |cos| above which two vectors make no plane to turn in, and the straight line is taken. */
const NEARLY_PARALLEL = 0.9995;

/** @throws HeadgateError `INVALID_OPTIONS` at `t`, or at `method` unless there are two models */
export function slerp(merged: Merged, t: number): MergeMethod {
  requireTwo('slerp', merged);
  requireWithin('t', t, 0, 1);
  return {
    parameter: (_, values) => turned(values, t),
    average: (_, values) => mixed(values, 1 - t, t),
  };
}

function turned(values: Values, t: number): Float32Array {
  const cosine = cosineOf(values);
  if (!(Math.abs(cosine) <= NEARLY_PARALLEL)) return mixed(values, 1 - t, t); // also where one is 0
  const angle = Math.acos(cosine);
  return mixed(values, Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle));
}

/** a · first + b · second; the ends to the bit. */
function mixed([first = new Float32Array(0), second = first]: Values, a: number, b: number): Float32Array {
  if (b === 0) return first.slice();
  if (a === 0) return second.slice();
  return elementwise(first.length, (i) => a * (first[i] as number) + b * (second[i] as number)); // one length
}

/** NaN where one of them is 0. */
function cosineOf([first = new Float32Array(0), second = first]: Values): number {
  let [dot, a, b] = [0, 0, 0];
  for (let i = 0; i < first.length; i++) {
    const [x, y] = [first[i] as number, second[i] as number]; // one length
    dot += x * y;
    a += x * x;
    b += y * y;
  }
  return dot / (Math.sqrt(a) * Math.sqrt(b));
}
