/** @file What is read from answers at the positions of ragged rows: metrics, gates, predictions, trees, interpretations. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bindTable } from '../../src/data/bind.js';
import { decide } from '../../src/evaluate/decisions.js';
import { evaluate, startEvaluation } from '../../src/evaluate/evaluation.js';
import { explain } from '../../src/evaluate/explain.js';
import { interpret, startInterpretation } from '../../src/evaluate/interpret.js';
import { predict } from '../../src/evaluate/predict.js';
import { savedDecisions } from '../../src/evaluate/saved-decisions.js';
import { tune } from '../../src/evaluate/tune.js';
import { along, and, binary, maskOf, Project, tensor } from '../../src/index.js';
import { truthRows } from '../../src/score/fold.js';
import { initialThresholds, type Scores } from '../../src/score/scores.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { applies, naiveLeaves } from '../support/naive-loss.js';
import { type Answer, naiveBinaryMetrics } from '../support/naive-metrics.js';
import { instancesOf, raggedRows, randomRagged, SHAPE } from '../support/random-ragged.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function scoresOf(rows: number, logits: Readonly<Record<string, readonly number[]>>): Scores {
  const tasks = Object.entries(logits).map(([path, own]) => {
    return [path, { logits: Float32Array.from(own), activated: Float32Array.from(own, sigmoid) }] as const;
  });
  return { rows, tasks: new Map(tasks) };
}

const cases = fc.record({ ragged: randomRagged, count: fc.integer({ min: 1, max: 6 }), seed: fc.nat({ max: 1e6 }) });

test('metrics of binary tasks equal a naive reference over the positions that are there', () => {
  let compared = 0;
  fc.assert(
    fc.property(cases, ({ ragged, count, seed }) => {
      const { random, flat, levels } = ragged;
      const rows = raggedRows(ragged, count, seed);
      const layout = layoutOf(random.flow);
      const dataset = bindTable(
        rows.map(({ x, labels }) => ({ x, ...labels })),
        layout,
      );
      const logit = (i: number): number => ((i * 7919 + seed) % 23) / 4 - 2.7;
      const logits = layout.slots.map(({ task, positions }): [string, number[]] => [
        task.path,
        Array.from({ length: count * positions * task.kind.units }, (_, i) => logit(i)),
      ]);
      const evaluation = evaluate(
        dataset,
        scoresOf(count, Object.fromEntries(logits)),
        initialThresholds(random.flow.tasks),
      );
      const leaves = naiveLeaves(flat);
      for (const leaf of leaves) {
        const own = layout.slot(leaf.node.path);
        const open = instancesOf(rows, levels, levels.get(leaf.node.path) ?? 0).flatMap(({ at, row, labels }) =>
          applies(leaves, leaf, labels) ? [row * layout.answers + own.answer + (at % own.positions)] : [],
        );
        // it applies where the reference says, and at no position that was padded
        const found = [...dataset.applies.keys()].filter((at) => {
          const answer = (at % layout.answers) - own.answer;
          return answer >= 0 && answer < own.positions && dataset.applies[at] === 1;
        });
        expect(found, leaf.node.path).toEqual(open);
        if (leaf.node.kind !== 'binary') continue;
        const { path } = leaf.node;
        const level = levels.get(path) ?? 0;
        const answers = instancesOf(rows, levels, level).flatMap(({ at, labels }): Answer[] => {
          const label = labels[path] ?? null;
          if (label === null || !applies(leaves, leaf, labels)) return [];
          return [{ label: label === true, logit: Math.fround(logit(at)) }];
        });
        for (const [metric, expected] of Object.entries(naiveBinaryMetrics(answers))) {
          const row = evaluation.rows.find(
            ({ task_path, metric_name, view }) =>
              task_path === path && metric_name === metric && view === 'given_truth',
          );
          expect(row?.num_samples).toBe(answers.length);
          if (answers.length === 0 || expected === null) expect(row?.metric_res).toBeNull();
          else expect(row?.metric_res).toBeCloseTo(expected, 12);
          compared += level > 0 && answers.length > 0 ? 1 : 0;
        }
      }
    }),
    { numRuns: 120 },
  );
  expect(compared).toBeGreaterThan(150);
});

const project = new Project({
  name: 'documents',
  inputs: { document: tensor({ shape: [2, 3], axes: ['sentence', 'token'], ragged: true }), there: maskOf('document') },
  tasks: {
    isEnglish: binary(),
    isQuestion: along('sentence', binary()),
    isName: along(['sentence', 'token'], binary()),
    isFirst: along(['sentence', 'token'], binary()),
  },
  backbone: () => ({ row: {} as never, sentences: {} as never, tokens: {} as never }),
}).flow('full', (task, x) => {
  const isEnglish = task.isEnglish(x.row);
  const isQuestion = task.isQuestion(x.sentences).given(isEnglish);
  const isName = task.isName(x.tokens).given(isQuestion.not());
  return [isEnglish, isQuestion, isName, task.isFirst(x.tokens).given(isName)];
});
const layout = layoutOf(project.resolved);
const thresholds = initialThresholds(project.resolved.tasks);
const rows = [
  {
    document: [[1, 2], [3]],
    isEnglish: true,
    isQuestion: [false, true],
    isName: [[true, false], [true]],
    isFirst: [[true, null], [true]],
  },
  { document: [], isEnglish: true, isQuestion: [], isName: [], isFirst: null },
  {
    document: [[], [4, 5, 6]],
    isEnglish: true,
    isQuestion: [null, false],
    isName: [null, [true, true, false]],
    isFirst: [[], [false, true, true]],
  },
];
const truth = bindTable(rows, layout);
const scores = scoresOf(3, {
  isEnglish: [1, 1, 1],
  isQuestion: [-1, 2, 3, 3, 3, -3],
  //      row 0: [1, 2] and [3]   row 1: nothing      row 2: [] and [4, 5, 6]; all else was padded
  isName: [2, -1, 9, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1, -1, 1],
  isFirst: [1, 1, 9, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, -1, 1, -1],
});

test('what holds for a sentence holds at each of its tokens, in the masks and in the gates', () => {
  const mask = (path: string) => {
    const { offset, columns } = layout.slot(path);
    return [0, 1, 2].map((row) => [
      ...truth.mask.subarray(row * layout.width + offset, row * layout.width + offset + columns),
    ]);
  };
  expect(mask('isQuestion')).toEqual([
    [1, 1],
    [0, 0],
    [0, 1],
  ]);
  expect(mask('isName')).toEqual([
    [1, 1, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
    [0, 0, 0, 1, 1, 1],
  ]);
  expect(mask('isFirst')).toEqual([
    [1, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
    [0, 0, 0, 1, 1, 0],
  ]);
});

test('a prediction is as long as its row, with null where a condition shuts a position out', () => {
  const decisions = decide(layout, scores, thresholds, null, truth.positions);
  expect(predict(layout, decisions)).toEqual([
    { isEnglish: true, isQuestion: [false, true], isName: [[true, false], [null]], isFirst: [[true, null], [null]] },
    { isEnglish: true, isQuestion: [], isName: [], isFirst: [] },
    {
      isEnglish: true,
      isQuestion: [true, false],
      isName: [[], [true, false, true]],
      isFirst: [[], [false, null, false]],
    },
  ]);
  // without rows nobody knows how long they are: lists of the whole shape
  const { isQuestion } = savedDecisions(project.graph).predict(
    Object.fromEntries([...scores.tasks].map(([path, { logits }]) => [path, logits])),
  )[1] as { isQuestion: unknown };
  expect(isQuestion).toEqual([true, true]);
});

test('positions that were padded are in no metric, threshold or gate', () => {
  const evaluation = evaluate(truth, scores, thresholds);
  const of = (path: string, metric: string) =>
    evaluation.rows
      .filter((row) => row.task_path === path && row.metric_name === metric)
      .map(({ view, metric_res, num_samples }) => [view, metric_res, num_samples]);
  expect(of('isName', 'accuracy')).toEqual([
    ['given_truth', 3 / 5, 5],
    ['end_to_end', 3 / 5, 5],
  ]);
  expect(of('isFirst', 'accuracy')).toEqual([
    ['given_truth', 3 / 3, 3],
    ['end_to_end', 2 / 3, 3],
  ]);
  // true: row 0 at 0, 1; row 2 at 4, 5, 6. let in: the same; the sentence of 3 is a question, by labels and answers.
  expect(of('isName', 'gate_recall')).toEqual([['end_to_end', 1, 5]]);
  expect(of('isName', 'gate_precision')).toEqual([['end_to_end', 1, 5]]);
  const tuned = tune(truth, scores, thresholds, { method: 'exact', metric: 'accuracy' });
  expect(tuned.rows.map(({ task_path, num_samples }) => [task_path, num_samples])).toEqual([
    ['isEnglish', 3],
    ['isQuestion', 3],
    ['isName', 5],
    ['isFirst', 3],
  ]);
});

test('chunks of rows, wherever they are cut, give the same evaluation and interpretation', () => {
  const losses = Float32Array.from({ length: 3 * layout.width }, (_, i) => i / 10);
  const whole = { ...scores, elementLosses: losses };
  const part = (start: number, end: number) => ({
    rows: end - start,
    elementLosses: losses.subarray(start * layout.width, end * layout.width),
    tasks: new Map(
      [...scores.tasks].map(([path, { logits, activated }]) => {
        const { positions } = layout.slot(path);
        const own = (all: Float32Array) => all.subarray(start * positions, end * positions);
        return [path, { logits: own(logits), activated: own(activated) }];
      }),
    ),
  });
  for (const cut of [1, 2]) {
    const fold = startEvaluation(layout, thresholds);
    fold.add(truthRows(truth, 0, cut), part(0, cut));
    fold.add(truthRows(truth, cut, 3), part(cut, 3));
    expect(fold.result().rows).toEqual(evaluate(truth, scores, thresholds).rows);
  }
  const fold = startInterpretation(layout, thresholds, { top: 1 });
  for (let row = 0; row < 3; row++) fold.add(truthRows(truth, row, row + 1), part(row, row + 1));
  const { worst } = fold.result().task('isFirst');
  expect(worst).toEqual(interpret(truth, whole, thresholds, { top: 1 }).task('isFirst').worst);
  expect(worst.map(({ row, label, prediction }) => [row, label, prediction])).toEqual([
    [2, [[], [false, true, null]], [[], [false, true, null]]],
  ]);
});

test('a line of a tree shows the positions of its row, and counts these', () => {
  const decisions = decide(layout, scores, thresholds, null, truth.positions);
  const lines = explain(layout, decisions, { width: Number.POSITIVE_INFINITY }).split('\n');
  expect(lines.map((line) => line.replace(/^[ │├└─]*/, ''))).toEqual([
    'batch',
    'inp 0',
    'isEnglish | decoded: True, activated: 0.7311, logits: 1.0000',
    'isQuestion | each sentence: False True',
    'isName | each sentence × token: True False · (applies at 2 of 3)',
    'isFirst | each sentence × token: True · · (applies at 1 of 3)',
    'inp 1',
    'isEnglish | decoded: True, activated: 0.7311, logits: 1.0000',
    'inp 2',
    'isEnglish | decoded: True, activated: 0.7311, logits: 1.0000',
    'isQuestion | each sentence: True False',
    'isName | each sentence × token: True False True',
    'isFirst | each sentence × token: False · False (applies at 2 of 3)',
  ]);
});

