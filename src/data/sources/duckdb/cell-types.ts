/** @file The types of columns of text files: what a user calls them, and what DuckDB does. */
import { oneOf, recordOf, withDefault } from '../../../options.js';
import type { CellType } from '../../csv-cells.js';

export type CellTypes = Readonly<Record<string, CellType>>;

export const duckTypes: Readonly<Record<CellType, string>> = {
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'TIMESTAMPTZ',
  list: 'JSON',
  string: 'VARCHAR',
};

export const cellTypesSchema = {
  types: withDefault(recordOf(oneOf<CellType>(['number', 'boolean', 'date', 'list', 'string'])), {}),
};
