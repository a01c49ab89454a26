/** @file The recorded graph: values, the nodes that make them, and nothing that runs. Passes make new graphs. */
import type { BatchType } from '../engine.js';

/** int64 only where ONNX asks for it (shapes, axes, indices); float64 only for exact integer division. */
export type ElementType = BatchType | 'int64' | 'float64';
export type ElementData = Float32Array | Int32Array | Uint8Array | BigInt64Array | Float64Array;

/** One tensor of the graph. Two values are the same tensor only if they are the same object. */
export interface Value {
  readonly id: number;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Known while tracing: written into the model as an initialiser. */
  readonly data?: ElementData;
}

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'string'; readonly value: string };
export type Attributes = Readonly<Record<string, Attribute>>;

export interface Node {
  /** ONNX operator name. */
  readonly op: string;
  /** Operator set; absent for ONNX's own. */
  readonly domain?: string;
  /** Null where an optional input is left out. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** The layer that was running when the node was recorded; empty outside layers (losses, gradients, updates). */
  readonly scope: string;
}

export interface Port {
  readonly name: string;
  readonly value: Value;
}

/** Nodes stand in an order in which they can run. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly Node[];
}

/** What the host must look at after a run: numbers of the graph, and their bounds. */
export interface IndexCheck {
  /** The operation, and the layer it runs in. */
  readonly where: string;
  readonly limits: readonly number[];
  /** int32, one number a coordinate. */
  readonly least: Value;
  readonly greatest: Value;
}

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const text = (value: string): Attribute => ({ kind: 'string', value });

let lastId = 0;

export function createValue(type: ElementType, shape: readonly number[], data?: ElementData): Value {
  const id = ++lastId;
  return data === undefined ? { id, type, shape } : { id, type, shape, data };
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

/** A zeroed array for values of this type; bool takes one byte an element. */
export function allocate(type: ElementType, size: number): ElementData {
  switch (type) {
    case 'float32':
      return new Float32Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'bool':
    case 'uint8':
      return new Uint8Array(size);
    case 'int64':
      return new BigInt64Array(size);
    case 'float64':
      return new Float64Array(size);
  }
}

/** Numbers as an array of this type. */
export function dataOf(type: ElementType, values: ArrayLike<number>): ElementData {
  const data = allocate(type, values.length);
  if (data instanceof BigInt64Array) {
    for (let i = 0; i < values.length; i++) data[i] = BigInt(values[i] ?? 0);
  } else {
    data.set(values);
  }
  return data;
}
