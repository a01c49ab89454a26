/** @file A sweep as a WebAssembly function: four elements at a time, every operation on values already loaded. */
import {
  type Bytes,
  bump,
  constant,
  END,
  F32,
  float,
  get,
  I32,
  name,
  SIMD,
  section,
  set,
  sized,
  unsigned,
  V128,
  vector,
} from '../../../wasm/encoding.js';
import type { Argument, Sweep, SweepOperator } from './plan.js';

/** The module's one function: a pointer for each operand, one for each result, rows, columns. */
export const ENTRY = 'sweep';

/** The scalar instruction, and the vector one of the same meaning. */
const CODES: Readonly<Record<SweepOperator, { readonly one: number; readonly four: number }>> = {
  Abs: { one: 0x8b, four: 0xe0 },
  Neg: { one: 0x8c, four: 0xe1 },
  Sqrt: { one: 0x91, four: 0xe3 },
  Add: { one: 0x92, four: 0xe4 },
  Sub: { one: 0x93, four: 0xe5 },
  Mul: { one: 0x94, four: 0xe6 },
  Div: { one: 0x95, four: 0xe7 },
  Min: { one: 0x96, four: 0xe8 },
  Max: { one: 0x97, four: 0xe9 },
};

/** Equal for sweeps that one function can run: sizes are its arguments. */
export function structureOf({ operands, operations, results }: Sweep): string {
  return JSON.stringify([operands.map(({ spread }) => spread), operations, results.map(({ at }) => at)]);
}

/** The binary module. It imports `env.memory`. */
export function sweepModule(sweep: Sweep): Uint8Array<ArrayBuffer> {
  const pointers = sweep.operands.length + sweep.results.length;
  const type = [0x60, ...vector(Array<Bytes>(pointers + 2).fill([I32])), ...vector([])];
  const memory = [...name('env'), ...name('memory'), 0x02, 0x00, 0x01];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([type])),
    ...section(2, vector([memory])),
    ...section(3, vector([[0x00]])),
    ...section(7, vector([[...name(ENTRY), 0x00, 0x00]])),
    ...section(10, vector([sized(body(sweep, pointers))])),
  ]);
}

/** Numbers of the function's locals. */
interface Locals {
  /** Rows still to do, and columns of each. */
  readonly rows: number;
  readonly columns: number;
  /** Bytes into tensors of full size, bytes into the row, and bytes of a row. */
  readonly offset: number;
  readonly place: number;
  readonly end: number;
  /** First of a scalar for each operand and operation; and of a vector for each. */
  readonly one: number;
  readonly four: number;
  /** How many of each. */
  readonly values: number;
}

/** The arguments come first: the pointers, rows, columns. */
function localsOf({ operands, operations }: Sweep, pointers: number): Locals {
  const values = operands.length + operations.length;
  const [rows, columns, offset, place, end, one] = [0, 1, 2, 3, 4, 5].map((i) => pointers + i) as [
    ...[number, number, number, number, number, number], // as many as were listed
  ];
  return { rows, columns, offset, place, end, one, four: one + values, values };
}

function body(sweep: Sweep, pointers: number): Bytes {
  const locals = localsOf(sweep, pointers);
  const { rows, columns, place, end, values } = locals;
  return [
    ...vector([
      [...unsigned(3), I32],
      [...unsigned(values), F32],
      [...unsigned(values), V128],
    ]),
    ...scalars(sweep, locals),
    ...[...get(columns), ...constant(2), 0x74, ...set(end)], // four bytes an element
    ...[0x03, 0x40], // do
    ...[...constant(0), ...set(place)],
    ...stepWhile(sweep, locals, true),
    ...stepWhile(sweep, locals, false),
    ...[...bump(rows, -1), ...get(rows), 0x0d, 0x00, END], // while (--rows)
    END,
  ];
}

/** Operands that are one number are loaded once. */
function scalars({ operands }: Sweep, { one, four }: Locals): Bytes {
  return operands.flatMap(({ spread }, i) =>
    spread === 'scalar'
      ? [...[...get(i), 0x2a, 0x02, 0x00, ...set(one + i)], ...[...get(i), SIMD, 0x09, 0x02, 0x00, ...set(four + i)]]
      : [],
  );
}

/** `while (place + bytes <= end) step`, for as many elements as a value holds. */
function stepWhile(sweep: Sweep, locals: Locals, isVector: boolean): Bytes {
  const { place, end, offset } = locals;
  const bytes = isVector ? 16 : 4;
  return [
    ...[0x02, 0x40, 0x03, 0x40],
    ...[...get(place), ...constant(bytes), 0x6a, ...get(end), 0x4b, 0x0d, 0x01], // i32.gt_u, br_if out
    ...step(sweep, locals, isVector),
    ...[...bump(offset, bytes), ...bump(place, bytes)],
    ...[0x0c, 0x00, END, END],
  ];
}

/** Loads, operations and stores of one element, or of four. */
function step({ operands, operations, results }: Sweep, locals: Locals, isVector: boolean): Bytes {
  const base = isVector ? locals.four : locals.one;
  const address = (pointer: number, at: number): Bytes => [...get(pointer), ...get(at), 0x6a];
  const argument = (given: Argument): Bytes => {
    if (given.from === 'number') return [0x43, ...float(given.value), ...(isVector ? [SIMD, 0x13] : [])];
    return get(base + given.at + (given.from === 'operation' ? operands.length : 0));
  };
  const loads = operands.flatMap(({ spread }, i) => {
    if (spread === 'scalar') return [];
    const load = isVector ? [SIMD, 0x00, 0x02, 0x00] : [0x2a, 0x02, 0x00];
    return [...address(i, spread === 'full' ? locals.offset : locals.place), ...load, ...set(base + i)];
  });
  const work = operations.flatMap(({ operator, arguments: given }, i) => [
    ...given.flatMap(argument),
    ...(isVector ? [SIMD, ...unsigned(CODES[operator].four)] : [CODES[operator].one]),
    ...set(base + operands.length + i),
  ]);
  const stores = results.flatMap(({ at }, i) => [
    ...address(operands.length + i, locals.offset),
    ...get(base + operands.length + at),
    ...(isVector ? [SIMD, 0x0b, 0x02, 0x00] : [0x38, 0x02, 0x00]),
  ]);
  return [...loads, ...work, ...stores];
}
