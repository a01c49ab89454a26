/** @file A column of dates: parts that come round as sine and cosine, years and instants standardised. All in UTC. */
import type { ColumnSpecOf, Json } from '../../flow/graph.js';
import { invalidOption, listOf, type OptionsOf, oneOf, optional, readOptions } from '../../options.js';
import { type SummaryFold, summarise } from '../encoders/column-summary.js';
import type { ColumnEncoder, ColumnKind } from './column-kind.js';
import { defineColumn } from './define-column.js';
import { instantOf, type NumberUnit } from './instants.js';
import { invalidCell, invalidLearnt, refusedMissing } from './invalid-cell.js';
import { noted } from './noted-options.js';
import { missingOption } from './number.js';
import { fieldOf, readStandard, type Standard, standardOf, standardSays, standardValue } from './standard.js';

export type DatePart = 'time' | 'year' | 'month' | 'day' | 'weekday' | 'hour' | 'minute';

export interface DateOptions {
  /**
   * What of the date the network reads. `time` (the instant) and `year` are numbers, standardised as `number()` does;
   * `month`, `day` of the month, `weekday`, `hour` and `minute` come round, each a sine and a cosine.
   */
  readonly parts: readonly DatePart[];
  /** What numbers mean: seconds or milliseconds since 1970. Default: numbers are refused. */
  readonly unit?: NumberUnit;
  /** `indicate`: of a missing date all numbers are 0, and one more is 1. Default `indicate`. */
  readonly missing?: 'indicate' | 'refuse';
}

export type DateCell = Date | string | number | null | undefined;

/** `period` of what comes round: the number after which it begins again; null for a number without end. */
interface Part {
  readonly of: (date: Date) => number;
  readonly period: number | null;
}

const PARTS: Readonly<Record<DatePart, Part>> = {
  time: { of: (date) => date.getTime(), period: null },
  year: { of: (date) => date.getUTCFullYear(), period: null },
  month: { of: (date) => date.getUTCMonth(), period: 12 },
  day: { of: (date) => date.getUTCDate() - 1, period: 31 },
  weekday: { of: (date) => date.getUTCDay(), period: 7 },
  hour: { of: (date) => date.getUTCHours(), period: 24 },
  minute: { of: (date) => date.getUTCMinutes(), period: 60 },
};

const NAMES = ['time', 'year', 'month', 'day', 'weekday', 'hour', 'minute'] as const satisfies readonly DatePart[];

const schema = {
  parts: listOf(oneOf(NAMES), { least: 1 }),
  unit: optional(oneOf(['s', 'ms'])),
  missing: missingOption,
};

type Options = OptionsOf<typeof schema>;

/**
 * A column of dates, as an input by itself or in `columns`: a number for `time` and `year`, two for every other part, and
 * one that is 1 where the date is missing. Cells are `Date`s, ISO texts (`2024-05-31`, `2024-05-31T08:30:00+02:00`), or
 * numbers in the declared `unit`. Parts are in UTC, and a text without a zone is read as UTC.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example columns({ boarded: date({ parts: ['year', 'month', 'weekday', 'hour'] }) })
 */
export function date(options: DateOptions): ColumnSpecOf<DateCell> {
  const read = readOptions('date', schema, options);
  if (new Set(read.parts).size < read.parts.length) {
    throw invalidOption('date.parts', read.parts, { expected: 'different parts' });
  }
  return defineColumn(dateKind(read));
}

function dateKind(options: Options): ColumnKind<DateCell> {
  const { parts, missing } = options;
  const numeric = parts.filter((part) => PARTS[part].period === null);
  const indicates = missing === 'indicate' ? 1 : 0;
  return Object.freeze({
    kind: 'date',
    options: noted({ missing: 'indicate' }, { ...options, parts: [...parts] }),
    width: parts.reduce((sum, part) => sum + placesOf(part).length, indicates),
    ...(numeric.length === 0 ? {} : { learn: (kept: number) => learnParts(numeric, kept, options) }),
    encoder: (learnt: Json) => encoderOf(options, learnt === null ? null : readLearnt(learnt, numeric)),
  });
}

const placesOf = (part: DatePart): readonly string[] =>
  PARTS[part].period === null ? [`.${part}`] : [`.${part}.sin`, `.${part}.cos`];

function learnParts(numeric: readonly DatePart[], kept: number, { unit }: Options) {
  const folds = numeric.map((part): [DatePart, SummaryFold] => [part, summarise(Math.ceil(kept / numeric.length))]);
  return {
    add: (cell: unknown): void => {
      const instant = new Date(instantOf(cell, unit ?? null) ?? Number.NaN); // the encoder has read it
      for (const [part, fold] of folds) fold.add(PARTS[part].of(instant));
    },
    result: () => ({ learnt: Object.fromEntries(folds.map(([part, fold]) => [part, { ...standardOf(fold) }])) }),
  };
}

function encoderOf({ parts, unit, missing }: Options, learnt: ReadonlyMap<DatePart, Standard> | null): ColumnEncoder {
  const places = parts.flatMap(placesOf);
  const indicates = missing === 'indicate';
  return {
    places: indicates ? [...places, '?'] : places,
    says: [...(learnt ?? [])].map(([part, standard]) => `${part} ${saysOf(part, standard)}`).join('; '),
    encode: (cell, { values, offset }, where) => {
      if (cell === null) {
        if (!indicates) throw refusedMissing(where);
        values[offset + places.length] = 1;
        return 'missing';
      }
      const instant = instantOf(cell, unit ?? null);
      if (instant === undefined) throw noInstant(cell, where);
      const read = new Date(instant);
      let place = offset;
      for (const part of parts) {
        const { of, period } = PARTS[part];
        if (period === null) {
          const standard = learnt?.get(part);
          values[place++] = standard === undefined ? of(read) : standardValue(of(read), standard);
          continue;
        }
        const angle = (2 * Math.PI * of(read)) / period;
        values[place++] = Math.sin(angle);
        values[place++] = Math.cos(angle);
      }
      return 'present';
    },
  };
}

/** Instants as people write them, and their spread in days. */
function saysOf(part: DatePart, standard: Standard): string {
  if (part !== 'time') return standardSays(standard);
  const centre = new Date(standard.median).toISOString();
  return standard.scale === 0 ? `always ${centre}` : `centre ${centre}, spread ${days(1 / standard.scale)} days`;
}

const days = (milliseconds: number): number => Number((milliseconds / 86_400_000).toPrecision(6));

function readLearnt(learnt: Json, numeric: readonly DatePart[]): ReadonlyMap<DatePart, Standard> {
  const standards = new Map(
    numeric.map((part): [DatePart, Standard] => {
      const given = fieldOf(learnt, part);
      return [part, readStandard('date', given as Json | undefined)]; // a field of JSON
    }),
  );
  const time = standards.get('time');
  if (time !== undefined && Number.isNaN(new Date(time.median).getTime())) {
    throw invalidLearnt('date', learnt, 'a median that is an instant');
  }
  return standards;
}

function noInstant(cell: unknown, where: () => string) {
  const isNumber = typeof cell === 'number';
  return invalidCell(cell, where, {
    problem: isNumber ? 'A column of dates cannot read this number.' : 'A column of dates cannot read this value.',
    expected: 'a Date, an ISO text such as 2024-05-31 or 2024-05-31T08:30:00Z, or null where it is missing',
    mend: isNumber
      ? 'Say what numbers mean: date({ unit: "s" }) or date({ unit: "ms" }), since 1970.'
      : 'Write it as ISO 8601 first: table.derive. Without a zone it is read as UTC.',
  });
}
