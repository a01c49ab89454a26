/** @file Several axes, ragged inputs and masks in the language: declared, printed, saved, and refused. */
import { expect, test } from 'vitest';
import { Flow, Task, type TaskOf } from '../../src/entry/decorators.js';
import { flowGraphFile, parseFlowGraph } from '../../src/flow/schema.js';
import { along, binary, type Features, maskOf, Project, tensor, vector } from '../../src/index.js';
import { documentProject } from '../support/documents.js';
import { refusal } from './refusal.js';

const document = tensor({ shape: [3, 4, 2], axes: ['sentence', 'token', null], ragged: ['sentence', 'token'] });
const tasks = {
  row: binary(),
  sentence: along('sentence', binary()),
  token: along(['sentence', 'token'], binary()),
  alone: along('token', binary()),
  turned: along(['token', 'sentence'], binary()),
};

const declared = (inputs: Record<string, unknown>, task: keyof typeof tasks = 'row') =>
  new Project({
    name: 'p',
    inputs: inputs as { document: typeof document },
    tasks,
    backbone: () => ({ f: {} as never }),
  }).flow('full', (of, x) => [of[task](x.f)]);

test('several axes and a ragged input stand in the graph, the prints and the file, and are read back', () => {
  const { graph, resolved } = documentProject();
  expect(resolved.tasks.map(({ path, axis, axes, shape, positions }) => [path, axis, axes, shape, positions])).toEqual([
    ['isZero', 'sentence × token', ['sentence', 'token'], [10, 19], 190],
    ['isTwo', 'sentence × token', ['sentence', 'token'], [10, 19], 190],
  ]);
  expect(graph.inputs).toEqual({
    document: {
      kind: 'tensor',
      shape: [10, 19],
      scale: 1,
      columns: null,
      axes: ['sentence', 'token'],
      ragged: [true, true],
    },
    present: { kind: 'mask', shape: [10, 19], scale: 1, columns: null, axes: ['sentence', 'token'], of: 'document' },
  });
  expect(Object.isFrozen(graph.inputs.present)).toBe(true);
  const file = JSON.parse(JSON.stringify(flowGraphFile(graph)));
  expect(file.root.members[0].axis).toEqual(['sentence', 'token']);
  expect(parseFlowGraph(file)).toEqual(graph);
  expect(String(documentProject())).toBe(
    [
      'documents',
      '├── isZero (binary along sentence × token)',
      '└── isTwo (binary along sentence × token) given not isZero',
    ].join('\n'),
  );
});

test('a list of one axis is that axis', () => {
  expect(along(['token'], binary()).axis).toBe('token');
  expect(Object.isFrozen(along(['a', 'b'], binary()).axis)).toBe(true);
});

test('the graph knows the padding where it is not 0, and of a mask no other shape than its input has', () => {
  expect(tensor({ shape: [2], ragged: true, padding: 3 })).toMatchObject({ ragged: [true], padding: 3 });
  expect(tensor({ shape: [2], ragged: true })).not.toHaveProperty('padding');
  expect(tensor({ shape: [2], ragged: false })).not.toHaveProperty('ragged');
  expect(declared({ mask: maskOf('document'), document }).graph.inputs.mask).toMatchObject({
    shape: [3, 4],
    axes: ['sentence', 'token'],
  });
});

test('a token may ask its sentence and its row, a sentence no token', () => {
  const project = new Project({
    name: 'p',
    inputs: { document },
    tasks,
    backbone: () => ({ r: {} as never, s: {} as never, t: {} as never }),
  });
  const { resolved } = project.flow('full', (task, x) => {
    const row = task.row(x.r);
    const sentence = task.sentence(x.s).given(row);
    return [row, sentence, task.token(x.t).given(sentence.not()).given(row)];
  });
  expect(resolved.tasks.map(({ positions }) => positions)).toEqual([1, 3, 12]);
  const wrong = () =>
    project.flow('full', (task, x) => {
      const token = task.token(x.t);
      return [token, task.sentence(x.s).given(token)];
    });
  const error = refusal(wrong);
  expect([error.code, error.path, error.received]).toEqual([
    'CONDITION_AXIS',
    'sentence',
    'a task along "sentence × token"',
  ]);
});

