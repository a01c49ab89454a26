/** @file A sweep as a WebAssembly function: four elements at a time, every operation on values already loaded. */
import type { Argument, Sweep, SweepOperator } from './plan.js';

/** The module's one function: a pointer for each operand, one for each result, rows, columns. */
export const ENTRY = 'sweep';

// Encodings: WebAssembly Core Specification 2.0, chapters 5.3 (types) to 5.5 (modules).
const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const SIMD = 0xfd;
const END = 0x0b;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;

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

type Bytes = readonly number[];

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

/*
 * Locals: the pointers, rows, columns; then `offset` into full tensors and `place` within a row, both in bytes, and
 * `end`, the bytes of a row; then a scalar and a vector for each operand and each operation.
 */
function body(sweep: Sweep, pointers: number): Bytes {
  const values = sweep.operands.length + sweep.operations.length;
  const rows = pointers;
  const columns = pointers + 1;
  const [offset, place, end] = [pointers + 2, pointers + 3, pointers + 4];
  const one = pointers + 5;
  const four = one + values;
  const get = (local: number): Bytes => [LOCAL_GET, ...unsigned(local)];
  const set = (local: number): Bytes => [LOCAL_SET, ...unsigned(local)];
  const constant = (value: number): Bytes => [0x41, ...signed(value)];
  const bump = (local: number, by: number): Bytes => [...get(local), ...constant(by), 0x6a, ...set(local)];
  const address = (pointer: number, at: number): Bytes => [...get(pointer), ...get(at), 0x6a];

  const placeOf = (spread: 'full' | 'row'): number => (spread === 'full' ? offset : place);
  const argument = (given: Argument, base: number, isVector: boolean): Bytes => {
    if (given.from === 'number') return [0x43, ...float(given.value), ...(isVector ? [SIMD, 0x13] : [])];
    return get(base + given.at + (given.from === 'operation' ? sweep.operands.length : 0));
  };
  const step = (isVector: boolean): Bytes => {
    const base = isVector ? four : one;
    const loads = sweep.operands.flatMap(({ spread }, i) => {
      if (spread === 'scalar') return [];
      const load = isVector ? [SIMD, 0x00, 0x02, 0x00] : [0x2a, 0x02, 0x00];
      return [...address(i, placeOf(spread)), ...load, ...set(base + i)];
    });
    const work = sweep.operations.flatMap(({ operator, arguments: given }, i) => [
      ...given.flatMap((one) => argument(one, base, isVector)),
      ...(isVector ? [SIMD, ...unsigned(CODES[operator].four)] : [CODES[operator].one]),
      ...set(base + sweep.operands.length + i),
    ]);
    const stores = sweep.results.flatMap(({ at }, i) => [
      ...address(sweep.operands.length + i, offset),
      ...get(base + sweep.operands.length + at),
      ...(isVector ? [SIMD, 0x0b, 0x02, 0x00] : [0x38, 0x02, 0x00]),
    ]);
    const bytes = isVector ? 16 : 4;
    return [...loads, ...work, ...stores, ...bump(offset, bytes), ...bump(place, bytes)];
  };
  /** `while (place + bytes <= end) step` */
  const sweepWhile = (bytes: number, isVector: boolean): Bytes => [
    ...[0x02, 0x40, 0x03, 0x40],
    ...[...get(place), ...constant(bytes), 0x6a, ...get(end), 0x4b, 0x0d, 0x01], // i32.gt_u, br_if out
    ...step(isVector),
    ...[0x0c, 0x00, END, END],
  ];
  const scalars = sweep.operands.flatMap(({ spread }, i) =>
    spread === 'scalar'
      ? [...[...get(i), 0x2a, 0x02, 0x00, ...set(one + i)], ...[...get(i), SIMD, 0x09, 0x02, 0x00, ...set(four + i)]]
      : [],
  );
  return [
    ...vector([
      [...unsigned(3), I32],
      [...unsigned(values), F32],
      [...unsigned(values), V128],
    ]),
    ...scalars,
    ...[...get(columns), ...constant(2), 0x74, ...set(end)], // four bytes an element
    ...[0x03, 0x40], // do
    ...[...constant(0), ...set(place)],
    ...sweepWhile(16, true),
    ...sweepWhile(4, false),
    ...[...bump(rows, -1), ...get(rows), 0x0d, 0x00, END], // while (--rows)
    END,
  ];
}

function section(id: number, content: Bytes): Bytes {
  return [id, ...sized(content)];
}

function sized(content: Bytes): Bytes {
  return [...unsigned(content.length), ...content];
}

function vector(items: readonly Bytes[]): Bytes {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): Bytes {
  return sized([...new TextEncoder().encode(text)]);
}

/** LEB128. */
function unsigned(value: number): Bytes {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Bytes {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

function float(value: number): Bytes {
  return [...new Uint8Array(Float32Array.of(value).buffer)];
}