test('without ragged inputs nobody keeps positions', () => {
  const own = layoutOf(
    new Project({
      name: 'whole',
      inputs: { x: tensor({ shape: [...SHAPE], axes: ['sentence', 'token'] }) },
      tasks: { word: along(['sentence', 'token'], binary()) },
    }).flow('full', (task, x) => [task.word(x.features)]).resolved,
  );
  const bound = bindTable([{ x: Array(12).fill(0), word: Array(3).fill([true, null, false, true]) }], own);
  expect(bound.positions).toBeNull();
  expect(bound.mask.join('')).toBe('101110111011');
});

test('where only the first axis is ragged, the others are whole below what is there', () => {
  const own = layoutOf(
    new Project({
      name: 'sentences',
      inputs: { x: tensor({ shape: [3, 2], axes: ['sentence', 'token'], ragged: ['sentence'] }), there: maskOf('x') },
      tasks: { word: along(['sentence', 'token'], binary()) },
    }).flow('full', (task, x) => [task.word(x.features)]).resolved,
  );
  const bound = bindTable(
    [
      { x: [[1, 2]], word: [[true, false]] },
      { x: [], word: [] },
    ],
    own,
  );
  expect([...bound.applies]).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect([...bound.mask]).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(bound.inputs.there).toMatchObject({ shape: [3], values: Uint8Array.of(1, 0, 0, 0, 0, 0) });
});

