/** @file Small files for tests, written by DuckDB itself into a folder that goes with the test file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll } from 'vitest';
import type { Chunk, ReadOrder, Row, Source } from '../../src/index.js';

export interface Files {
  readonly folder: string;
  readonly at: (name: string) => string;
  /** Writes text or bytes; gives the path. */
  readonly write: (name: string, content: string | Uint8Array) => string;
  /** Writes a query's rows as Parquet; gives the path. */
  readonly parquet: (name: string, query: string, groupRows?: number) => Promise<string>;
}

export function temporaryFiles(): Files {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => path.join(folder, name);
  return {
    folder,
    at,
    write: (name, content) => {
      writeFileSync(at(name), content);
      return at(name);
    },
    parquet: async (name, query, groupRows = 2048) => {
      const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
      const connection = await instance.connect();
      const file = at(name).replaceAll("'", "''");
      await connection.run(`COPY (${query}) TO '${file}' (FORMAT parquet, ROW_GROUP_SIZE ${groupRows})`);
      connection.closeSync();
      instance.closeSync();
      return at(name);
    },
  };
}

export async function chunksOf(
  source: Source,
  order: ReadOrder = null,
  from: Chunk['mark'] = null,
): Promise<readonly Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of source.read(order, from)) chunks.push(chunk);
  return chunks;
}

export async function recordsOf(source: Source): Promise<readonly Row[]> {
  return (await chunksOf(source)).flatMap(({ table }) => table.toRecords());
}

export function idsOf(chunks: readonly Chunk[]): readonly number[] {
  return chunks.flatMap(({ ids }) => [...ids]);
}
