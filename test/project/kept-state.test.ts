/** @file What stays on an engine between calls: one copy of the weights, renewed when they changed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { createEngine } from '../../src/engine/select.js';
import { binary, Project, sgd, tf, vector } from '../../src/index.js';

/** What the engine was asked for since the test began. */
const calls = { created: 0, written: 0, compiled: 0, disposed: 0 };

vi.mock(import('../../src/engine/select.js'), async (original) => {
  const select = await original();
  const spied = new WeakMap<Engine, Engine>();
  const spy = (engine: Engine): Engine => ({
    ...engine,
    createState: async (values) => {
      calls.created++;
      const state = await engine.createState(values);
      const write = state.write.bind(state);
      // The state itself is what the engine knows again.
      return Object.isFrozen(state)
        ? state
        : Object.assign(state, {
            write: (next: typeof values) => {
              calls.written++;
              return write(next);
            },
          });
    },
    compile: (step) => {
      calls.compiled++;
      const compiled = engine.compile(step);
      return {
        ...compiled,
        dispose: () => {
          calls.disposed++;
          compiled.dispose();
        },
      };
    },
  });
  return {
    ...select,
    createEngine: async (name) => {
      const engine = await select.createEngine(name);
      const known = spied.get(engine) ?? spy(engine);
      spied.set(engine, known);
      return known;
    },
  };
});

const rows = Array.from({ length: 4 }, (_, i) => ({ x: [i, 1], open: i > 1 }));
const onNote = () => {};

function declared() {
  return new Project({
    name: 'kept',
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks: { open: binary() },
    backbone: ({ x }) => ({ features: x }),
    onNote,
  }).flow('full', (task, x) => [task.open(x.features)]);
}

const options = { engine: 'onnx' } as const;
const fitting = { ...options, epochs: 1, progress: false, optimizer: sgd({ learningRate: 0.5 }) } as const;

/** σ(x·kernel + bias), computed here from what `project.model` holds. */
function expected(project: ReturnType<typeof declared>): number[] {
  const answers = tf.tidy(() =>
    (project.model.predict(tf.tensor2d(rows.map(({ x }) => x))) as tf.Tensor).sigmoid().dataSync(),
  );
  return [...answers];
}

async function probabilities(project: ReturnType<typeof declared>): Promise<number[]> {
  const predictions = await project.predict(rows, { ...options, probabilities: true });
  return predictions.map(({ open }) => open.probability);
}

async function requireRight(project: ReturnType<typeof declared>): Promise<void> {
  const right = expected(project);
  for (const [i, value] of (await probabilities(project)).entries())
    expect(value).toBeCloseTo(right[i] ?? Number.NaN, 6);
}

beforeEach(async () => {
  await createEngine('onnx');
  Object.assign(calls, { created: 0, written: 0, compiled: 0, disposed: 0 });
});

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('ten predictions copy the weights to the engine once', async () => {
  const project = declared();
  for (let i = 0; i < 10; i++) await requireRight(project);
  await project.explain(rows, options);
  await project.evaluate(rows, options);
  await project.interpret(rows, options);
  await project.tune(rows, options);
  expect(calls).toMatchObject({ created: 1, written: 0, compiled: 2 }); // one step with targets, one without
});

test('the copy is renewed, not made anew, when the weights changed: by project.model, by load, by fit', async () => {
  const project = declared();
  await project.save(join(folder, 'model'));
  await requireRight(project);

  tf.tidy(() => project.model.setWeights([tf.tensor2d([3, -4], [2, 1]), tf.tensor1d([0.5])]));
  await requireRight(project);
  await requireRight(project);
  expect(calls).toMatchObject({ created: 1, written: 1 });

  await project.load(join(folder, 'model'));
  await requireRight(project);
  expect(calls).toMatchObject({ created: 1, written: 2 });

  await project.fit(rows, fitting); // makes a state of its own
  expect(calls).toMatchObject({ created: 2, written: 2 });
  await requireRight(project);
  await requireRight(project);
  expect(calls).toMatchObject({ created: 2, written: 3 });
});

test('compiled steps are dropped after a fit, so that no JavaScript number stays frozen in them', async () => {
  class Times extends tf.layers.Layer {
    static className = 'HeadgateTestTimes';
    factor = 1;
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return [inputs].flat().map((input) => input.mul(this.factor))[0] as tf.Tensor;
    }
  }
  const times = new Times({});
  const project = new Project({
    name: 'frozen',
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks: { open: binary() },
    backbone: ({ x }) => ({ features: times.apply(x) as tf.SymbolicTensor }),
    onNote,
  }).flow('full', (task, x) => [task.open(x.features)]);
  const logit = async () => {
    const [first] = await project.predict([{ x: [1, 0] }], { ...options, probabilities: true });
    const p = first?.open.probability ?? Number.NaN;
    return Math.log(p / (1 - p));
  };
  await project.fit(rows, { ...fitting, optimizer: sgd({ learningRate: 0 }) });
  const before = await logit();
  times.factor = 3;
  expect(await logit()).toBeCloseTo(before, 6); // frozen: the docs say so
  await project.fit(rows, { ...fitting, optimizer: sgd({ learningRate: 0 }) });
  expect(await logit()).toBeCloseTo(3 * before, 5);
});

test('dispose lets go of what is kept', async () => {
  const project = declared();
  await project.predict(rows, options);
  await project.evaluate(rows, options);
  project.dispose();
  expect(calls).toMatchObject({ compiled: 2, disposed: 2 });
});
