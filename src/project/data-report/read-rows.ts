/** @file One reading of some rows, a piece at a time. */
import { type DataLike, sourceIn } from '../../data/data-like.js';
import { inputColumns } from '../../data/inputs.js';
import { rechunked, requireRows } from '../../data/rechunk.js';
import { type DescribedInputs, type RowWatch, startInputs } from '../../data/report/inputs.js';
import { type DescribedLabels, startLabels } from '../../data/report/tasks.js';
import { recordsSource, tableSource } from '../../data/sources/random-access.js';
import type { Source } from '../../data/sources/source.js';
import { asTable, Table, type TableLike } from '../../data/table.js';
import type { Layout } from '../../tasks/layout.js';
import type { DescribedPart } from './facts.js';
import { type LeakFold, type SuspectedLeak, startLeaks } from './leaks.js';
import { startParts } from './parts.js';

export interface ReadRows {
  readonly rows: number;
  readonly parts: readonly DescribedPart[];
  readonly labels: readonly DescribedLabels[];
  readonly inputs: DescribedInputs;
  /** Columns that no input and no task reads. */
  readonly surplus: readonly string[];
  readonly leaks: readonly SuspectedLeak[];
}

/** Rows that are looked at at once, however they come: so a table says what a source of its rows does. */
const PIECE = 1024;

/**
 * @param watch of the fingerprints of rows
 * @throws HeadgateError `EMPTY_DATASET`, `INVALID_DATA`, `INVALID_RECORD`, and what a source throws
 */
export async function readRows(
  data: DataLike,
  layout: Layout,
  { watch, looksForLeaks }: { readonly watch: RowWatch | null; readonly looksForLeaks: boolean },
): Promise<ReadRows> {
  const source = sourceOf(data);
  const labels = startLabels(layout);
  const inputs = startInputs(layout.flow.graph.inputs, watch);
  const leaks: LeakFold | null = looksForLeaks ? startLeaks(layout) : null;
  const parts = startParts(source, layout);
  const names = new Set<string>();
  let rows = 0;
  for await (const { table, ids } of rechunked(source, null, null, PIECE)) {
    rows += table.rows;
    for (const name of table.columnNames) names.add(name);
    const truth = labels.see(table, ids);
    parts.see(truth);
    const readable = inputs.see(table, ids);
    leaks?.see(table, truth, readable);
  }
  requireRows(source, rows);
  const described = labels.result();
  const read = new Set([...inputColumns(layout.flow.graph.inputs), ...described.flatMap(({ column }) => column ?? [])]);
  return {
    rows,
    parts: parts.result(),
    labels: described,
    inputs: inputs.result(),
    surplus: [...names].filter((name) => !read.has(name)),
    leaks: leaks?.result() ?? [],
  };
}

function sourceOf(data: DataLike): Source {
  const source = sourceIn(data);
  if (source !== null) return source;
  const whole = data as TableLike; // no stream, as `sourceIn` said; `asTable` refuses what is neither
  return Array.isArray(whole) && !(whole instanceof Table) ? recordsSource(whole) : tableSource(asTable(whole));
}
