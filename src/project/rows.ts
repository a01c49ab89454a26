/** @file The types of the rows of a project. A record of unknown columns (`Row`) fits them, too. */
import type { RowOfAnswers, ValueOf } from '../flow/declaration.js';
import type { InputSpec } from '../flow/graph.js';
import type { TaskKind } from '../tasks/kind.js';

type Kinds = Readonly<Record<string, TaskKind>>;
type Inputs = Readonly<Record<string, InputSpec>>;

/** The columns that an input is read from: those that it names, or the one of its own name; any, where it may be either. */
type ColumnsOf<Name, Spec> = Spec extends { readonly __columns?: infer Columns }
  ? unknown extends Columns
    ? string
    : Exclude<Columns, undefined> extends infer Own
      ? [Own] extends [never]
        ? never
        : [Own] extends [null]
          ? Name
          : Exclude<Own, null>
      : never
  : string;

type InputColumns<I extends Inputs> = { [K in keyof I & string]: ColumnsOf<K, I[K]> }[keyof I & string];

/** What the cells of a column may be, by the kind that an input declares for it; `never` where none does. */
type DeclaredCell<I extends Inputs, Column> = {
  [K in keyof I & string]: I[K] extends { readonly __cells?: infer Cells }
    ? Column extends keyof Cells
      ? Cells[Column]
      : never
    : I[K] extends { readonly __cell?: infer Cell }
      ? Column extends K
        ? Cell
        : never
      : never;
}[keyof I & string];

type InputCell<I extends Inputs, Column> = [DeclaredCell<I, Column>] extends [never]
  ? unknown
  : DeclaredCell<I, Column>;

/** A cell of a task: a label, or along an axis one for each position. */
type LabelCellOf<D> = D extends { readonly axis: infer Axis }
  ? LabelsAlong<Axis, LabelFormOf<ValueOf<D>>>
  : LabelFormOf<ValueOf<D>>;

type LabelsAlong<Axis, Form> = Axis extends readonly [unknown, ...infer Rest]
  ? Rest extends readonly []
    ? LabelList<Form>
    : readonly LabelsAlong<Rest, Form>[] | null | undefined
  : LabelList<Form>;

type LabelList<Form> = readonly Form[] | Uint8Array | Float32Array | null | undefined;

/** What a task predicts, or the other forms in which its kind reads a label. Kinds check the labels. */
type LabelFormOf<Value> = [Value] extends [boolean]
  ? boolean | number | null | undefined
  : [Value] extends [string]
    ? string | number | null | undefined
    : [Value] extends [number]
      ? number | null | undefined
      : unknown;

/** What the task of this name predicts. */
export type LabelOf<T extends Kinds, Name extends string> = Name extends keyof T
  ? RowOfAnswers<T[Name], ValueOf<T[Name]>>
  : never;
type KindOf<T extends Kinds, Name extends string> = Name extends keyof T ? T[Name] : unknown;
/** `person.faceX1` -> `faceX1`. */
export type LeafName<Path extends string> = Path extends `${string}.${infer Below}` ? LeafName<Below> : Path;

/** A row of a project: its inputs, and its labels where there are any. A literal may have no other columns than these; a row from elsewhere may have more. */
export type ProjectRow<I extends Inputs, T extends Kinds, Paths extends string> = {
  readonly [K in Exclude<(keyof T & string) | Paths, InputColumns<I>>]?: LabelCellOf<KindOf<T, LeafName<K>>>;
} & { readonly [K in InputColumns<I>]?: InputCell<I, K> };
