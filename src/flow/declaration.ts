/** @file What the language needs to know of a task kind. `tasks/kind.ts` extends it with what training needs. */
import type { Json } from './graph.js';

/**
 * A test of one element of a task's encoded value. Labels and decoded predictions share one encoding (a class index,
 * 0/1, a number in label units), so one test serves both. Bounds are strict; `oneOf` compares exactly.
 */
export type ElementTest =
  | { readonly element: number; readonly oneOf: readonly number[] }
  | { readonly element: number; readonly above?: number; readonly below?: number };

/** Named questions that a condition may ask; each checks its arguments and throws `HeadgateError` when they are wrong. */
// biome-ignore lint/suspicious/noExplicitAny: method parameters are contravariant; only `any` admits every signature
export type Predicates = Readonly<Record<string, (...args: any[]) => ElementTest>>;

/**
 * A task as the flow language sees it. `Value` is the type of a decoded prediction and `Probability` that of what the
 * network thinks of it; both exist for the compiler only.
 */
export interface TaskDeclaration<Value = unknown, P extends Predicates = Predicates, Probability = unknown> {
  /** Name of the kind, e.g. `binary`; names must differ between kinds. */
  readonly kind: string;
  /** Everything that defines this task, as JSON: two tasks are the same task exactly when kind and options agree. */
  readonly options: Json;
  /** Elements of one encoded value: 1 for a class index, the number of classes for a multilabel. */
  readonly width: number;
  readonly predicates: P;
  /**
   * Name of a predicate. When set, the task itself may stand as a condition (`given(doorOpen)`), meaning that predicate
   * without arguments. A plain string: `keyof P` would make every kind incompatible with `TaskDeclaration`.
   */
  readonly truth?: string;
  /** Axis of an input along which the task answers, or several; set by `along`, never by a kind. Absent: one answer a row. */
  readonly axis?: string | readonly string[];
  /** Never set. Carries `Value` to the compiler. */
  readonly __value?: Value;
  /** Never set. Carries `Probability` to the compiler. */
  readonly __probability?: Probability;
}

/** What a prediction holds for one row of a task: one answer, or along an axis one at each position where it applies. */
export type RowOfAnswers<D, Answer> = D extends { readonly axis: infer Axis } ? Along<Axis, Answer | null> : Answer;

/** A list of `Element` along an axis; along several, a list of such lists. */
export type Along<Axis, Element> = Axis extends readonly [unknown, ...infer Rest]
  ? Rest extends readonly []
    ? readonly Element[]
    : readonly Along<Rest, Element>[]
  : readonly Element[];

/** The type that one answer of a task decodes to. */
export type ValueOf<D> = D extends { readonly __value?: infer V } ? Exclude<V, undefined> : never;

/** The type of the probability that comes with one answer of a task. */
export type ProbabilityOf<D> = D extends { readonly __probability?: infer P } ? Exclude<P, undefined> : never;
