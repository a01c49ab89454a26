import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FlowGraph } from '../../src/flow/graph.js';
import { flowGraphFile, parseFlowGraph } from '../../src/flow/schema.js';
import { HeadgateError } from '../../src/index.js';
import { randomFlow } from '../support/random-flow.js';

const valid = {
  format: 'headgate-flow',
  version: 1,
  name: 'doors',
  inputs: { frame: { kind: 'image', shape: [8, 8, 3], scale: 1 / 255, columns: null } },
  root: {
    type: 'flow',
    name: 'full',
    path: '',
    condition: null,
    members: [
      { type: 'task', name: 'open', path: 'open', kind: 'binary', options: {}, feature: 'features', condition: null },
      {
        type: 'flow',
        name: 'inner',
        path: 'inner',
        condition: { type: 'not', of: { type: 'predicate', path: 'open', predicate: 'isTrue', args: [] } },
        members: [
          {
            type: 'task',
            name: 'age',
            path: 'inner.age',
            kind: 'boundedRegression',
            options: { min: 0, max: 1, weights: [1, null, 'x', { deep: true }] },
            feature: 'features',
            condition: { type: 'and', of: [{ type: 'predicate', path: 'open', predicate: 'isTrue', args: [] }] },
          },
        ],
      },
    ],
  },
};

type Keys = readonly (string | number)[];

