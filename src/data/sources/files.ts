/** @file Sources of files, as a user opens them. What reads the files, DuckDB included, is loaded when one is opened. */
import type { FileNames } from './duckdb/file-names.js';
import type { FileSource } from './duckdb/file-source.js';
import type { ParquetOptions } from './duckdb/parquet.js';

/**
 * Parquet files, which may be larger than memory: a pool of rows is held, and one read ahead. Numbers, booleans, texts,
 * dates (`Date`), bytes, fixed arrays (tensors), lists and records; null and NaN are missing.
 *
 * @throws HeadgateError `UNREADABLE_FILE`, `UNKNOWN_COLUMN`, `UNSUPPORTED_COLUMN`, `DUPLICATE_COLUMN`,
 * `INCOMPATIBLE_COLUMNS`, `MISSING_PACKAGE`, `INVALID_OPTIONS`; while it is read, `SOURCE_FAILED` and `INEXACT_NUMBER`
 * @example
 * const train = await parquetSource('data/train-*.parquet', { columns: ['age', 'survived'] });
 * await project.fit(train);
 * train.close();
 */
export async function parquetSource(files: FileNames, options: ParquetOptions = {}): Promise<FileSource> {
  const { openParquet } = await import('./duckdb/parquet.js');
  return openParquet(files, options);
}
