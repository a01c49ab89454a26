/** @file What is read from answers at positions: metrics, thresholds, predictions, explanations, interpretations. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bindTable } from '../../src/data/bind.js';
import type { Truth } from '../../src/data/dataset.js';
import { decide } from '../../src/evaluate/decisions.js';
import { evaluate, startEvaluation } from '../../src/evaluate/evaluation.js';
import { explain } from '../../src/evaluate/explain.js';
import { interpret } from '../../src/evaluate/interpret.js';
import { predict } from '../../src/evaluate/predict.js';
import { savedDecisions } from '../../src/evaluate/saved-decisions.js';
import { tune } from '../../src/evaluate/tune.js';
import { flowGraphFile, parseFlowGraph } from '../../src/flow/schema.js';
import {
  along,
  binary,
  classification,
  HeadgateError,
  multilabel,
  Project,
  regression,
  tensor,
} from '../../src/index.js';
import { truthRows } from '../../src/score/fold.js';
import { initialThresholds, type Scores } from '../../src/score/scores.js';
import { labelStart, layoutOf } from '../../src/tasks/layout.js';
import { tokenProject } from '../support/along.js';
import { applies, labelAt, naiveLeaves } from '../support/naive-loss.js';
import { type Answer, naiveBinaryMetrics } from '../support/naive-metrics.js';
import { cellRows, randomMixedFlow, TOKENS } from '../support/random-flow.js';

/** Logits by path, as many as instances; activations by the kinds' own formulas are not needed for binary tasks. */
function scoresOf(rows: number, logits: Readonly<Record<string, readonly number[]>>): Scores {
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const tasks = Object.entries(logits).map(([path, own]) => {
    return [path, { logits: Float32Array.from(own), activated: Float32Array.from(own, sigmoid) }] as const;
  });
  return { rows, tasks: new Map(tasks) };
}

const { resolved } = tokenProject({ tokens: 4 });
const layout = layoutOf(resolved);
const thresholds = initialThresholds(resolved.tasks);
const text = Array.from({ length: 4 }, () => [0, 0, 0]);

const truth = bindTable(
  [
    { text, english: true, isName: [true, false, null, true], isFirst: [true, true, false, null] },
    { text, english: false, isName: [true, true, true, true], isFirst: [true, true, true, true] },
    { text, english: null, isName: [true, true, true, true], isFirst: null },
    { text, english: true, isName: null, isFirst: [true, false, true, false] },
    { text, english: true, isName: [true, true, false, false], isFirst: [false, true, null, true] },
  ],
  layout,
);
const scores = scoresOf(5, {
  english: [1, 1, -1, 1, -1],
  isName: [2, 1, 3, -1, 1, -1, 1, -1, 5, 5, 5, 5, -4, 4, -4, 4, 3, 3, -3, -3],
  isFirst: [2, -1, 1, 1, 1, 1, 1, 1, 5, 5, 5, 5, 1, 1, 1, 1, -3, 3, 3, -3],
});

test('num_samples counts positions, in both views; gates are measured at positions', () => {
  const evaluation = evaluate(truth, scores, thresholds);
  const rows = (path: string, metric: string) =>
    evaluation.rows
      .filter((row) => row.task_path === path && row.metric_name === metric)
      .map(({ view, metric_res, num_samples }) => [view, metric_res, num_samples]);
  expect(rows('english', 'accuracy')).toEqual([
    ['given_truth', 2 / 4, 4],
    ['end_to_end', 2 / 4, 4],
  ]);
  // Given the truth rows 0 and 4 count, with 3 and 4 labels; end to end 0, 1 and 3 are let in, the last unlabelled.
  expect(rows('isName', 'accuracy')).toEqual([
    ['given_truth', 5 / 7, 7],
    ['end_to_end', 3 / 7, 7],
  ]);
  // English is true on three rows of four tokens; it is decided on rows 0, 1, 3 and known on all of them.
  expect(rows('isName', 'gate_recall')).toEqual([['end_to_end', 8 / 12, 12]]);
  expect(rows('isName', 'gate_precision')).toEqual([['end_to_end', 8 / 12, 12]]);
  // Decided to be names: row 0 at 0, 1 and 2, row 1 at 0 and 2, row 3 at 1 and 3. Names by the labels: row 0 at 0 and 3 (of which 3 has no label of isFirst), row 4 at 0 and 1.
  expect(rows('isFirst', 'accuracy')).toEqual([
    ['given_truth', 3 / 3, 3],
    ['end_to_end', 3 / 7, 7],
  ]);
});

