import { expect, test } from 'vitest';
import { savedDecisions } from '../../src/evaluate/saved-decisions.js';
import { parseFlowGraph } from '../../src/flow/schema.js';
import { binary, boundedRegression, classification, Project, vector } from '../../src/index.js';
import { refusal } from '../flow/refusal.js';

const door = new Project({
  name: 'door',
  inputs: { x: vector({ size: 2 }) },
  tasks: {
    open: binary(),
    shirt: classification({ classes: ['red', 'blue', 'green'] }),
    faceX1: boundedRegression({ min: 0, max: 64 }),
  },
})
  .flow('person', (task, x) => [task.shirt(x.features), task.faceX1(x.features)])
  .flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.person(x).given(open)];
  });
const graph = parseFlowGraph(JSON.parse(JSON.stringify(door.graph)));
const logits = {
  open: Float32Array.of(2, -2, 0.4),
  'person.shirt': Float32Array.of(0, 3, 1, 0, 0, 0, 5, 0, 0),
  'person.faceX1': Float32Array.of(0, 0, Math.log(3)),
};

test('a saved flow decides from logits alone, as the project that made it', () => {
  const decisions = savedDecisions(graph);
  expect(decisions.tasks).toEqual([
    { path: 'open', positions: 1, units: 1 },
    { path: 'person.shirt', positions: 1, units: 3 },
    { path: 'person.faceX1', positions: 1, units: 1 },
  ]);
  expect(decisions.predict(logits)).toEqual([
    { open: true, person: { shirt: 'blue', faceX1: 32 } },
    { open: false, person: null },
    { open: true, person: { shirt: 'red', faceX1: expect.closeTo(48, 4) } },
  ]);
  expect(decisions.explain(logits)).toContain('open | decoded: False');
});

test('tuned thresholds move its decisions', () => {
  const decisions = savedDecisions(graph, { thresholds: { open: [0.7] } }); // sigmoid(0.4) = 0.599
  expect(decisions.predict(logits).map((row) => row.open)).toEqual([true, false, false]);
});

test('thresholds of no task, missing logits and logits of another length are refused', () => {
  expect(refusal(() => savedDecisions(graph, { thresholds: { opne: [0.5] } }))).toMatchObject({
    code: 'UNKNOWN_TASK',
    suggestion: 'open',
  });
  const { open, ...others } = logits;
  expect(refusal(() => savedDecisions(graph).predict({ ...others, open: open.slice(1) }))).toMatchObject({
    code: 'WRONG_SHAPE',
    path: 'person.shirt',
  });
  const alone = door.flow('alone', (task, x) => [task.shirt(x.features)]);
  const half = { shirt: new Float32Array(4) }; // one row and a third
  expect(refusal(() => savedDecisions(alone.graph).predict(half))).toMatchObject({
    code: 'WRONG_SHAPE',
    path: 'shirt',
  });
  expect(refusal(() => savedDecisions(graph).predict({ open })).code).toBe('MISSING_SCORES');
});

test('options that do not exist or do not fit are refused by name', () => {
  const decisions = savedDecisions(graph);
  const untyped = (value: unknown) => value as never;
  expect(refusal(() => savedDecisions(graph, untyped({ treshold: {} })))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'savedDecisions.treshold',
    suggestion: 'thresholds',
  });
  for (const reader of [binary(), { kind: 3, read: () => null }, { read: () => null }, 3, null]) {
    const error = refusal(() => savedDecisions(graph, untyped({ kinds: [reader] })));
    expect(error).toMatchObject({ code: 'INVALID_OPTIONS', path: 'savedDecisions.kinds[0]' });
  }
  expect(refusal(() => decisions.predict(logits, untyped({ probability: true }))).path).toBe(
    'savedDecisions.predict.probability',
  );
  expect(refusal(() => decisions.explain(logits, untyped({ width: 0 }))).path).toBe('savedDecisions.explain.width');
});
