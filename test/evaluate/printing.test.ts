/** @file What a terminal shows: 80 columns, few lines, names told apart, and nothing that steers the terminal. */
import { describe, expect, test, vi } from 'vitest';
import { confusions } from '../../src/evaluate/confusion-matrix.js';
import { decide } from '../../src/evaluate/decisions.js';
import { evaluate } from '../../src/evaluate/evaluation.js';
import { explain } from '../../src/evaluate/explain.js';
import { toMarkdown } from '../../src/evaluate/text-table.js';
import { drawTree } from '../../src/evaluate/text-tree.js';
import { tune } from '../../src/evaluate/tune.js';
import { binary, classification, type Metric, multilabel, Project, vector } from '../../src/index.js';
import { noteLine } from '../../src/notes.js';
import { initialThresholds, type Scores } from '../../src/score/scores.js';
import { columnsOf, visible } from '../../src/text.js';
import { ask, type Bench, bench, datasetOf, scoresFrom } from './flows.js';

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => columnsOf(line)));
// biome-ignore lint/suspicious/noControlCharactersInRegex: that none is there is what is tested
const steering = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

const HOSTILE = 'red\n\u001b[31mALARM\u001b[0m\u202e\r\u009b2J';

describe('messages', () => {
  const own = new Project({
    name: 'hostile',
    inputs: { x: vector({ size: 1 }) },
    tasks: { shirt: classification({ classes: [HOSTILE, 'blue'] }) },
  }).flow('full', (task, x) => [task.shirt(x.features)]);

  test('of errors, whose data keep every character', async () => {
    const error: unknown = await own.evaluate([{ x: 1, shirt: `${HOSTILE}!` as never }]).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'UNKNOWN_CLASS', expected: `one of: ${HOSTILE}, blue`, suggestion: HOSTILE });
    expect(String(error)).toContain(`one of: ${visible(HOSTILE)}, blue`);
    expect(String(error)).not.toMatch(steering);
    expect(String(error).split('\n')).toHaveLength(4);
  });

  test('of notes, and Markdown', async () => {
    const { notes } = await own.fit([{ x: 1, shirt: 'blue' }], { engine: 'cpu', progress: false, onNote: () => {} });
    expect(notes.map((note) => noteLine(note))).toEqual([
      `headgate: CLASS_NEVER_OCCURS at shirt: 1 of its 2 classes never occur in the labels that count: ${visible(HOSTILE)}.`,
    ]);
    expect(toMarkdown(['a'], [[HOSTILE]])).not.toMatch(steering);
  });
});