const flows = fc.record({ random: randomMixedFlow, rows: fc.integer({ min: 1, max: 6 }), seed: fc.nat({ max: 1e6 }) });

test('metrics of binary tasks, given the truth, equal a naive reference over rows and positions', () => {
  let compared = 0;
  fc.assert(
    fc.property(flows, ({ random: { flow, graph }, rows: count, seed }) => {
      const rows = cellRows(flow, count, seed);
      fc.pre(rows.some((row) => Object.values(row).some((cell) => cell !== null)));
      const own = layoutOf(flow);
      const x = Array(TOKENS * 3).fill(0);
      const dataset = bindTable(
        rows.map((row) => ({ x, ...row })),
        own,
      );
      const logit = (i: number): number => ((i * 7919 + seed) % 23) / 4 - 2.7;
      const all = scoresOf(
        count,
        Object.fromEntries(
          own.slots.map(({ task, positions }) => [
            task.path,
            Array.from({ length: count * positions * task.kind.units }, (_, i) => logit(i)),
          ]),
        ),
      );
      const evaluation = evaluate(dataset, all, initialThresholds(flow.tasks));
      const leaves = naiveLeaves(graph);
      for (const [index, leaf] of leaves.entries()) {
        if (leaf.node.kind !== 'binary') continue;
        const positions = own.slots[index]?.positions ?? Number.NaN;
        const answers: Answer[] = [];
        for (let i = 0; i < count * positions; i++) {
          const row = rows[Math.floor(i / positions)] ?? {};
          const label = labelAt(leaf.node, row, i % positions);
          if (label === null || !applies(leaves, leaf, row, i % positions)) continue;
          answers.push({ label: label === true, logit: Math.fround(logit(i)) });
        }
        const naive = naiveBinaryMetrics(answers);
        for (const [metric, expected] of Object.entries(naive)) {
          const row = evaluation.rows.find(
            ({ task_path, metric_name, view }) =>
              task_path === leaf.node.path && metric_name === metric && view === 'given_truth',
          );
          expect(row?.num_samples).toBe(answers.length);
          if (answers.length === 0 || expected === null) expect(row?.metric_res).toBeNull();
          else expect(row?.metric_res).toBeCloseTo(expected, 12);
          compared += positions > 1 && answers.length > 0 ? 1 : 0;
        }
      }
    }),
    { numRuns: 150 },
  );
  expect(compared).toBeGreaterThan(200);
});

test('chunks of rows, wherever they are cut, give the same evaluation', () => {
  const whole = evaluate(truth, scores, thresholds).rows;
  for (let cut = 1; cut < 5; cut++) {
    const fold = startEvaluation(layout, thresholds);
    for (const [start, end] of [
      [0, cut],
      [cut, 5],
    ] as const) {
      const part = new Map(
        [...scores.tasks].map(([path, { logits, activated }]) => {
          const { positions } = layout.slot(path);
          const own = (all: Float32Array) => all.subarray(start * positions, end * positions);
          return [path, { logits: own(logits), activated: own(activated) }];
        }),
      );
      fold.add(truthRows(truth as Truth, start, end), { rows: end - start, tasks: part });
    }
    expect(fold.result().rows).toEqual(whole);
  }
});

