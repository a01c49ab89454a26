/** @file Axes in the language: what is declared, printed and saved, and what is refused. */
import { expect, test } from 'vitest';
import { Flow, Task, type TaskOf } from '../../src/entry/decorators.js';
import { flowGraphFile, parseFlowGraph } from '../../src/flow/schema.js';
import { createPlan } from '../../src/flow/truth-plan.js';
import { along, and, binary, classification, type Features, not, Project, tensor, vector } from '../../src/index.js';
import { tokenProject } from '../support/along.js';
import { refusal } from './refusal.js';

const text = tensor({ shape: [4, 3], axes: ['token', null] });
const tasks = {
  row: binary(),
  word: along('token', binary()),
  other: along('token', binary()),
  frame: along('frame', binary()),
};
const project = new Project({
  name: 'axes',
  inputs: { text, video: tensor({ shape: [4, 2], axes: ['frame', null] }) },
  tasks,
  backbone: () => ({ rows: {} as never, tokens: {} as never, frames: {} as never }),
});

test('an axis is all that is added to a kind: its functions are the very same', () => {
  const kind = binary({ weight: 2 });
  const { axis, ...rest } = along('token', kind);
  expect(axis).toBe('token');
  expect(rest).toEqual({ ...kind });
  expect(rest.loss).toBe(kind.loss);
  expect(kind).not.toHaveProperty('axis');
  expect(Object.isFrozen(along('token', kind))).toBe(true);
});

test('the axis stands in the graph, the prints and the file, and is read back', () => {
  const { graph, resolved } = tokenProject();
  expect(resolved.tasks.map(({ path, axis, positions }) => [path, axis, positions])).toEqual([
    ['english', null, 1],
    ['isName', 'token', 4],
    ['isFirst', 'token', 4],
  ]);
  expect(graph.inputs.text).toEqual({
    kind: 'tensor',
    shape: [4, 3],
    scale: 1,
    columns: null,
    axes: ['token', null],
  });
  expect(parseFlowGraph(JSON.parse(JSON.stringify(flowGraphFile(graph))))).toEqual(graph);
  expect(String(tokenProject())).toBe(
    [
      'tokens',
      '├── english (binary)',
      '├── isName (binary along token) given english',
      '└── isFirst (binary along token) given isName',
    ].join('\n'),
  );
  expect(tokenProject().toMermaid()).toContain('n1["isName<br/><small>binary along token</small>"]');
});

test('a condition may ask the same axis and the row, also on a nested flow and in part', () => {
  const nested = project
    .flow('words', (task, x) => [task.other(x.tokens)])
    .flow('full', (task, x) => {
      const row = task.row(x.rows);
      const word = task.word(x.tokens).given(row);
      return [row, word, task.words(x).given(and(not(row), word.not()))];
    });
  expect(nested.resolved.tasks.map(({ positions }) => positions)).toEqual([1, 4, 4]);
});

test('without an axis a plan has no step more than before, and each has one truth a row', () => {
  const flat = new Project({ name: 'flat', inputs: { x: vector({ size: 1 }) }, tasks: { a: binary(), b: binary() } });
  const { resolved } = flat.flow('full', (task, x) => {
    const a = task.a(x.features);
    return [a, task.b(x.features).given(a.not())];
  });
  const { steps } = createPlan(resolved, () => 0);
  expect(steps.map(({ type, positions }) => [type, positions])).toEqual([
    ['always', 1],
    ['test', 1],
    ['not', 1],
  ]);
  const along = createPlan(tokenProject().resolved, () => 0);
  expect(along.steps.map(({ type, positions }) => [type, positions])).toEqual([
    ['always', 1],
    ['test', 1],
    ['spread', 4],
    ['test', 4],
  ]);
});