describe('confusion matrices', () => {
  const pairs = (counts: readonly (readonly number[])[]) =>
    counts.flatMap((row, actual) =>
      row.flatMap((count, predicted) => (count > 0 ? [{ actual, predicted, count }] : [])),
    );

  test('a small one is a matrix', () => {
    const cells = pairs([
      [5, 0, 1],
      [0, 120, 2],
      [3, 0, 0],
    ]);
    const [matrix] = confusions([{ name: null, classes: ['red', 'blue', 'a\ngreen'], cells }]);
    expect(matrix?.toString()).toMatchInlineSnapshot(`
      "true      predicted
                     red      blue  a\\ngreen
      red              5         0         1
      blue             0       120         2
      a\\ngreen         3         0         0"
    `);
    expect(matrix?.counts).toEqual([
      [5, 0, 1],
      [0, 120, 2],
      [3, 0, 0],
    ]);
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    matrix?.print();
    expect(log.mock.calls).toEqual([[matrix?.toString()]]);
    log.mockRestore();
  });

  test('one and several print exactly their text, by methods that are not enumerable', () => {
    const cells = pairs([
      [5, 1],
      [0, 2],
    ]);
    const several = confusions(['a', 'b'].map((name) => ({ name, classes: ['no', 'yes'], cells })));
    const [one] = several;
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    one?.print();
    several.print();
    const { calls } = log.mock;
    log.mockRestore();
    const text = (name: string) => [name, 'true  predicted', '       no  yes', 'no      5    1', 'yes     0    2'];
    expect(one?.toString()).toBe(text('a').join('\n'));
    expect(several.toString()).toBe([...text('a'), '', ...text('b')].join('\n'));
    expect(calls).toEqual([[one?.toString()], [several.toString()]]);
    expect(Object.keys(one ?? {})).toEqual(['name', 'classes', 'cells', 'counts']);
    expect(Object.keys(several)).toEqual(['0', '1']);
  });

  test('one that is wider than a terminal is the list of its commonest mistakes', () => {
    const classes = Array.from({ length: 1000 }, (_, i) => `${HOSTILE} a class with a name that nobody can read ${i}`);
    const cells = Array.from({ length: 1000 }, (_, i) => [
      { actual: i, predicted: i, count: 7 },
      { actual: i, predicted: (i + 1) % 1000, count: i === 998 ? 50 : 1 + (i % 3) },
    ]).flat();
    const text = confusions([{ name: null, classes, cells }]).toString();
    const lines = text.split('\n');
    const all = cells.reduce((sum, { count }) => sum + count, 0);
    expect(lines[0]).toBe(`7000 of ${all} rows right, 1000 classes`);
    expect(lines[2]).toMatch(/^ {2}50 .*998 .*999$/);
    expect(lines.length).toBe(23);
    expect(lines.at(-1)).toMatch(/^… and \d+ rows in 980 more pairs: see `cells`$/);
    expect(widest(text)).toBeLessThanOrEqual(80);
    expect(text).not.toMatch(steering);
    expect(new Set(lines.slice(2, 22)).size).toBe(20);
  });

  test.each([2, 5, 8, 10, 12, 20, 30])('%d classes with long names stay within a terminal, and differ', (count) => {
    const classes = Array.from({ length: count }, (_, i) => `aLongPrefixOfAClass${i}WithALongSuffix`);
    const cells = classes.map((_, i) => ({ actual: i, predicted: (i * 7) % count, count: 1000 * i + 1 }));
    const text = confusions([{ name: 'a title', classes, cells }]).toString();
    expect(widest(text)).toBeLessThanOrEqual(80);
    const firsts = text
      .split('\n')
      .slice(3)
      .map((line) => line.split(/ {2,}/)[0]);
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  test('a multilabel has one for each class', () => {
    const own = bench({ t: multilabel({ classes: ['x', 'y'] }) }, ['t']);
    const truth = datasetOf(own, [{ t: [true, false] }, { t: [true, true] }]);
    const scores = scoresFrom(2, {
      t: [
        [0.9, 0.9],
        [0.1, 0.9],
      ],
    });
    const found = evaluate(truth, scores, initialThresholds(own.flow.tasks)).confusion('t');
    expect(found.map(({ name, counts }) => [name, counts])).toEqual([
      [
        'x',
        [
          [0, 0],
          [1, 1],
        ],
      ],
      [
        'y',
        [
          [0, 1],
          [0, 1],
        ],
      ],
    ]);
    expect(found.toString()).toBe(`${found[0]?.toString()}\n\n${found[1]?.toString()}`);
    expect(found.toString().startsWith('x\n')).toBe(true);
  });
});

/** A multilabel of many classes, evaluated on two rows. */
function wide(count: number) {
  const classes = Array.from({ length: count }, (_, i) => `${HOSTILE}${i}`);
  const own: Bench = bench({ t: multilabel({ classes }) }, ['t']);
  const truth = datasetOf(own, [{ t: classes.map((_, i) => i % 2 === 0) }, { t: classes.map((_, i) => i % 3 === 0) }]);
  const scores: Scores = scoresFrom(2, { t: [classes.map((_, i) => (i % 5) / 5 + 0.1), classes.map(() => 0.4)] });
  return { own, truth, scores, initial: initialThresholds(own.flow.tasks) };
}

describe('a hundred classes', () => {
  const { own, truth, scores, initial } = wide(100);
  const evaluation = evaluate(truth, scores, initial);

  test('print as a summary that says how to see them, and are all in the rows', () => {
    const text = evaluation.toString();
    expect(text.split('\n').length).toBe(13);
    expect(text).toContain("… 300 more for single classes: print({ classes: 'all' })");
    expect(evaluation.toString({ classes: 'all' }).split('\n').length).toBe(12 + 300);
    expect(evaluation.rows.filter(({ metric_name }) => metric_name.startsWith('recall[')).length).toBe(200);
    for (const one of [text, evaluation.toString({ classes: 'all' })]) {
      expect(widest(one)).toBeLessThanOrEqual(80);
      expect(one).not.toMatch(steering);
    }
    const few = wide(10);
    expect(evaluate(few.truth, few.scores, few.initial).toString().split('\n').length).toBe(12 + 30);
    expect(evaluate(few.truth, few.scores, few.initial).toString({ classes: 'none' }).split('\n').length).toBe(13);
  });

  test('tuning shows the decisions that gained most', () => {
    const tuning = tune(truth, scores, initial);
    expect(tuning.rows.length).toBe(100);
    expect(
      tuning
        .toString()
        .split('\n')
        .filter((line) => /\d$/.test(line)).length,
    ).toBe(10);
    expect(tuning.toString()).toContain("… 90 more decisions: print({ classes: 'all' })");
    expect(
      tuning
        .toString({ classes: 'all' })
        .split('\n')
        .filter((line) => /\d$/.test(line)).length,
    ).toBe(100);
    const misspelt = { clases: 'all' } as never; // as from JavaScript
    expect(() => tuning.toString(misspelt)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'tuning.print.clases', suggestion: 'classes' }),
    );
    for (const text of [tuning.toString(), tuning.toString({ classes: 'all' })]) {
      expect(widest(text)).toBeLessThanOrEqual(80);
      expect(text).not.toMatch(steering);
    }
  });

  test('explanations go on below, within the width, and what they say is whole', () => {
    const decisions = decide(own.layout, scores, initial);
    const text = explain(own.layout, decisions, { why: true });
    expect(widest(text)).toBeLessThanOrEqual(80);
    expect(text).not.toMatch(steering);
    const narrow = explain(own.layout, decisions, { width: 40 });
    expect(widest(narrow)).toBeLessThanOrEqual(40);
    expect(narrow.replaceAll(/[\s│├└─]/gu, '')).toBe(text.replaceAll(/[\s│├└─]/gu, ''));
  });
});

