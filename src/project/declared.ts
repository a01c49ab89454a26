/** @file The types of what a project is declared with, by the names of its inputs, tasks, features and flows. */
import type { FeatureArgument, FeatureRef } from '../flow/features.js';
import type { InputSpec } from '../flow/graph.js';
import type { FlowHandle, PathsOf, TaskHandle } from '../flow/handles.js';
import type { OnNote } from '../notes.js';
import type { PathwaySettings } from '../pathways/assign/settings.js';
import type { TaskKind } from '../tasks/kind.js';
import type { tf } from '../tf.js';

export type Kinds = Readonly<Record<string, TaskKind>>;
/** The paths of a root's tasks; any, for a project whose flows the compiler does not know. */
export type Paths<Root> = [Root] extends [never] ? string : PathsOf<Root>;
export type Inputs = Readonly<Record<string, InputSpec>>;
/** Flows by name: the union of the members that each returned. */
export type Flows = Readonly<Record<string, unknown>>;

export interface NetworkOptions<I extends Inputs, F extends string> {
  readonly name: string;
  readonly inputs: I;
  /**
   * Symbolic inputs `[batch, ...shape]` -> named features `[batch, size]`: any tfjs layers program, called once when
   * the network is first needed. Default: a small one for the inputs' shapes, giving one feature, `features`.
   */
  readonly backbone?: (inputs: { readonly [K in keyof I]: tf.SymbolicTensor }) => { readonly [K in F]: Applied };
  /**
   * Seed of the initial weights, whichever verb needs them first. Default 0. (`fit`'s own seed is of the order of rows
   * and of dropout, and no other verb changes either.)
   */
  readonly seed?: number | undefined;
  /**
   * Gives each task, or each flow and task that names one (`via`), a pathway of its own through the backbone: the first
   * `fit` finds them. Default: all tasks see the whole backbone.
   */
  readonly pathways?: PathwaySettings | undefined;
  /** Hears the notes of every verb. Default: they are printed to standard error, each distinct one once. */
  readonly onNote?: OnNote | undefined;
}

export interface ProjectOptions<I extends Inputs, T extends Kinds, F extends string> extends NetworkOptions<I, F> {
  readonly tasks: T;
}

/** What `apply` of a tfjs layer gives, by its types: for symbolic inputs it is a symbolic tensor, which is checked. */
type Applied = ReturnType<tf.layers.Layer['apply']>;

/** What `task` offers in a flow function: each task and each flow declared before, by name. */
export type Callables<T extends Kinds, F extends string, Fl extends Flows> = {
  readonly [K in keyof T & string]: (feature: FeatureRef) => TaskHandle<K, T[K]>;
} & { readonly [K in keyof Fl & string]: (features: FeatureArgument<F>) => FlowHandle<K, Fl[K]> };
