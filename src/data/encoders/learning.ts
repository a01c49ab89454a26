/** @file Encoders learn from training rows: one fold an input, chunk by chunk. */
import type { EncoderSpec, FlowGraph, InputSpec, Json } from '../../flow/graph.js';
import { sizeOf } from '../column.js';
import { learnColumns } from '../columns/learn-columns.js';
import type { InputMatrix } from '../dataset.js';
import type { Table } from '../table.js';
import { type ColumnSummary, type SummaryFold, summarise } from './column-summary.js';
import type { PixelRange, Standardisation } from './encoder.js';

/** What the inputs of a flow are learnt to be like; rows come in pieces of any size. */
export interface InputLearning {
  /** Nothing is left to learn: no row need be seen. */
  readonly isDone: boolean;
  /** @param inputs of these very rows, bound: what is not finite was refused */
  readonly see: (table: Table, inputs: Readonly<Record<string, InputMatrix>>) => void;
  /** By input name; of the inputs that have something to learn, and have not. */
  readonly result: () => ReadonlyMap<string, EncoderSpec>;
}

/** Numbers kept of one input, to take quartiles of: 32 MiB of them. */
const KEPT = 2 ** 22;
const KEPT_OF_COLUMN = 2 ** 16;

interface EncoderLearning {
  readonly see: (table: Table, matrix: InputMatrix) => void;
  readonly state: () => Json;
}

export function learnInputs(specs: FlowGraph['inputs']): InputLearning {
  const learning = Object.entries(specs).flatMap(([name, spec]): [string, string, EncoderLearning][] => {
    const { encoder } = spec;
    if (encoder === undefined || encoder.state !== null) return [];
    if (encoder.kind === 'standardise') return [[name, encoder.kind, learnNumbers(spec)]];
    if (encoder.kind === 'columns') return [[name, encoder.kind, learnColumns(name, spec, keptOf(spec))]];
    return encoder.kind === 'range' ? [[name, encoder.kind, learnRange()]] : [];
  });
  return {
    isDone: learning.length === 0,
    see: (table, inputs) => {
      for (const [name, , own] of learning) own.see(table, inputs[name] as InputMatrix); // every input was bound
    },
    result: () => new Map(learning.map(([name, kind, own]) => [name, Object.freeze({ kind, state: own.state() })])),
  };
}

/** Numbers kept of each of its columns. */
const keptOf = ({ shape }: InputSpec): number => Math.min(KEPT_OF_COLUMN, Math.ceil(KEPT / sizeOf(shape)));

function learnNumbers(spec: InputSpec): EncoderLearning {
  const { shape, columns } = spec;
  const size = sizeOf(shape);
  const kept = keptOf(spec);
  const folds = Array.from({ length: size }, () => summarise(kept));
  return {
    see: (table, { values }) => {
      for (const [position, fold] of folds.entries()) {
        const name = columns?.[position];
        if (name === undefined) {
          for (let i = position; i < values.length; i += size) fold.add(values[i] as number);
        } else addColumn(table, name, fold);
      }
    },
    state: () => stateOf(folds.map((fold) => standardised(fold.result()))),
  };
}

/** In float64: what float32 makes of a timestamp says little of it. */
function addColumn(table: Table, name: string, fold: SummaryFold): void {
  const column = table.column(name);
  for (let row = 0; row < table.rows; row++) fold.add(Number(column.value(row)));
}

interface Standardised {
  readonly origin: number;
  readonly centre: number;
  readonly scale: number;
}

function stateOf(columns: readonly Standardised[]): Json {
  const state: Standardisation = {
    origins: columns.map(({ origin }) => origin),
    centres: columns.map(({ centre }) => centre),
    scales: columns.map(({ scale }) => scale),
  };
  return { ...state };
}

/** The share of a column's range that rounding to float32 may take: a ten-thousandth is far below any noise. */
export const TOLERATED_ROUNDING = 1e-4;
/** What float32 can hold of one over a distance. */
const LEAST_DISTANCE = 1e-37;

/**
 * The median becomes 0 and the distance of the quartiles 1; where they are one value, half of the whole range does
 * (Holzmüller, Grinsztajn, Steinwart, NeurIPS 2024, section 3). A column of one value becomes 0.
 */
export function standardised({ least, greatest, quartiles, rounding }: ColumnSummary): Standardised {
  const [low, median, high] = quartiles;
  const distance = high > low ? high - low : (greatest - least) / 2;
  const scale = distance > LEAST_DISTANCE ? 1 / distance : 0;
  const isRounded = rounding > (greatest - least) * TOLERATED_ROUNDING && greatest > least;
  return isRounded ? { origin: median, centre: 0, scale } : { origin: 0, centre: median, scale };
}

function learnRange(): EncoderLearning {
  let [least, greatest, areBytes] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  return {
    see: (_, { values }) => {
      areBytes &&= values instanceof Uint8Array;
      for (const value of values) {
        if (value < least) least = value;
        if (value > greatest) greatest = value;
      }
    },
    state: () => {
      const state: PixelRange = { least, greatest, scale: pixelScale(least, greatest, areBytes) };
      return { ...state };
    },
  };
}

/** Bytes, and numbers that look like them, by 1/255; what lies within ±1 as it is; the rest by its greatest size. */
export function pixelScale(least: number, greatest: number, areBytes: boolean): number {
  const size = Math.max(Math.abs(least), Math.abs(greatest));
  if (areBytes || (least >= 0 && size > 127 && size <= 255)) return 1 / 255;
  return size <= 1 ? 1 : 1 / size;
}