test('a nested flow that asks sentences and tokens together is asked token by token', () => {
  const nested = new Project({
    name: 'nested',
    inputs: { document: tensor({ shape: [2, 3], axes: ['sentence', 'token'], ragged: true }) },
    tasks: {
      isQuestion: along('sentence', binary()),
      isName: along(['sentence', 'token'], binary()),
      isFirst: along(['sentence', 'token'], binary()),
    },
    backbone: () => ({ sentences: {} as never, tokens: {} as never }),
  })
    .flow('names', (task, x) => [task.isFirst(x.tokens)])
    .flow('full', (task, x) => {
      const isQuestion = task.isQuestion(x.sentences);
      const isName = task.isName(x.tokens);
      return [isQuestion, isName, task.names(x).given(and(isQuestion, isName))];
    });
  const own = layoutOf(nested.resolved);
  const bound = bindTable([{ document: [[1], [2, 3, 4]], isName: null }], own);
  const decisions = decide(
    own,
    scoresOf(1, { isQuestion: [-1, 1], isName: [1, 9, 9, -1, -1, 1], 'names.isFirst': [1, 1, 1, 1, 1, -1] }),
    initialThresholds(nested.resolved.tasks),
    null,
    bound.positions,
  );
  expect(predict(own, decisions)).toEqual([
    {
      isQuestion: [false, true],
      isName: [[true], [false, false, true]],
      names: { isFirst: [[null], [null, null, false]] },
    },
  ]);
  // only the last token is a name in a question: the flow is shown for its sake
  expect(explain(own, decisions, { width: 200 })).toContain(
    'isFirst | each sentence × token: · · · False (applies at 1 of 4)',
  );
});
