/** @file Arrow IPC files as a source, where DuckDB's extension that reads them is installed. */
import { readOptions } from '../../../options.js';
import { planOf } from './column-plan.js';
import { quoted } from './database.js';
import { type FileNames, filesOf } from './file-names.js';
import { type FileSource, type FileSourceOptions, fileSourceSchema } from './file-source.js';
import { type ParquetFile, requireDistinct } from './parquet-set.js';
import { stage, stagedSource } from './staging.js';

export type ArrowOptions = FileSourceOptions;

export async function openArrow(given: FileNames, own: ArrowOptions): Promise<FileSource> {
  const options = readOptions('arrowSource', fileSourceSchema, own);
  const database = { ...options, communityExtensions: true };
  return stagedSource(database, async (connection, database) => {
    const files = await filesOf('arrowSource', given, connection);
    await connection.ask('LOAD nanoarrow', { code: 'MISSING_EXTENSION', path: 'arrowSource' });
    const staged: ParquetFile[] = [];
    for (const { name, pattern } of files) {
      const facts = { code: 'UNREADABLE_FILE', path: name, problem: 'The file could not be read as Arrow.' } as const;
      const query = `SELECT * FROM read_arrow(${quoted(pattern)})`;
      const { names, types } = await connection.describe(query, facts);
      requireDistinct(name, names, 'Rename it where the file is written.');
      const plans = names.flatMap((column, i) => {
        const type = types[i];
        return type === undefined ? [] : [planOf(column, type)];
      });
      staged.push(await stage({ name, query, plans }, facts, { connection, database }));
    }
    return { staged, files: files.map(({ name }) => name), notes: [] };
  });
}
