/** @file What a recording kernel is: the graph-building counterpart of one tfjs kernel. */
import type { Builder } from './builder.js';
import type { Value } from './graph.js';

export interface Kernel {
  /** The tfjs kernel: `Add`, `_FusedMatMul`. */
  readonly name: string;
  readonly build: (
    g: Builder,
    inputs: Readonly<Record<string, Value>>,
    attributes: unknown,
  ) => Value | readonly Value[];
}

/**
 * A kernel with named inputs (`I`) and the attribute type that tfjs-core declares for it (`A`).
 * tfjs hands both over untyped, so the one place that trusts its declarations is here.
 */
export function kernel<I extends string, A = unknown>(
  name: string,
  build: (g: Builder, inputs: Readonly<Record<I, Value>>, attributes: A) => Value | readonly Value[],
): Kernel {
  return {
    name,
    // Reason for the assertions: tfjs's registry types inputs and attributes of every kernel alike; `name` decides them.
    build: (g, inputs, attributes) => build(g, inputs as Readonly<Record<I, Value>>, attributes as A),
  };
}

/** A kernel whose inputs are a list: `Concat`, `AddN`, `Einsum`. */
export function listKernel<A = unknown>(
  name: string,
  build: (g: Builder, inputs: readonly Value[], attributes: A) => Value | readonly Value[],
): Kernel {
  return { name, build: (g, inputs, attributes) => build(g, Object.values(inputs), attributes as A) };
}
