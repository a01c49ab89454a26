import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../src/evaluate/decisions.js';
import { decode } from '../../src/evaluate/decode.js';
import { decodedGates } from '../../src/evaluate/gates.js';
import { type FlowPrediction, predict } from '../../src/evaluate/predict.js';
import type { FlowNode } from '../../src/flow/graph.js';
import { binary, boundedRegression, classification, multilabel } from '../../src/index.js';
import { initialThresholds, type Scores } from '../../src/score/scores.js';
import type { TaskKind } from '../../src/tasks/kind.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { applies, naiveLeaves } from '../support/naive-loss.js';
import { CLASSES, type Label, randomFlow } from '../support/random-flow.js';
import { ask, bench, not, scoresFrom } from './flows.js';

const camera = bench(
  {
    blocked: binary(),
    open: binary(),
    x: boundedRegression({ min: 0, max: 64 }),
    shirt: classification({ classes: ['red', 'blue'] }),
    traits: multilabel({ classes: ['hat', 'bag'] }),
  },
  [
    'blocked',
    ['open', not(ask('blocked'))],
    { name: 'person', condition: ask('open'), members: ['x', ['traits', ask('person.x', 'above', 32)], 'shirt'] },
  ],
);
const scores = scoresFrom(3, {
  blocked: [[0.9], [0.1], [0.2]],
  open: [[0.9], [0.4], [0.8]],
  'person.x': [[0.9], [0.9], [0.25]],
  'person.traits': [
    [0.9, 0.9],
    [0.9, 0.9],
    [0.9, 0.1],
  ],
  'person.shirt': [
    [0.9, 0.1],
    [0.9, 0.1],
    [0.25, 0.75],
  ],
});
const initial = initialThresholds(camera.flow.tasks);

test('nested objects in flow order, null where a gate is closed by the decoded parents', () => {
  const predictions = predict(camera.layout, decide(camera.layout, scores, initial));
  expect(predictions).toEqual([
    { blocked: true, open: null, person: null },
    { blocked: false, open: false, person: null },
    { blocked: false, open: true, person: { x: 16, traits: null, shirt: 'blue' } },
  ]);
  expect(Object.keys(predictions[0] ?? {})).toEqual(['blocked', 'open', 'person']);
});

test('probabilities on request', () => {
  const [, , third] = predict(camera.layout, decide(camera.layout, scores, initial), { probabilities: true });
  expect(third).toEqual({
    blocked: { value: false, probability: Math.fround(0.2) },
    open: { value: true, probability: Math.fround(0.8) },
    person: {
      x: { value: 16, probability: null },
      traits: null,
      shirt: { value: 'blue', probability: { red: 0.25, blue: 0.75 } },
    },
  });
});

test('thresholds decide, and open gates', () => {
  const predictions = predict(camera.layout, decide(camera.layout, scores, new Map(initial).set('open', [0.3])));
  expect(predictions[1]).toEqual({
    blocked: false,
    open: true,
    person: { x: Math.fround(0.9) * 64, traits: { hat: true, bag: true }, shirt: 'red' },
  });
});

test('a task named __proto__ is a key like any other', () => {
  const hostile = bench({ ['__proto__']: binary(), constructor: binary() }, [
    'constructor',
    { name: 'toString', members: [['__proto__', ask('constructor')]] },
  ]);
  const own = {
    rows: 1,
    tasks: new Map([
      ...scoresFrom(1, { constructor: [[0.9]] }).tasks,
      ['toString.__proto__', { logits: Float32Array.of(1), activated: Float32Array.of(0.7) }],
    ]),
  };
  const [prediction] = predict(hostile.layout, decide(hostile.layout, own, initialThresholds(hostile.flow.tasks)));
  expect(JSON.stringify(prediction)).toBe('{"constructor":true,"toString":{"__proto__":true}}');
  expect(Object.getPrototypeOf(prediction)).toBe(Object.prototype);
});

/** Any scores: a fixed sequence, different for every unit. */
function someScores(
  tasks: readonly { readonly path: string; readonly kind: TaskKind }[],
  rows: number,
  seed: number,
): Scores {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
  const values = tasks.map(({ path, kind }) => {
    const activated = Float32Array.from({ length: rows * kind.units }, next);
    return [path, { logits: activated, activated }] as const;
  });
  return { rows, tasks: new Map(values) };
}

test('random flows: a leaf is null exactly where a naive recursion over the decoded values says that it does not apply', () => {
  fc.assert(
    fc.property(randomFlow, fc.nat(), ({ graph, flow }, seed) => {
      const layout = layoutOf(flow);
      const rows = 6;
      const given = someScores(flow.tasks, rows, seed);
      const thresholds = initialThresholds(flow.tasks);
      const decoded = decode(layout, given, thresholds);
      const gates = decodedGates(layout, decoded);
      const leaves = naiveLeaves(graph);
      const predictions = predict(layout, decide(layout, given, thresholds));
      for (let row = 0; row < rows; row++) {
        const labels: Record<string, Label> = {};
        for (const { task, offset } of layout.slots) {
          const value = task.kind.value(decoded, row * layout.width + offset);
          // the naive recursion reads labels as a user writes them: flags in class order for a multilabel
          labels[task.path] =
            typeof value === 'object' ? CLASSES.map((name) => Reflect.get(value as object, name)) : (value as Label);
        }
        for (const leaf of leaves) {
          const expected = applies(leaves, leaf, labels);
          expect(gates.isOpen(leaf.node.path, row)).toBe(expected);
          expect(at(predictions[row], leaf.node.path) !== null).toBe(expected);
        }
        checkFlows(graph.root, predictions[row]);
      }
    }),
    { numRuns: 150 },
  );
});

function at(prediction: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce((value: unknown, name) => (value === null ? null : (value as FlowPrediction)[name]), prediction);
}

/** A flow without a condition is an object even when nothing in it applies. */
function checkFlows(flow: FlowNode, prediction: unknown): void {
  for (const member of flow.members) {
    if (member.type !== 'flow' || member.condition !== null) continue;
    expect(typeof at(prediction, member.name)).toBe('object');
    expect(at(prediction, member.name)).not.toBe(null);
  }
}
