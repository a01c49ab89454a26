import { describe, expect, test, vi } from 'vitest';
import { NO_ROWS, type TunedDecision, tuningTable } from '../../src/evaluate/tuning-table.js';

const decision = (own: Partial<TunedDecision> = {}): TunedDecision => ({
  task_path: 't',
  decision: null,
  metric_name: 'f1',
  threshold_before: 0.5,
  threshold_after: 0.25,
  metric_before: 0.5,
  metric_after: 0.75,
  num_samples: 4,
  note: null,
  ...own,
});

describe('which decisions of a task are shown', () => {
  const of = (gains: readonly (number | null)[]) =>
    tuningTable(
      gains.map((gain, i) =>
        decision({
          decision: `d${i}`,
          metric_before: gain === null ? null : 0.5 - gain,
          metric_after: gain === null ? 0.9 : 0.5,
        }),
      ),
    );
  const shown = (text: string): string[] => [...text.matchAll(/^ {2}(d\d+) /gm)].map(([, name]) => String(name));

  test('ten are all shown, of eleven the ten that gained most, in their own order', () => {
    const ten = Array.from({ length: 10 }, (_, i) => i / 100);
    expect(shown(of(ten).toString())).toEqual(ten.map((_, i) => `d${i}`));
    expect(of(ten).toString()).not.toContain('…');
    const text = of([...ten, 0.4]).toString();
    expect(shown(text)).toEqual(['d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9', 'd10']);
    expect(text.split('\n').at(-1)).toBe("  … 1 more decisions: print({ classes: 'all' })");
    expect(shown(of([...ten, 0.4]).toString({ classes: 'all' }))).toHaveLength(11);
  });

  test('one that was lost shows before one that has no value, whichever of the two it lacks', () => {
    const nine = Array.from({ length: 9 }, () => 0.1);
    expect(shown(of([null, ...nine, -0.3]).toString())).not.toContain('d0');
    const rows = [...nine, 0].map((gain, i) => decision({ decision: `d${i}`, metric_after: 0.5 + gain }));
    const withoutAfter = tuningTable([decision({ decision: 'd99', metric_after: null, metric_before: -5 }), ...rows]);
    expect(shown(withoutAfter.toString())).toEqual(rows.map((_, i) => `d${i}`));
  });
});

test('a table: names, four numbers and the rows of each decision, with what is to be said of it', () => {
  const tuning = tuningTable([
    decision({
      task_path: 'a',
      note: 'all of its labels are true, and of that one kind nothing can be told about a threshold',
    }),
    decision({
      task_path: 'b',
      decision: 'red',
      metric_before: null,
      metric_after: null,
      num_samples: 0,
      note: NO_ROWS,
    }),
    decision({
      task_path: 'b',
      decision: 'a very long name of a class that fits in no column',
      metric_name: 'accuracy',
    }),
  ]);
  expect(tuning.toString()).toMatchInlineSnapshot(`
    "                                            threshold              metric
                                         before     after    before     after   rows
    a: f1
      threshold                          0.5000    0.2500    0.5000    0.7500      4
        all of its labels are true, and of that one kind nothing can be told about a
        threshold
    b: f1
      red                                0.5000    0.2500         –         –      0
        kept: no row has a label here and a true condition
      a very long nam…s in no column     0.5000    0.2500    0.5000    0.7500      4"
  `);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  tuning.print({ classes: 'all' });
  expect(log.mock.calls).toEqual([[tuning.toString({ classes: 'all' })]]);
  log.mockRestore();
});

test('notes: one for each thing that is said of a task, not of one without any rows', () => {
  const said = (own: readonly Partial<TunedDecision>[]) => tuningTable(own.map(decision)).notes;
  expect(said([{ note: NO_ROWS }])).toEqual([]);
  expect(said([{}])).toEqual([]);
  expect(said([{ note: 'so few' }])).toEqual([{ code: 'UNSURE_THRESHOLD', path: 't', text: 'Its threshold: so few.' }]);
  const several = said([
    { decision: 'x', note: NO_ROWS },
    { decision: 'y', note: 'so few' },
    { decision: 'z', note: 'so few' },
    { task_path: 'u', decision: 'x', note: NO_ROWS },
  ]);
  expect(several.map(({ path, text }) => [path, text])).toEqual([
    ['t', `The thresholds of x: ${NO_ROWS}.`],
    ['t', 'The thresholds of y, z: so few.'],
  ]);
});

test('thresholds by task, in the order of its decisions; records are copies, all else is frozen', () => {
  const tuning = tuningTable([
    decision({ decision: 'x', threshold_after: 0.1 }),
    decision({ decision: 'y', threshold_after: 0.2 }),
    decision({ task_path: 'u', threshold_after: 0.3 }),
  ]);
  expect([...tuning.thresholds]).toEqual([
    ['t', [0.1, 0.2]],
    ['u', [0.3]],
  ]);
  expect([tuning, tuning.rows, tuning.rows[0], tuning.notes, tuning.thresholds.get('t')].every(Object.isFrozen)).toBe(
    true,
  );
  expect(tuning.toRecords()).toEqual(tuning.rows);
  expect(Object.isFrozen(tuning.toRecords()[0])).toBe(false);
});
