/** @file What a model has learnt of its data besides its weights: for people to look at. */
import { type ColumnReader, columnReaders } from '../data/columns/readers.js';
import { encoderOf } from '../data/encoders/encoder.js';
import { formatNumber } from '../evaluate/text-table.js';
import type { InputSpec, Json } from '../flow/graph.js';
import { visible } from '../text.js';
import type { Model } from './model.js';

export interface Description {
  /** By input name; an input that is used as it is declared is left out. Columns with kinds are there from the beginning. */
  readonly inputs: Readonly<Record<string, DescribedInput>>;
  /** By task path; a task of which no label has counted yet is left out. */
  readonly tasks: Readonly<Record<string, DescribedTask>>;
  /** A line for each column and task. */
  readonly toString: () => string;
}

export type DescribedInput =
  | { readonly kind: 'columns'; readonly columns: readonly DescribedColumn[] }
  | { readonly kind: 'standardise'; readonly columns: readonly StandardisedColumn[] }
  /** Values were seen from `least` to `greatest`; they are multiplied by `scale`. */
  | { readonly kind: 'range'; readonly least: number; readonly greatest: number; readonly scale: number };

export interface StandardisedColumn {
  /** The column's name, or the place in a column of arrays. */
  readonly name: string;
  /** What becomes 0: the median. */
  readonly centre: number;
  /** What becomes 1: the distance of the quartiles; null for a column of one value, which becomes 0. */
  readonly spread: number | null;
}

export interface DescribedColumn {
  readonly name: string;
  /** The kind's name. */
  readonly kind: string;
  /** What the numbers are called that the column becomes, in order: `age`, `age?`; `sex=male`, `sex=female`, `sex?`. */
  readonly places: readonly string[];
  /** What the kind has learnt; null where it has learnt nothing (yet). */
  readonly learnt: Json;
  /** Shares of the first fit's rows in which the cell was missing, and in which its value has no place; null before it. */
  readonly missing: number | null;
  readonly unknown: number | null;
  /** For a person to read. */
  readonly says: string;
}

export interface DescribedTask {
  /** Mean and deviation of a regression, balanced weights; null where the kind learns nothing. */
  readonly learnt: Json;
  /** The loss of the best constant answer, in nats or squared deviations: losses are reported in this unit. */
  readonly lossUnit: number;
}

export function describe({ layout, learnt }: Model): Description {
  const inputs = Object.entries(layout.flow.graph.inputs).flatMap(([name, spec]): [string, DescribedInput][] => {
    const described = describedInput(name, spec);
    return described === null ? [] : [[name, described]];
  });
  const tasks = layout.slots.flatMap(({ task }): [string, DescribedTask][] => {
    const own = learnt.tasks.get(task.path);
    return own === undefined ? [] : [[task.path, Object.freeze({ learnt: own.kind, lossUnit: own.lossUnit })]];
  });
  const lines = [...inputs.flatMap(inputLines), ...tasks.map(taskLine)];
  return Object.freeze({
    inputs: Object.freeze(Object.fromEntries(inputs)),
    tasks: Object.freeze(Object.fromEntries(tasks)),
    toString: () => (lines.length === 0 ? 'nothing was learnt of any data yet' : lines.join('\n')),
  });
}

function describedInput(name: string, spec: InputSpec): DescribedInput | null {
  if (spec.columnKinds !== undefined) {
    return Object.freeze({ kind: 'columns', columns: Object.freeze(columnReaders(name, spec).map(describedColumn)) });
  }
  const encoder = encoderOf(spec, `inputs.${name}`);
  if (encoder === null || encoder.kind === 'columns') return null;
  if (encoder.kind === 'range') return Object.freeze({ kind: encoder.kind, ...encoder.state });
  const { origins, centres, scales } = encoder.state;
  const columns = scales.map((scale, i): StandardisedColumn => {
    const centre = (origins[i] as number) + (centres[i] as number); // one for each position
    return Object.freeze({ name: spec.columns?.[i] ?? String(i), centre, spread: scale === 0 ? null : 1 / scale });
  });
  return Object.freeze({ kind: encoder.kind, columns: Object.freeze(columns) });
}

function describedColumn({ name, kind, encoder, shares }: ColumnReader): DescribedColumn {
  return Object.freeze({
    name,
    kind: kind.kind,
    places: Object.freeze(encoder.places.map((place) => name + place)),
    learnt: shares?.learnt ?? null,
    missing: shares === null ? null : shares.missing / shares.rows,
    unknown: shares === null ? null : shares.unknown / shares.rows,
    says: encoder.says,
  });
}

/** `passenger.age: number, centre 28, spread 18, missing in 20.1 % of the rows -> age, age?`. */
function columnLine(input: string, { name, kind, places, missing, unknown, says }: DescribedColumn): string {
  const shares = Object.entries({ missing, unknown }).flatMap(([sort, share]) =>
    share === null || share === 0 ? [] : [`${sort} in ${Number((share * 100).toPrecision(3))} % of the rows`],
  );
  const named = places.length > MOST_PLACES ? [...places.slice(0, MOST_PLACES), `… (${places.length} in all)`] : places;
  const said = [kind, says, ...shares].filter((part) => part !== '').join(', ');
  const path = input === name ? name : `${input}.${name}`; // a column that stands alone
  return visible(`${path}: ${said} -> ${named.join(', ')}`);
}

/** Names that a line shows. */
const MOST_PLACES = 20;

function inputLines([name, input]: [string, DescribedInput]): readonly string[] {
  if (input.kind === 'columns') return input.columns.map((column) => columnLine(name, column));
  if (input.kind === 'range') {
    const { least, greatest, scale } = input;
    return [
      `${visible(name)}: from ${formatNumber(least)} to ${formatNumber(greatest)}, multiplied by ${formatNumber(scale)}`,
    ];
  }
  return input.columns.map((column) => {
    const { centre, spread } = column;
    const said =
      spread === null
        ? `always ${formatNumber(centre)}`
        : `centre ${formatNumber(centre)}, spread ${formatNumber(spread)}`;
    return `${visible(name)}.${visible(column.name)}: ${said}`;
  });
}

function taskLine([path, { learnt, lossUnit }]: [string, DescribedTask]): string {
  const values = typeof learnt === 'object' && learnt !== null ? Object.entries(learnt) : [];
  const said = values.map(
    ([name, value]) => `${name} ${typeof value === 'number' ? formatNumber(value) : String(value)}, `,
  );
  return `${visible(path)}: ${said.join('')}loss unit ${formatNumber(lossUnit)}`;
}
