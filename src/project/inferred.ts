/** @file Types that a project's own type says: its rows, its labels, its predictions. */
import type { PathsOf, PredictionsOf } from '../flow/handles.js';
import type { Project } from '../project.js';
import type { LabelOf, LeafName, ProjectRow } from './rows.js';

/** What a prediction of a project is. */
export type Predictions<P> =
  P extends Project<infer _I, infer _T, infer _F, infer _Fl, infer Root> ? PredictionsOf<Root> : never;

/** A row of a project, with its inputs and labels. */
export type RowOf<P> =
  P extends Project<infer I, infer T, infer _F, infer _Fl, infer Root> ? ProjectRow<I, T, PathsOf<Root>> : never;

/**
 * Labels of one row for a project, all optional and nullable, by a task's name or full path. Other forms that the kinds
 * read (0 and 1, class indices, lists of class names) are for rows without this type.
 */
export type Labels<P> =
  P extends Project<infer _I, infer T, infer _F, infer _Fl, infer Root>
    ? { readonly [K in (keyof T & string) | PathsOf<Root>]?: LabelOf<T, LeafName<K>> | null }
    : never;