/** The valid graph with one place changed; undefined takes it away. */
function changed(keys: Keys, value: unknown): unknown {
  const copy: unknown = structuredClone(valid);
  let at = copy as Record<string | number, unknown>; // every key but the last leads to an object or an array
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  const last = keys.at(-1) as string | number;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

function refusal(value: unknown): HeadgateError {
  try {
    parseFlowGraph(value);
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}

test('a graph comes back equal, to the byte, and frozen to the last part', () => {
  const text = JSON.stringify(valid);
  const graph = parseFlowGraph(JSON.parse(text));
  expect(graph).toEqual(valid);
  expect(JSON.stringify(graph)).toBe(text);
  expect(isDeepFrozen(graph)).toBe(true);
});

test.each(['and', 'or'])('`%s` joins one, two or three conditions, and not none', (type) => {
  const isOpen = { type: 'predicate', path: 'open', predicate: 'isTrue', args: [] };
  const keys = ['root', 'members', 1, 'condition'];
  for (const count of [1, 2, 3]) {
    const given = changed(keys, { type, of: Array(count).fill(isOpen) });
    expect(parseFlowGraph(given)).toEqual(given);
  }
  const { code, path } = refusal(changed(keys, { type, of: [] }));
  expect([code, path]).toEqual(['INVALID_FLOW', 'root.members[1].condition.of']);
});

test('the caller’s object is copied: changing it later changes nothing', () => {
  const given = structuredClone(valid);
  const graph = parseFlowGraph(given);
  given.root.members.length = 0;
  expect(graph.root.members).toHaveLength(2);
});

test('every random flow survives the round trip', () => {
  fc.assert(
    fc.property(randomFlow, ({ graph }) => {
      const text = JSON.stringify(graph);
      const parsed: FlowGraph = parseFlowGraph(JSON.parse(text));
      expect(parsed).toEqual(graph);
      expect(JSON.stringify(parsed)).toBe(text);
    }),
    { numRuns: 200 },
  );
});

const members = ['root', 'members'] as const;
const inner = [...members, 1] as const;

test.each<[string, Keys, unknown, string, RegExp]>([
  ['another format', ['format'], 'other', 'format', /expected "headgate-flow"/],
  ['a later version', ['version'], 3, 'version', /expected 1/],
  ['an unknown key', ['extra'], 1, 'flow', /Unrecognized key: "extra"/],
  ['an unknown key of a task', [...members, 0, 'extra'], 1, 'root.members[0]', /Unrecognized key/],
  ['a missing name', ['name'], undefined, 'name', /expected string/],
  ['no inputs', ['inputs'], {}, 'inputs', /at least one input/],
  ['an input named with a dot', ['inputs'], { 'a.b': valid.inputs.frame }, 'inputs.a.b', /must be a name/],
  [
    'an input named constructor',
    ['inputs'],
    { constructor: valid.inputs.frame },
    'inputs.constructor',
    /must be a name/,
  ],
  ['an empty shape', ['inputs', 'frame', 'shape'], [], 'inputs.frame.shape', /at least|>=1/],
  ['a shape of 0', ['inputs', 'frame', 'shape'], [8, 0], 'inputs.frame.shape[1]', />0/],
  ['a shape that is no integer', ['inputs', 'frame', 'shape'], [1.5], 'inputs.frame.shape[0]', /int/],
  ['a scale of 0', ['inputs', 'frame', 'scale'], 0, 'inputs.frame.scale', /must not be 0/],
  [
    'a mean too few',
    ['inputs', 'frame', 'normalise'],
    { mean: [], deviation: [1] },
    'inputs.frame.normalise.mean',
    />=1/,
  ],
  [
    'means of other channels',
    ['inputs', 'frame', 'normalise'],
    { mean: [0], deviation: [1] },
    'inputs.frame.normalise',
    /a mean and a deviation for each of the \d channels/,
  ],
  [
    'a deviation of 0',
    ['inputs', 'frame', 'normalise'],
    { mean: [0], deviation: [0] },
    'inputs.frame.normalise.deviation[0]',
    />0/,
  ],
  ['a column twice', ['inputs', 'frame', 'columns'], ['a', 'a'], 'inputs.frame.columns', /differ/],
  ['an empty flow', ['root', 'members'], [], 'root.members', />=1/],
  ['a root below a path', ['root', 'path'], 'full', 'root.path', /expected ""/],
  ['a condition on the root', ['root', 'condition'], inner[0], 'root.condition', /expected null/],
  ['an unknown node', [...members, 0, 'type'], 'head', 'root.members[0].type', /discriminator|Invalid input/],
  ['a reserved name', [...members, 0, 'name'], 'given', 'root.members[0].name', /must be a name/],
  [
    'a path that does not follow',
    [...inner, 'members', 0, 'path'],
    'age',
    'root.members[1].members[0].path',
    /"inner.age"/,
  ],
  ['a name twice', [...members, 1, 'name'], 'open', 'root.members[1].name', /stands twice/],
  [
    'an unknown condition',
    [...inner, 'condition'],
    { type: 'xor', of: [] },
    'root.members[1].condition.type',
    /Invalid/,
  ],
  ['an empty and', [...inner, 'condition'], { type: 'and', of: [] }, 'root.members[1].condition.of', />=1/],
  ['an empty or', [...inner, 'condition'], { type: 'or', of: [] }, 'root.members[1].condition.of', />=1/],
  ['a not of many', [...inner, 'condition', 'of'], [], 'root.members[1].condition.of', /Invalid input/],
  ['options that are no JSON', [...members, 0, 'options'], { a: () => 1 }, 'root.members[0].options.a', /a function/],
  ['options of a class', [...members, 0, 'options'], new Map(), 'root.members[0].options', /is not JSON/],
  ['no such choice', [...inner, 'whenUnknown'], 'exclude', 'root.members[1].whenUnknown', /expected "include"/],
  [
    'a choice without a condition',
    [...members, 0, 'whenUnknown'],
    'include',
    'root.members[0].whenUnknown',
    /no condition/,
  ],
  ['a choice of the root', ['root', 'whenUnknown'], 'include', 'root', /Unrecognized key/],
  ['a NaN', [...members, 0, 'options'], [Number.NaN], 'root.members[0].options[0]', /is not JSON: NaN/],
  ['an undefined', [...members, 0, 'options'], [undefined], 'root.members[0].options[0]', /is not JSON: undefined/],
])('%s is refused where it stands', (_, keys, value, path, message) => {
  const error = refusal(changed(keys, value));
  expect(error.code).toBe('INVALID_FLOW');
  expect(error.path).toBe(path);
  expect(error.message).toMatch(message);
});

test.each([null, undefined, 1, 'flow', [], new Date(0)])('%s is no flow', (value) => {
  const error = refusal(value);
  expect(error.code).toBe('INVALID_FLOW');
  expect(error.path).toBe('flow');
});

test('a key __proto__ is refused anywhere, and pollutes nothing', () => {
  const text = JSON.stringify(valid).replace('"deep":true', '"__proto__":{"polluted":1}');
  const error = refusal(JSON.parse(text));
  expect(error.path).toBe('root.members[1].members[0].options.weights[3]');
  expect(error.message).toContain('has a key __proto__');
  expect('polluted' in {}).toBe(false);
});

test('hostile nesting ends in an error, not in a full stack', () => {
  const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
  expect(refusal(deep).message).toContain('nests deeper than 160 levels');
  expect(refusal(changed([...members, 0, 'options'], deep)).message).toContain('nests deeper than 160 levels');
  let condition: unknown = { type: 'predicate', path: 'open', predicate: 'isTrue', args: [] };
  for (let i = 0; i < 5000; i++) condition = { type: 'not', of: condition };
  expect(refusal(changed([...inner, 'condition'], condition)).code).toBe('INVALID_FLOW');
});

test('a cycle of objects ends, too', () => {
  const own: { self?: unknown } = {};
  own.self = own;
  expect(refusal(own).message).toContain('nests deeper');
});

/** Negations and the question below them are `levels` conditions. */
function negations(levels: number): unknown {
  let condition: unknown = { type: 'predicate', path: 'open', predicate: 'isTrue', args: [] };
  for (let i = 1; i < levels; i++) condition = { type: 'not', of: condition };
  return condition;
}

test('64 levels are read and 65 are not', () => {
  // The root and the task stand above the condition.
  const keys = [...members, 1, 'condition'];
  expect(parseFlowGraph(changed(keys, negations(62))).root.members).toHaveLength(2);
  expect(refusal(changed(keys, negations(63))).message).toContain('nests deeper than 64');
});

test('100,000 nodes are read and one more is not', () => {
  const task = (i: number): unknown => ({ ...valid.root.members[0], name: `t${i}`, path: `t${i}` });
  const many = Array.from({ length: 99_999 }, (_, i) => task(i));
  expect(parseFlowGraph(changed(members, many)).root.members).toHaveLength(99_999);
  const error = refusal(changed(members, [...many, task(99_999)]));
  expect(error.path).toBe('root');
  expect(error.message).toContain('more than 100000');
});

const written = (graph: FlowGraph): Record<string, Record<string, object>> =>
  JSON.parse(JSON.stringify(flowGraphFile(graph)));

test('version 2 of the file says every field of an input and a task; read back, the graph is the declared one', () => {
  const graph = parseFlowGraph(valid);
  const file = written(graph);
  expect(file).toMatchObject({
    version: 2,
    inputs: { frame: { kind: 'image', dtype: 'float32', axes: null, encoder: null } },
    root: {
      members: [
        { name: 'open', axis: null },
        { name: 'inner', members: [{ name: 'age', axis: null }] },
      ],
    },
  });
  expect(Object.keys(file.root ?? {})).not.toContain('axis');
  expect(parseFlowGraph(file)).toEqual(valid);
  expect(isDeepFrozen(parseFlowGraph(file))).toBe(true);
  fc.assert(
    fc.property(randomFlow, ({ graph: random }) => {
      expect(parseFlowGraph(written(random))).toEqual(JSON.parse(JSON.stringify(random)));
    }),
    { numRuns: 30 },
  );
});

test('only a dtype is at its default where it is float32: a kind of that name is none', () => {
  const input = { kind: 'float32', shape: [1], scale: 1, columns: ['float32'], dtype: 'float32' } as const;
  const parsed = parseFlowGraph(
    written({ ...parseFlowGraph(valid), inputs: { frame: input } } as unknown as FlowGraph),
  );
  expect(parsed.inputs.frame).toEqual({ kind: 'float32', shape: [1], scale: 1, columns: ['float32'] });
});

test('what an input or a task has beyond version 1 comes back as it was', () => {
  const graph = parseFlowGraph(valid);
  const [open, ...others] = graph.root.members;
  const tokens = { kind: 'tokens', shape: [16], scale: 1, columns: null, dtype: 'int32', axes: ['tokens'] } as const;
  const more = {
    ...graph,
    inputs: { ...graph.inputs, tokens: { ...tokens, encoder: { kind: 'words', state: { words: ['a'] } } } },
    root: { ...graph.root, members: [{ ...open, axis: 'tokens' } as FlowGraph['root']['members'][0], ...others] },
  };
  expect(parseFlowGraph(written(more))).toEqual(more);
});

test('what unknown rows do is in the file where it is not the default, and comes back', () => {
  const graph = parseFlowGraph(changed([...inner, 'whenUnknown'], 'include'));
  expect(graph.root.members[1]).toMatchObject({ whenUnknown: 'include' });
  expect(parseFlowGraph(written(graph))).toEqual(graph);
  expect(JSON.stringify(written(parseFlowGraph(valid)))).not.toContain('whenUnknown');
});

test.each<[string, object, string]>([
  ['an unknown dtype', { dtype: 'float16' }, 'inputs.frame.dtype'],
  ['no dtype', { dtype: undefined }, 'inputs.frame.dtype'],
  ['too few axes', { axes: ['height'] }, 'inputs.frame.axes'],
  ['axes of one name', { axes: ['a', 'a', 'b'] }, 'inputs.frame.axes'],
  ['an encoder without a state', { encoder: { kind: 'words' } }, 'inputs.frame.encoder.state'],
  ['one key more', { zoom: 1 }, 'inputs.frame'],
])('version 2 with %s is refused', (_, change, path) => {
  const file = written(parseFlowGraph(valid));
  Object.assign(file.inputs?.frame ?? {}, change);
  expect([refusal(file).code, refusal(file).path]).toEqual(['INVALID_FLOW', path]);
});
