/** @file Which columns of a source a project reads: a file leaves the others unread. */
import type { Layout } from '../../tasks/layout.js';
import { inputColumns } from '../inputs.js';
import type { Source } from './source.js';

/**
 * The same rows, without the columns that neither inputs nor labels are read from, where the source can leave them out. As
 * it is where a column is absent: what is said of that names columns that it may have been.
 *
 * @param weightColumn says how much each row counts; null: none does
 */
export function neededForLabels(source: Source, layout: Layout, weightColumn: string | null): Source {
  const names = namesOf(source);
  const labels = layout.slots.map(({ task }) => [task.path, task.name].find((name) => names.has(name)) ?? null);
  const inputs = inputColumns(layout.flow.graph.inputs);
  return withOnly(source, names, [...inputs, ...labels, ...(weightColumn === null ? [] : [weightColumn])]);
}

/** As `neededForLabels`, where nothing but inputs is read. */
export function neededForInputs(source: Source, { flow }: Pick<Layout, 'flow'>): Source {
  return withOnly(source, namesOf(source), [...inputColumns(flow.graph.inputs)]);
}

function withOnly(source: Source, names: ReadonlySet<string>, wanted: readonly (string | null)[]): Source {
  const own = new Set(wanted.flatMap((name) => (name !== null && names.has(name) ? [name] : [])));
  if (source.only === undefined || own.size < new Set(wanted).size || own.size === names.size) return source;
  return source.only(own);
}

function namesOf({ columns }: Source): ReadonlySet<string> {
  return new Set(columns?.map(({ name }) => name));
}
