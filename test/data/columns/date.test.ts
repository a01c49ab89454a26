import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columns, date } from '../../../src/index.js';
import { encoded, named, refusal, taught } from '../../support/columns.js';

const cells = (values: readonly unknown[]) => values.map((a) => ({ a }));
const near = (actual: readonly number[] = [], expected: readonly number[]) =>
  expect(actual.map((value) => Number(value.toFixed(5)) + 0)).toEqual(
    expected.map((value) => Number(value.toFixed(5)) + 0),
  );

const spec = columns({ a: date({ parts: ['month', 'weekday', 'hour'] }) });
const turn = (share: number) => [Math.sin(2 * Math.PI * share), Math.cos(2 * Math.PI * share)];

test('what comes round is a sine and a cosine, of parts in UTC', () => {
  // The 1st of April 2024 was a Monday.
  const expected = [...turn(3 / 12), ...turn(1 / 7), ...turn(6 / 24), 0];
  near(encoded(spec, cells(['2024-04-01T06:30:00Z']))[0], expected);
  const zoned = [
    '2024-04-01T08:30:00+02:00',
    '2024-04-01 06:30',
    '2024-04-01T06:30:00.123456',
    new Date('2024-04-01T06:59Z'),
  ];
  for (const row of encoded(spec, cells(zoned))) near(row, expected);
  expect(Object.keys(named(spec, { a: null }))).toEqual([
    ...['a.month.sin', 'a.month.cos', 'a.weekday.sin', 'a.weekday.cos', 'a.hour.sin', 'a.hour.cos'],
    'a?',
  ]);
  expect(encoded(spec, cells([null]))).toEqual([[0, 0, 0, 0, 0, 0, 1]]);
  const rest = columns({ a: date({ parts: ['day', 'minute'], missing: 'refuse' }) });
  near(encoded(rest, cells(['2024-04-16T06:45Z']))[0], [...turn(15 / 31), ...turn(45 / 60)]);
});

test('parts are those of the calendar, whatever the time zone of the machine', () => {
  const parts = columns({ a: date({ parts: ['month', 'hour'], unit: 'ms' }) });
  fc.assert(
    fc.property(fc.date({ min: new Date('1700-01-01'), max: new Date('2300-01-01'), noInvalidDate: true }), (day) => {
      const [, month, , hour] = /-(\d\d)-(\d\d)T(\d\d)/.exec(day.toISOString()) ?? [];
      const expected = [...turn((Number(month) - 1) / 12), ...turn(Number(hour) / 24), 0];
      for (const row of encoded(parts, cells([day, day.toISOString(), day.getTime()]))) near(row, expected);
    }),
  );
});

test('years and instants are numbers, standardised in float64', () => {
  const years = taught(
    columns({ a: date({ parts: ['year'] }) }),
    cells(['2020-05-05', '2021-01-01', '2022-12-31', null]),
  );
  // Median 2021, quartiles 2020.5 and 2021.5.
  const z = (x: number) => x / Math.sqrt(1 + (x / 3) ** 2);
  near(encoded(years, cells(['2023-01-01', '2021-06-01', null])).flat(), [z(2), 0, 0, 0, 0, 1]);
  const start = Date.UTC(2024, 0, 1);
  const rows = cells(Array.from({ length: 101 }, (_, i) => (start + i) / 1000));
  const times = encoded(taught(columns({ a: date({ parts: ['time'], unit: 's' }) }), rows), rows).map(([t = 0]) => t);
  expect(times.every((value, i) => i === 0 || value > (times[i - 1] ?? 0))).toBe(true); // a millisecond apart
});

test('numbers need a unit', () => {
  const at = Date.UTC(2024, 3, 1, 6);
  const parts = ['month'] as const;
  for (const [unit, cell] of [
    ['s', at / 1000],
    ['ms', at],
  ] as const) {
    near(encoded(columns({ a: date({ parts, unit }) }), cells([cell]))[0], [...turn(3 / 12), 0]);
  }
  expect(refusal(() => encoded(columns({ a: date({ parts }) }), cells([at])))).toMatchObject({
    code: 'INVALID_INPUT',
    path: 'rows[0].a',
    mend: expect.stringContaining('unit'),
  });
});

test.each([
  '2024-02-30',
  '2023-02-29',
  '2024-13-01',
  '2024-00-01',
  '2024-01-01T24:00',
  '2024-01-01T10:60',
  '2024-01-01T10:00+25:00',
  '01.02.2024',
  '2024-1-1',
  'yesterday',
  '',
  '2024',
  true,
  ['2024-01-01'],
  new Date(Number.NaN),
])('%j is no date', (cell) => {
  const error = refusal(() => encoded(spec, cells(['2024-01-01', cell])));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', path: 'rows[1].a' });
});

test('an instant that no calendar has is refused, and parts differ', () => {
  const ms = columns({ a: date({ parts: ['month'], unit: 'ms' }) });
  expect(refusal(() => encoded(ms, cells([8.65e15])))).toMatchObject({ code: 'INVALID_INPUT' });
  expect(refusal(() => date({ parts: ['year', 'year'] }))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'date.parts',
  });
});

test('the first years after Christ, and before', () => {
  const parts = columns({ a: date({ parts: ['month'] }) });
  near(encoded(parts, cells(['0001-04-01', '-000044-04-15']))[0], [...turn(3 / 12), 0]);
});
