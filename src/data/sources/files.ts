/** @file Sources of files, as a user opens them. What reads the files, DuckDB included, is loaded when one is opened. */
import type { ArrowOptions } from './duckdb/arrow.js';
import type { CsvSource, CsvSourceOptions } from './duckdb/csv.js';
import type { FileNames } from './duckdb/file-names.js';
import type { FileSource } from './duckdb/file-source.js';
import type { JsonLinesOptions } from './duckdb/json-lines.js';
import type { ParquetOptions } from './duckdb/parquet.js';
import type { SqlOptions } from './duckdb/sql.js';

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

/**
 * CSV files of any size, read once into a temporary Parquet file (`temporaryDirectory`). A column is numbers, booleans,
 * instants or JSON lists when all of its values are, in all files, else text. For a file that fits into memory, `readCsv`.
 *
 * @throws HeadgateError `UNREADABLE_FILE`, `INVALID_CSV` for lines that do not fit (unless they are counted) and for what
 * looks like another delimiter, `DUPLICATE_COLUMN`, `UNKNOWN_COLUMN` (in `types`), `INCOMPATIBLE_COLUMNS`,
 * `INEXACT_NUMBER`, `MISSING_PACKAGE`, `INVALID_OPTIONS`
 * @example const train = await csvSource('logs/*.csv', { types: { id: 'string' }, onReject: 'count' });
 */
export async function csvSource(files: FileNames, options: CsvSourceOptions = {}): Promise<CsvSource> {
  const { openCsv } = await import('./duckdb/csv.js');
  return openCsv(files, options);
}

/**
 * Files with a JSON record a line, read once into a temporary Parquet file. Lists, records and columns that mix types stay
 * what they are in JSON; a date is text unless `types` says otherwise.
 *
 * @throws HeadgateError `UNREADABLE_FILE`, `INVALID_JSON`, `DUPLICATE_COLUMN`, `UNKNOWN_COLUMN` (in `types`),
 * `INCOMPATIBLE_COLUMNS`, `MISSING_PACKAGE`, `INVALID_OPTIONS`; while it is read, `INEXACT_NUMBER`
 * @example const train = await jsonLinesSource('events.jsonl', { types: { at: 'date' } });
 */
export async function jsonLinesSource(files: FileNames, options: JsonLinesOptions = {}): Promise<FileSource> {
  const { openJsonLines } = await import('./duckdb/json-lines.js');
  return openJsonLines(files, options);
}

/**
 * Arrow IPC files, where DuckDB's community extension `nanoarrow` is installed; read once into a temporary Parquet file.
 *
 * @throws HeadgateError `MISSING_EXTENSION`, `UNREADABLE_FILE`, `UNSUPPORTED_COLUMN`, `DUPLICATE_COLUMN`,
 * `INCOMPATIBLE_COLUMNS`, `MISSING_PACKAGE`, `INVALID_OPTIONS`
 * @example const train = await arrowSource('train.arrow');
 */
export async function arrowSource(files: FileNames, options: ArrowOptions = {}): Promise<FileSource> {
  const { openArrow } = await import('./duckdb/arrow.js');
  return openArrow(files, options);
}

/**
 * The rows of one query, which runs once, into a temporary Parquet file: every epoch reads the same rows. `ORDER BY` makes
 * their order, and so their numbers, the same in every process. The query can read what the process can: give one that
 * somebody else wrote `directories`.
 *
 * @throws HeadgateError `INVALID_SQL`, `MISSING_EXTENSION`, `UNREADABLE_FILE` (a database), `DUPLICATE_COLUMN`,
 * `UNSUPPORTED_COLUMN`, `MISSING_PACKAGE`, `INVALID_OPTIONS`; while it is read, `INEXACT_NUMBER`
 * @example
 * const sql = "SELECT o.*, c.age FROM 'orders/*.parquet' o JOIN shop.customers c USING (customer) ORDER BY o.id";
 * const train = await sqlSource(sql, { attach: { shop: 'sqlite:shop.db' } });
 */
export async function sqlSource(query: string, options: SqlOptions = {}): Promise<FileSource> {
  const { openSql } = await import('./duckdb/sql.js');
  return openSql(query, options);
}
