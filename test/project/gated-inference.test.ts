/** @file Gated inference: branches run on the rows that are let in, with the numbers of the whole network, to the bit. */
import { expect, test } from 'vitest';
import { bindInputs } from '../../src/data/inputs.js';
import { asTable } from '../../src/data/table.js';
import { createEngine, type EngineName } from '../../src/engine/select.js';
import { decode } from '../../src/evaluate/decode.js';
import { gatedDecisions } from '../../src/evaluate/gated-decisions.js';
import { applies } from '../../src/flow/truth.js';
import { binary, classification, Project, regression, vector } from '../../src/index.js';
import { createLock } from '../../src/project/lock.js';
import { Model } from '../../src/project/model.js';
import { createNoteChannel } from '../../src/project/notes/channel.js';
import { uniforms } from '../../src/random.js';
import { createScorer, type ScoreSource } from '../../src/score/scorer.js';
import type { TaskKind } from '../../src/tasks/kind.js';
import { tf } from '../../src/tf.js';

/** `rare` gates a branch, which gates a second one; `side` asks about a task on its own feature, so it cannot wait. */
function project() {
  return new Project({
    name: 'branches',
    inputs: { x: vector({ size: 12 }), y: vector({ size: 3 }) },
    tasks: {
      rare: binary(),
      colour: classification({ classes: ['red', 'green', 'blue'] }),
      size: regression(),
      own: binary(),
      asksOwn: regression(),
    },
    backbone: ({ x, y }) => {
      const dense = (units: number, input: tf.SymbolicTensor) =>
        tf.layers.dense({ units, activation: 'tanh' }).apply(input) as tf.SymbolicTensor;
      const shared = dense(16, x);
      const branch = dense(24, shared);
      const both = tf.layers.concatenate().apply([branch, y]) as tf.SymbolicTensor;
      return {
        shared: dense(8, shared),
        branch: dense(8, both),
        deep: dense(40, dense(20, y)),
        side: dense(4, shared),
      };
    },
  }).flow('full', (task, x) => {
    const rare = task.rare(x.shared);
    const colour = task.colour(x.branch).given(rare);
    const own = task.own(x.side).given(rare);
    return [rare, colour, task.size(x.deep).given(colour.is('red')), own, task.asksOwn(x.side).given(own)];
  });
}

function rowsOf(count: number) {
  const numbers = uniforms({ seed: 5, stream: 'rows', counter: 0 }, count * 15).map((value) => value * 4 - 2);
  return Array.from({ length: count }, (_, i) => ({
    x: Array.from(numbers.subarray(i * 15, i * 15 + 12)),
    y: Array.from(numbers.subarray(i * 15 + 12, i * 15 + 15)),
  }));
}

/** The whole network on all rows. */
async function scored(name: EngineName, { network, layout }: Model, source: ScoreSource) {
  const engine = await createEngine(name);
  const scorer = createScorer(engine, network, layout, 256);
  return scorer.score(await engine.createState(network.read()), source);
}