/** The scores of the last of five rows. */
function lastOf({ tasks }: Scores): Scores {
  const own = (all: Float32Array): Float32Array => all.subarray((all.length / 5) * 4);
  const last = [...tasks].map(([path, { logits, activated }]) => {
    return [path, { logits: own(logits), activated: own(activated) }] as const;
  });
  return { rows: 1, tasks: new Map(last) };
}

test('a threshold is tuned on the positions that count', () => {
  const tuned = tune(truth, scores, thresholds, { method: 'exact', metric: 'accuracy' });
  expect(tuned.rows.map(({ task_path, num_samples }) => [task_path, num_samples])).toEqual([
    ['english', 4],
    ['isName', 7],
    ['isFirst', 3],
  ]);
  const names = tuned.rows.find(({ task_path }) => task_path === 'isName');
  // True: 2, -1, 3, 3; false: 1, -3, -3. Above 1: one of the true is missed; above -1 one of the false is let in.
  expect([names?.metric_before, names?.metric_after]).toEqual([5 / 7, 6 / 7]);
  const last = tune(truthRows(truth, 4, 5), lastOf(scores), thresholds);
  expect(last.rows.find(({ task_path }) => task_path === 'isName')?.num_samples).toBe(4); // more than there are rows
});

test('predictions are lists, null at positions where a task does not apply', () => {
  const decisions = decide(layout, scores, thresholds);
  const predictions = predict(layout, decisions);
  expect(predictions[0]).toEqual({
    english: true,
    isName: [true, true, true, false],
    isFirst: [true, false, true, null],
  });
  expect(predictions[2]).toEqual({
    english: false,
    isName: [null, null, null, null],
    isFirst: [null, null, null, null],
  });
  const [detailed] = predict(layout, decisions, { probabilities: true });
  expect(detailed?.isFirst).toEqual([
    { value: true, probability: Math.fround(1 / (1 + Math.exp(-2))) },
    { value: false, probability: Math.fround(1 / (1 + Math.exp(1))) },
    { value: true, probability: Math.fround(1 / (1 + Math.exp(-1))) },
    null,
  ]);
});

test('a flow given something of the row is null as a whole; given something at a token it is there', () => {
  const nested = new Project({
    name: 'nested',
    inputs: { text: tensor({ shape: [2], axes: ['token'] }) },
    tasks: { row: binary(), word: along('token', binary()), a: along('token', binary()), b: along('token', binary()) },
    backbone: () => ({ rows: {} as never, tokens: {} as never }),
  })
    .flow('first', (task, x) => [task.a(x.tokens)])
    .flow('second', (task, x) => [task.b(x.tokens)])
    .flow('full', (task, x) => {
      const row = task.row(x.rows);
      const word = task.word(x.tokens);
      return [row, word, task.first(x).given(row), task.second(x).given(word)];
    });
  const own = layoutOf(nested.resolved);
  const decisions = decide(
    own,
    scoresOf(2, { row: [-1, 1], word: [-1, -1, -1, 1], 'first.a': [1, 1, 1, -1], 'second.b': [1, 1, 1, 1] }),
    initialThresholds(nested.resolved.tasks),
  );
  expect(predict(own, decisions)).toEqual([
    { row: false, word: [false, false], first: null, second: { b: [null, null] } },
    { row: true, word: [false, true], first: { a: [true, false] }, second: { b: [null, true] } },
  ]);
  expect(explain(own, decisions, { why: true })).toBe(
    [
      'batch',
      '├── inp 0',
      '│   ├── row | decoded: False, activated: 0.2689, logits: -1.0000',
      '│   │   └── first ✗ given row: row is False (0.27)',
      '│   └── word | each token: False False',
      '│       └── second ✗ given word: at no token',
      '└── inp 1',
      '    ├── row | decoded: True, activated: 0.7311, logits: 1.0000',
      '    │   └── first',
      '    │       └── a | each token: True False',
      '    └── word | each token: False True',
      '        └── second',
      '            └── b | each token: · True (applies at 1 of 2)',
    ].join('\n'),
  );
});