test.each<[string, () => unknown, string, string, string]>([
  [
    'a row that asks a token',
    () =>
      project.flow('full', (task, x) => {
        const word = task.word(x.tokens);
        return [word, task.row(x.rows).given(word)];
      }),
    'CONDITION_AXIS',
    'row',
    'a task along "token"',
  ],
  [
    'a token that asks a frame, though both axes are as long',
    () =>
      project.flow('full', (task, x) => {
        const frame = task.frame(x.frames);
        return [frame, task.word(x.tokens).given(frame.not())];
      }),
    'CONDITION_AXIS',
    'word',
    'a task along "frame"',
  ],
  [
    'a row in a flow that asks a token',
    () =>
      project
        .flow('inner', (task, x) => [task.other(x.tokens), task.row(x.rows)])
        .flow('full', (task, x) => {
          const word = task.word(x.tokens);
          return [word, task.inner(x).given(word)];
        }),
    'CONDITION_AXIS',
    'inner.row',
    'a task along "token"',
  ],
  [
    'an axis that no input has',
    () =>
      new Project({ name: 'p', inputs: { text }, tasks: { word: along('tokens', binary()) } }).flow(
        'full',
        (task, x) => [task.word(x.features)],
      ),
    'UNKNOWN_AXIS',
    'word',
    'tokens',
  ],
  [
    'two lengths of one axis',
    () =>
      new Project({
        name: 'p',
        inputs: { text, more: tensor({ shape: [2, 5], axes: [null, 'token'] }) },
        tasks: { row: binary() },
      }).flow('full', (task, x) => [task.row(x.features)]),
    'AXIS_MISMATCH',
    'inputs.more.axes',
    '5',
  ],
  [
    'a feature read along an axis and as a whole',
    () => project.flow('full', (task, x) => [task.word(x.tokens), task.row(x.tokens)]),
    'FEATURE_SHAPE',
    'features.tokens',
    'none and token',
  ],
  ['an axis that is no name', () => along('a b', binary()), 'INVALID_NAME', 'along.axis', '"a b"'],
  [
    'an axis that is no name, of an input',
    () => tensor({ shape: [2], axes: ['a.b'] }),
    'INVALID_NAME',
    'tensor.axes',
    '"a.b"',
  ],
  ['too few axes', () => tensor({ shape: [2, 3], axes: ['a'] }), 'INVALID_OPTIONS', 'tensor.axes', '["a"]'],
  ['an axis twice', () => tensor({ shape: [2, 3], axes: ['a', 'a'] }), 'INVALID_OPTIONS', 'tensor.axes', '["a","a"]'],
  [
    'an axis that a kind made up',
    () => new Project({ name: 'p', inputs: { text }, tasks: { word: { ...binary(), axis: 3 as never } } }),
    'INVALID_KIND',
    'tasks.word',
    '3',
  ],
  [
    'a file whose input names too few axes',
    () => {
      const file = structuredClone(flowGraphFile(tokenProject().graph)) as { inputs: { text: { axes: unknown } } };
      file.inputs.text.axes = ['token'];
      return parseFlowGraph(file);
    },
    'INVALID_FLOW',
    'inputs.text.axes',
    'undefined',
  ],
])('%s is refused', (_, declare, code, path, received) => {
  const error = refusal(declare);
  expect([error.code, error.path, String(error.received)]).toEqual([code, path, received]);
});

test('the nearest axis is suggested', () => {
  const declare = () =>
    new Project({
      name: 'p',
      inputs: { text },
      tasks: { sort: along('tokn', classification({ classes: ['a', 'b'] })) },
    }).flow('full', (task, x) => [task.sort(x.features)]);
  expect(refusal(declare).suggestion).toBe('token');
});

class Tokens {
  @Task(binary()) english!: TaskOf<boolean>;
  @Task(along('token', binary())) isName!: TaskOf<boolean>;
  @Task(along('token', binary({ weight: 2 }))) isFirst!: TaskOf<boolean>;

  @Flow() full(x: Features<'whole' | 'tokens'>) {
    const english = this.english(x.whole);
    const isName = this.isName(x.tokens).given(english);
    return [english, isName, this.isFirst(x.tokens).given(isName)];
  }
}

test('a class declares the same graph', () => {
  const { inputs } = tokenProject().graph;
  expect(Project.from(Tokens, { name: 'tokens', inputs }).graph).toEqual(tokenProject().graph);
});
