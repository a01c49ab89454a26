/** @file Parquet files as a source. */
import { listOf, optional, readOptions, text } from '../../../options.js';
import { openDatabase } from './database.js';
import { type FileNames, filesOf } from './file-names.js';
import { blockSource, type FileSource, type FileSourceOptions, fileSourceSchema } from './file-source.js';
import { inspectParquet } from './parquet-set.js';

export interface ParquetOptions extends FileSourceOptions {
  /** The columns that are read; the others cost nothing. Default: all. */
  readonly columns?: readonly string[];
}

const schema = { ...fileSourceSchema, columns: optional(listOf(text, { least: 1 })) };

export async function openParquet(given: FileNames, own: ParquetOptions): Promise<FileSource> {
  const { columns, ...options } = readOptions('parquetSource', schema, own);
  const database = await openDatabase(options);
  try {
    const connection = await database.connect();
    const files = await filesOf('parquetSource', given, connection);
    const set = await inspectParquet(files, columns ?? null, connection);
    connection.close();
    return blockSource({ database, set, files: files.map(({ name }) => name), options });
  } catch (error) {
    database.close();
    throw error;
  }
}