test('an explanation of many positions is one line, however many there are', () => {
  const long = tokenProject({ tokens: 200 });
  const own = layoutOf(long.resolved);
  const logits = Array.from({ length: 200 }, (_, i) => (i % 2) - 0.5);
  const decisions = decide(own, scoresOf(1, { english: [1], isName: logits, isFirst: logits }), thresholds);
  const tree = explain(own, decisions, { width: 100 });
  expect(tree).toContain('isName | each token: False True False True False … (200 in all)\n');
  expect(tree).toContain('isFirst | each token: · True · True · True · True · … (applies at 100 of 200)');
  for (const line of explain(own, decisions).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('answers take 32 characters at most, each with its blank; the first stands there whatever it takes', () => {
  const own = layoutOf(tokenProject({ tokens: 7 }).resolved);
  // six times `True ` are 30 characters: a `·` fills them up, another answer is too many
  const logits = [1, 1, 1, 1, 1, 1, -1];
  const tree = explain(own, decide(own, scoresOf(1, { english: [1], isName: logits, isFirst: logits }), thresholds), {
    width: 100,
  });
  expect(tree).toContain('isName | each token: True True True True True True … (7 in all)\n');
  expect(tree).toContain('isFirst | each token: True True True True True True · (applies at 6 of 7)');
});

test('interpretation ranks rows; their labels and predictions are lists, null where a position does not count', () => {
  const losses = new Float32Array(5 * layout.width).fill(100); // of what does not count: never seen
  const slot = layout.slot('isName');
  const set = (row: number, own: readonly number[]): void => {
    own.forEach((loss, token) => {
      losses[labelStart(layout, slot, row * 4 + token)] = loss;
    });
  };
  set(0, [1, 2, 100, 3]);
  set(4, [1, 1, 0, 0]);
  const found = interpret(truth, { ...scores, elementLosses: losses }, thresholds, { top: 1 });
  const { best, worst } = found.task('isName');
  // Σ mask·ℓ × rows / elements: 2 rows with 7 labels.
  expect(best).toMatchObject([{ row: 4, loss: Math.fround((2 * 2) / 7), label: [true, true, false, false] }]);
  expect(worst).toMatchObject([
    {
      row: 0,
      loss: Math.fround((6 * 2) / 7),
      label: [true, false, null, true],
      prediction: [true, true, null, false],
    },
  ]);
});

test('a saved flow decides at positions, without a project', () => {
  const saved = savedDecisions(parseFlowGraph(JSON.parse(JSON.stringify(flowGraphFile(resolved.graph)))));
  expect(saved.tasks).toEqual([
    { path: 'english', positions: 1, units: 1 },
    { path: 'isName', positions: 4, units: 1 },
    { path: 'isFirst', positions: 4, units: 1 },
  ]);
  const logits = Object.fromEntries([...scores.tasks].map(([path, own]) => [path, own.logits]));
  expect(saved.predict(logits)).toEqual(predict(layout, decide(layout, scores, thresholds)));
  expect(() => saved.predict({ ...logits, isName: new Float32Array(5) })).toThrow(
    expect.objectContaining({ code: 'WRONG_SHAPE', path: 'isName' }),
  );
});

test('half a row of logits is refused, though it be the first task’s', () => {
  const one = new Project({
    name: 'one',
    inputs: { text: tensor({ shape: [4], axes: ['token'] }) },
    tasks: { word: along('token', binary()) },
  }).flow('full', (task, x) => [task.word(x.features)]);
  const saved = savedDecisions(one.graph);
  expect(saved.predict({ word: Float32Array.of(1, 1, -1, 1) })).toEqual([{ word: [true, true, false, true] }]);
  expect(() => saved.predict({ word: new Float32Array(6) })).toThrow(
    expect.objectContaining({ code: 'WRONG_SHAPE', path: 'word', received: '6 numbers' }),
  );
});

test('an axis of one position is an axis: its answers are lists', () => {
  const one = new Project({
    name: 'one',
    inputs: { text: tensor({ shape: [1], axes: ['token'] }) },
    tasks: { word: along('token', binary()), name: along('token', binary()) },
  })
    .flow('names', (task, x) => [task.name(x.features)])
    .flow('full', (task, x) => {
      const word = task.word(x.features);
      return [word, task.names(x).given(word)];
    });
  const saved = savedDecisions(one.graph);
  expect(saved.predict({ word: Float32Array.of(1, -1), 'names.name': Float32Array.of(1, 1) })).toEqual([
    { word: [true], names: { name: [true] } },
    { word: [false], names: { name: [null] } },
  ]);
  expect(bindTable([{ text: [0], word: [true], name: [false] }], layoutOf(one.resolved)).mask).toEqual(
    Uint8Array.of(1, 1),
  );
});

test('a score that is not finite is named with its row and position', () => {
  const bad = scoresOf(2, { english: [0, 0], isName: [0, 0, 0, 0, 0, 0, Number.NaN, 0], isFirst: Array(8).fill(0) });
  let error: unknown;
  try {
    decide(layout, bad, thresholds);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(HeadgateError);
  expect(error).toMatchObject({ code: 'NON_FINITE_SCORE', path: 'isName, row 1, token 2' });
});

test('labels with several elements keep them apart at each position', () => {
  const project = new Project({
    name: 'traits',
    inputs: { text: tensor({ shape: [2], axes: ['token'] }) },
    tasks: { traits: along('token', multilabel({ classes: ['a', 'b', 'c'] })) },
  }).flow('full', (task, x) => [task.traits(x.features)]);
  const own = layoutOf(project.resolved);
  const dataset = bindTable(
    [
      {
        text: [0, 0],
        traits: [
          [1, 0, 1],
          [0, 1, 1],
        ],
      },
    ],
    own,
  );
  const all = scoresOf(1, { traits: [1, -1, 1, -1, -1, 1] });
  const evaluation = evaluate(dataset, all, initialThresholds(project.resolved.tasks));
  expect(evaluation.value('traits', 'subset_accuracy')).toBe(1 / 2);
  expect(evaluation.value('traits', 'accuracy')).toBe(5 / 6);
  expect(predict(own, decide(own, all, initialThresholds(project.resolved.tasks)))).toEqual([
    {
      traits: [
        { a: true, b: false, c: true },
        { a: false, b: false, c: true },
      ],
    },
  ]);
});

test('answers of every kind stand in one line: names, numbers to four decimals, anything else as JSON', () => {
  const kinds = {
    shade: along('token', classification({ classes: ['red', 'blue'] })),
    depth: along('token', regression()),
    traits: along('token', multilabel({ classes: ['x', 'y'] })),
  };
  const own = new Project({
    name: 'all',
    inputs: { text: tensor({ shape: [2], axes: ['token'] }) },
    tasks: kinds,
    backbone: ({ text: given }) => ({ features: given }),
  }).flow('full', (task, x) => [task.shade(x.features), task.depth(x.features), task.traits(x.features)]);
  const all = layoutOf(own.resolved);
  const given = scoresOf(1, { shade: [2, -2, -2, 2], depth: [1.25, -3], traits: [1, -1, -1, 1] });
  const tree = explain(all, decide(all, given, initialThresholds(own.resolved.tasks)), { width: 200 });
  expect(tree.split('\n').slice(2)).toEqual([
    '    ├── shade | each token: red blue',
    '    ├── depth | each token: 0.7773 0.0474', // `scoresOf` activates all by a sigmoid
    '    └── traits | each token: {"x":true,"y":false} … (2 in all)',
  ]);
});