for (const engine of ['onnx', 'cpu'] satisfies EngineName[]) {
  test(`${engine}: branches run on open rows only, and say what the whole network says, bit for bit`, async () => {
    const { resolved: flow, backbone } = project();
    const model = new Model({ flow, backbone, seed: 4, lock: createLock('branches') });
    const call = () => ({
      snapshot: model.snapshot(),
      options: { engine },
      notes: createNoteChannel(() => {}).open(undefined),
    });
    const { parts } = model.network;
    expect(parts?.trunk.features).toEqual(['shared', 'side']);
    expect(parts?.branches.map((part) => part.name)).toEqual(['branch', 'deep']);
    if (parts === null) return;
    // a threshold under which about one row in eight is let in
    const whole0 = await scored(engine, model, bindInputs(asTable(rowsOf(300)), flow.graph.inputs));
    const sorted = Float32Array.from(whole0.tasks.get('rare')?.activated ?? []).sort();
    model.keepThresholds(new Map([['rare', [((sorted[262] as number) + (sorted[263] as number)) / 2]]]));

    const source = bindInputs(asTable(rowsOf(300)), flow.graph.inputs);
    const whole = await scored(engine, model, source);
    const { scores: gated } = await model.scoring.decide(call(), source);
    const { layout, thresholds } = model;
    const decoded = decode(layout, whole, thresholds);
    const offsetOf = (path: string) => layout.slot(path).offset;
    const open = applies(flow, { rows: 300, width: layout.width, values: decoded, present: null, offsetOf });
    let kept = 0;
    for (const { task, index } of layout.slots) {
      for (let row = 0; row < 300; row++) {
        if (open[row * layout.slots.length + index] === 0) continue;
        kept++;
        const { units } = task.kind;
        for (const name of ['logits', 'activated'] as const) {
          const own = (scores: typeof gated) =>
            Array.from(scores.tasks.get(task.path)?.[name].subarray(row * units, (row + 1) * units) ?? []);
          expect(own(gated)).toEqual(own(whole));
        }
      }
    }
    expect(kept).toBeGreaterThan(300 + 37);

    const ran: [string, number][] = [];
    await gatedDecisions(
      {
        layout,
        parts,
        thresholds,
        scorePart: async (part, { rows }) => {
          ran.push([part.name, rows]);
          if (part.name !== 'trunk') return { rows, tasks: new Map(), elementLosses: null, given: {} };
          const trunkTasks = new Map([...whole.tasks].filter(([path]) => flow.task(path).feature !== 'branch'));
          const given = Object.fromEntries(
            [...part.gives].map(([name, symbol]) => {
              const shape = symbol.shape.slice(1).map(Number);
              return [name, { shape, values: new Float32Array(rows * shape.reduce((a, b) => a * b, 1)) }];
            }),
          );
          return { rows, tasks: trunkTasks, elementLosses: null, given };
        },
      },
      source,
    );
    expect(ran[0]).toEqual(['trunk', 300]);
    expect(ran[1]).toEqual(['branch', 37]);
  });
}

/** Counts the rows that each task's kind decodes, over all its calls. */
function countingDecodes() {
  const decoded = new Map<string, number>();
  const counting = <K extends TaskKind>(name: string, kind: K): K => ({
    ...kind,
    decode: (scores, thresholds) => {
      decoded.set(name, (decoded.get(name) ?? 0) + scores.rows);
      return kind.decode(scores, thresholds);
    },
  });
  return { decoded, counting };
}

test('each score is decoded once, on the rows that were scored, whatever the number of branches', async () => {
  const { decoded, counting } = countingDecodes();
  const project = new Project({
    name: 'fan',
    inputs: { x: vector({ size: 12 }) },
    tasks: {
      root: counting('root', binary()),
      a: counting('a', binary()),
      b: counting('b', binary()),
      c: counting('c', binary()),
    },
    backbone: ({ x }) => {
      const dense = () => tf.layers.dense({ units: 3, activation: 'tanh' }).apply(x) as tf.SymbolicTensor;
      return { root: dense(), a: dense(), b: dense(), c: dense() };
    },
  }).flow('full', (task, x) => {
    const root = task.root(x.root);
    return [root, task.a(x.a).given(root), task.b(x.b).given(root), task.c(x.c).given(root)];
  });
  const rows = rowsOf(200).map(({ x }) => ({ x }));
  const predictions = await project.predict(rows, { engine: 'cpu' });
  const open = predictions.filter(({ root }) => root).length;
  expect(open).toBeGreaterThan(0);
  expect(open).toBeLessThan(200);
  expect(Object.fromEntries(decoded)).toEqual({ root: 200, a: open, b: open, c: open });
});

test('predictions of many rows equal those of few, which run the whole network', async () => {
  const declared = project();
  const rows = rowsOf(150);
  const many = await declared.predict(rows, { probabilities: true });
  const few = [
    ...(await declared.predict(rows.slice(0, 50), { probabilities: true })),
    ...(await declared.predict(rows.slice(50, 100), { probabilities: true })),
    ...(await declared.predict(rows.slice(100), { probabilities: true })),
  ];
  expect(many).toEqual(few);
});