test.each<[string, () => unknown, string, string, string]>([
  ['no axis', () => along([], binary()), 'INVALID_OPTIONS', 'along.axis', '[]'],
  ['an axis twice', () => along(['a', 'a'], binary()), 'INVALID_OPTIONS', 'along.axis', '["a","a"]'],
  ['what is no name among axes', () => along(['a', 'b c'], binary()), 'INVALID_NAME', 'along.axis', '"b c"'],
  ['axes in another order', () => declared({ document }, 'turned'), 'UNKNOWN_AXIS', 'turned', '["token","sentence"]'],
  [
    'axes of two inputs',
    () =>
      declared({ a: tensor({ shape: [3], axes: ['sentence'] }), b: tensor({ shape: [4], axes: ['token'] }) }, 'token'),
    'UNKNOWN_AXIS',
    'token',
    '["sentence","token"]',
  ],
  [
    'an axis that no input has',
    () => declared({ a: tensor({ shape: [3], axes: ['sentence'] }) }, 'token'),
    'UNKNOWN_AXIS',
    'token',
    'token',
  ],
  ['a ragged axis without those before it', () => declared({ document }, 'alone'), 'RAGGED_AXIS', 'alone', '["token"]'],
  ['a mask of no input', () => declared({ document, m: maskOf('documnt') }), 'UNKNOWN_INPUT', 'inputs.m.of', 'documnt'],
  [
    'a mask of an input that is whole',
    () => declared({ document, x: vector({ size: 2 }), m: maskOf('x') }),
    'NOT_RAGGED',
    'inputs.m.of',
    'x',
  ],
  [
    'a mask of a mask',
    () => declared({ document, m: maskOf('document'), n: maskOf('m') }),
    'NOT_RAGGED',
    'inputs.n.of',
    'm',
  ],
  ['a mask of what is no name', () => maskOf('a b'), 'INVALID_NAME', 'maskOf.of', '"a b"'],
  [
    'the name of no axis',
    () => tensor({ shape: [2], axes: ['token'], ragged: ['tokn'] }),
    'INVALID_OPTIONS',
    'tensor.ragged',
    '"tokn"',
  ],
  ['no name at all', () => tensor({ shape: [2], ragged: [] }), 'INVALID_OPTIONS', 'tensor.ragged', '[]'],
  [
    'padding where nothing is padded',
    () => tensor({ shape: [2], padding: 1 }),
    'INVALID_OPTIONS',
    'tensor.padding',
    '1',
  ],
  [
    'padding that float32 cannot hold',
    () => tensor({ shape: [2], ragged: true, padding: 1e39 }),
    'INVALID_OPTIONS',
    'tensor.padding',
    '1e+39',
  ],
  [
    'ragged axes by hand, too few',
    () => declared({ document: { ...document, ragged: [true] } }),
    'NOT_AN_INPUT',
    'inputs.document.ragged',
    '[true]',
  ],
])('%s is refused', (_, run, code, path, received) => {
  const error = refusal(run);
  expect([error.code, error.path, error.received]).toEqual([code, path, received]);
});

test('the nearest input and axis are suggested', () => {
  expect(refusal(() => declared({ document, m: maskOf('documnt') })).suggestion).toBe('document');
  expect(refusal(() => tensor({ shape: [2], axes: ['token'], ragged: ['tokn'] })).suggestion).toBe('token');
});

test.each<
  [
    string,
    (file: { inputs: Record<string, Record<string, unknown>>; root: { members: Record<string, unknown>[] } }) => void,
    string,
  ]
>([
  [
    'ragged of another number of axes',
    ({ inputs }) => {
      (inputs.document as Record<string, unknown>).ragged = [true];
    },
    'inputs.document.ragged',
  ],
  [
    'a mask of what is no name',
    ({ inputs }) => {
      (inputs.present as Record<string, unknown>).of = 'a b';
    },
    'inputs.present.of',
  ],
  [
    'a mask of an input that is not there',
    ({ inputs }) => {
      (inputs.present as Record<string, unknown>).of = 'present';
    },
    'inputs.present.of',
  ],
  [
    'a mask of another shape',
    ({ inputs }) => {
      (inputs.present as Record<string, unknown>).shape = [10, 18];
    },
    'inputs.present.shape',
  ],
  [
    'a list of one axis',
    ({ root }) => {
      (root.members[0] as Record<string, unknown>).axis = ['sentence'];
    },
    'root.members[0].axis',
  ],
])('a file with %s is refused', (_, damage, path) => {
  const file = JSON.parse(JSON.stringify(flowGraphFile(documentProject().graph)));
  damage(file);
  expect(refusal(() => parseFlowGraph(file))).toMatchObject({ code: 'INVALID_FLOW', path });
});

class Documents {
  @Task(along(['sentence', 'token'], binary())) isZero!: TaskOf<boolean>;
  @Task(along(['sentence', 'token'], binary())) isTwo!: TaskOf<boolean>;

  @Flow() full(x: Features<'tokens'>) {
    const isZero = this.isZero(x.tokens);
    return [isZero, this.isTwo(x.tokens).given(isZero.not())];
  }
}

test('a class declares the same graph', () => {
  const inputs = {
    document: tensor({ shape: [10, 19], axes: ['sentence', 'token'], ragged: true }),
    present: maskOf('document'),
  };
  expect(Project.from(Documents, { name: 'documents', inputs }).graph).toEqual(documentProject().graph);
});
