/** @file Bytes of WebAssembly: WebAssembly Core Specification 2.0, chapters 5.2 (values) to 5.5 (modules). */

export type Bytes = readonly number[];

export const I32 = 0x7f;
export const F32 = 0x7d;
export const V128 = 0x7b;
/** In front of vector instructions. */
export const SIMD = 0xfd;
export const END = 0x0b;

export const get = (local: number): Bytes => [0x20, ...unsigned(local)];
export const set = (local: number): Bytes => [0x21, ...unsigned(local)];
/** An i32. */
export const constant = (value: number): Bytes => [0x41, ...signed(value)];
/** `local += by` */
export const bump = (local: number, by: number): Bytes => [...get(local), ...constant(by), 0x6a, ...set(local)];

export function section(id: number, content: Bytes): Bytes {
  return [id, ...sized(content)];
}

export function sized(content: Bytes): Bytes {
  return [...unsigned(content.length), ...content];
}

export function vector(items: readonly Bytes[]): Bytes {
  return [...unsigned(items.length), ...items.flat()];
}

export function name(text: string): Bytes {
  return sized([...new TextEncoder().encode(text)]);
}

/** LEB128. */
export function unsigned(value: number): Bytes {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

export function signed(value: number): Bytes {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

export function float(value: number): Bytes {
  return [...new Uint8Array(Float32Array.of(value).buffer)];
}
