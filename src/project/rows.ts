/** @file The types of the rows of a project. A record of unknown columns (`Row`) fits them, too. */
import type { ValueOf } from '../flow/declaration.js';
import type { InputSpec } from '../flow/graph.js';
import type { TaskKind } from '../tasks/kind.js';

type Kinds = Readonly<Record<string, TaskKind>>;
type Inputs = Readonly<Record<string, InputSpec>>;

/** The columns that an input is read from: those that it names, or the one of its own name; any, where it may be either. */
type ColumnsOf<Name, Spec> = Spec extends { readonly __columns?: infer Columns }
  ? unknown extends Columns
    ? string
    : Exclude<Columns, undefined> extends infer Own
      ? [Own] extends [null]
        ? Name
        : Exclude<Own, null>
      : never
  : string;

type InputColumns<I extends Inputs> = { [K in keyof I & string]: ColumnsOf<K, I[K]> }[keyof I & string];

/** A cell of a task: what it predicts, or the other forms in which its kind reads a label. Kinds check the cells. */
type LabelCellOf<Value> = [Value] extends [boolean]
  ? boolean | number | null | undefined
  : [Value] extends [string]
    ? string | number | null | undefined
    : [Value] extends [number]
      ? number | null | undefined
      : unknown;

/** What the task of this name predicts. */
export type LabelOf<T extends Kinds, Name extends string> = Name extends keyof T ? ValueOf<T[Name]> : never;
/** `person.faceX1` -> `faceX1`. */
export type LeafName<Path extends string> = Path extends `${string}.${infer Below}` ? LeafName<Below> : Path;

/** A row of a project: its inputs, and its labels where there are any. A literal may have no other columns than these; a row from elsewhere may have more. */
export type ProjectRow<I extends Inputs, T extends Kinds, Paths extends string> = {
  readonly [K in Exclude<(keyof T & string) | Paths, InputColumns<I>>]?: LabelCellOf<LabelOf<T, LeafName<K>>>;
} & { readonly [K in InputColumns<I>]?: unknown };