test('dependents of a task with classes hang below its class lines, under a line of their own', () => {
  const own = bench({ shirt: classification({ classes: ['red', 'blue'] }), tie: binary(), hat: binary() }, [
    'shirt',
    ['tie', ask('shirt', 'is', 'red')],
    ['hat', ask('shirt', 'is', 'red')],
  ]);
  const scores = scoresFrom(1, { shirt: [[0.75, 0.25]], tie: [[0.9]], hat: [[0.2]] });
  expect(explain(own.layout, decide(own.layout, scores, initialThresholds(own.flow.tasks)))).toMatchInlineSnapshot(`
    "batch
    └── inp 0
        └── shirt
            ├── 0: red | activated: 0.7500, logits: 1.0986
            ├── 1: blue | activated: 0.2500, logits: -1.0986
            └── given shirt
                ├── tie | decoded: True, activated: 0.9000, logits: 2.1972
                └── hat | decoded: False, activated: 0.2000, logits: -1.3863"
  `);
});

test('a tree wraps its texts beside the branches that go on', () => {
  const leaf = { text: 'one two three four five six seven eight nine ten', children: [] };
  expect(drawTree({ text: 'root', children: [{ ...leaf, children: [leaf] }, leaf] }, 34)).toMatchInlineSnapshot(`
    "root
    ├── one two three four five six
    │   │ seven eight nine ten
    │   └── one two three four five
    │         six seven eight nine ten
    └── one two three four five six
          seven eight nine ten"
  `);
});

test('what a metric has to say is among the notes, once, and below the table', () => {
  const why = 'it would keep more numbers in memory than this machine has: evaluate fewer rows at once';
  const metric: Metric = {
    name: 'big',
    direction: 'maximise',
    start: () => ({ add: () => {}, results: () => [{ name: 'big', value: null, note: why }] }),
  };
  const own = bench({ a: binary(), b: { ...binary(), metrics: [metric] } }, ['a', ['b', ask('a')]]);
  const scores = scoresFrom(1, { a: [[0.9]], b: [[0.9]] });
  const evaluation = evaluate(datasetOf(own, [{ a: true, b: true }]), scores, initialThresholds(own.flow.tasks));
  expect(evaluation.notes).toEqual([{ code: 'METRIC_LEFT_OUT', path: 'b.big', text: why }]);
  const lines = evaluation.toString().split('\n');
  expect(lines.slice(-2)).toEqual([
    'note: b.big: it would keep more numbers in memory than this machine has:',
    '  evaluate fewer rows at once',
  ]);
});

test('wide characters take two columns in every table and tree', () => {
  const classes = ['赤', '青い色のシャツを着た人', '👍🏽👨‍👩‍👧', 'größe', 'e\u0301te\u0301', '한국어', '\u1100\u1161'];
  const own = bench(
    { 衣: multilabel({ classes }), 種: classification({ classes: ['赤', '한국어', '👍🏽', '日本'.repeat(50)] }) },
    ['衣', '種'],
  );
  const labels = [
    { 衣: classes.map((_, i) => i % 2 === 0), 種: '赤' },
    { 衣: classes.map(() => false), 種: '한국어' },
  ];
  const truth = datasetOf(own, labels);
  const scores = scoresFrom(2, {
    衣: [classes.map((_, i) => (i + 1) / 9), classes.map(() => 0.4)],
    種: [
      [0.4, 0.2, 0.2, 0.2],
      [0.1, 0.1, 0.1, 0.7],
    ],
  });
  const initial = initialThresholds(own.flow.tasks);
  const evaluation = evaluate(truth, scores, initial);
  const aligned = evaluation
    .toString()
    .split('\n')
    .filter((line) => /\d$/.test(line) && !line.startsWith(' '.repeat(4)));
  expect(new Set(aligned.map(columnsOf)).size).toBe(1);
  const matrix = evaluation.confusion('種').toString();
  expect(new Set(matrix.split('\n').slice(1).map(columnsOf)).size).toBe(1);
  const tuning = tune(truth, scores, initial).toString();
  expect(
    new Set(
      tuning
        .split('\n')
        .filter((line) => /\d$/.test(line))
        .map(columnsOf),
    ).size,
  ).toBe(1);
  const tree = explain(own.layout, decide(own.layout, scores, initial), { width: 40 });
  for (const text of [evaluation.toString(), matrix, tuning, tree]) expect(widest(text)).toBeLessThanOrEqual(80);
  expect(widest(tree)).toBeLessThanOrEqual(40);
  expect(tree).toContain('👍🏽👨‍👩‍👧');
});
