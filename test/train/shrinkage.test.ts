/** @file L1 and L2, coupled and decoupled: the formulas written out by hand on every engine, and rule 5 under each. */
import { expect, test } from 'vitest';
import { gradientPort } from '../../src/data/ports.js';
import { traced } from '../../src/engine/onnx/program.js';
import { splitSweeps } from '../../src/engine/onnx/sweep/plan.js';
import type { EngineName, Optimizer } from '../../src/index.js';
import { adam, adamW, binary, Project, sgd, tf, vector } from '../../src/index.js';
import { type Bench, bench, bytes } from '../support/training.js';

const RATE = 0.1;
const WEIGHTS = [0.5, -0.3, 0.02, -0.015, 0.004, 0, -0.2, 1.1];
const INPUTS = 3;

/** Two logistic regressions on the inputs themselves. The third input is always 0: only what shrinks moves its weights. */
function logistic(options: { optimizer: Optimizer; engine?: EngineName; clipNorm?: number }): Promise<Bench> {
  const { resolved } = new Project({
    name: 'logistic',
    inputs: { x: vector({ size: INPUTS, standardise: false }) },
    tasks: { a: binary(), b: binary() },
    backbone: ({ x }) => ({ features: tf.layers.activation({ activation: 'linear' }).apply(x) as tf.SymbolicTensor }),
  }).flow('full', (task, x) => [task.a(x.features), task.b(x.features)]);
  const backbone = ({ x }: Readonly<Record<string, tf.SymbolicTensor>>) => ({
    features: tf.layers.activation({ activation: 'linear' }).apply(x as tf.SymbolicTensor) as tf.SymbolicTensor,
  });
  return bench({ flow: resolved, backbone, learningRate: RATE, ...options });
}

const BATCHES = [
  [
    { x: [1, -2, 0], a: true, b: false },
    { x: [0.5, 1, 0], a: false, b: true },
  ],
  [{ x: [-1, 0.3, 0], a: true, b: null }],
  [
    { x: [2, 1, 0], a: false, b: true },
    { x: [1, 1, 0], a: true, b: null },
  ],
  [{ x: [0.1, -0.7, 0], a: true, b: true }],
] as const;

interface Formula {
  readonly kind: 'sgd' | 'adam';
  readonly l1?: number;
  readonly l2?: number;
  readonly l1Decay?: number;
  readonly decay?: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
}

/** One parameter, as PyTorch's documentation writes its update, with the penalties' gradients added by hand. */
function textbook({ kind, l1 = 0, l2 = 0, l1Decay = 0, decay = 0, momentum = 0, nesterov = false }: Formula) {
  let [m, v, t] = [0, 0, 0];
  return (gradient: number, start: number): number => {
    const g = gradient + l1 * Math.sign(start) + l2 * start;
    let w = start * (1 - RATE * decay);
    if (kind === 'sgd') {
      m = momentum * m + g;
      w -= RATE * (nesterov ? g + momentum * m : m);
    } else {
      t++;
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      w -= (RATE * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
    }
    return Math.sign(w) * Math.max(Math.abs(w) - RATE * l1Decay, 0);
  };
}

/** Both regressions in float64; a task without a label in a batch takes no step. */
function naive(formula: Formula): number[] {
  const weights = [...WEIGHTS]; // kernel [input][task], then the biases
  const updates = weights.map(() => textbook(formula));
  for (const batch of BATCHES) {
    for (const [task, name] of (['a', 'b'] as const).entries()) {
      const rows = batch.filter((row) => row[name] !== null);
      if (rows.length === 0) continue;
      const places = [0, 1, 2, 3].map((i) => 2 * i + task);
      const gradients = places.map(() => 0);
      for (const row of rows) {
        const inputs = [...row.x, 1];
        const logit = inputs.reduce((sum, x, i) => sum + x * Number(weights[places[i] as number]), 0);
        const error = 1 / (1 + Math.exp(-logit)) - Number(row[name]);
        inputs.forEach((x, i) => {
          gradients[i] = Number(gradients[i]) + (error * x) / rows.length;
        });
      }
      places.forEach((place, i) => {
        weights[place] = updates[place]?.(Number(gradients[i]), Number(weights[place])) ?? Number.NaN;
      });
    }
  }
  return weights;
}

async function start(run: Bench): Promise<void> {
  const data = Float32Array.from(WEIGHTS);
  await run.state.write({
    'head/features/kernel': { shape: [INPUTS, 2], dtype: 'float32', data: data.slice(0, 2 * INPUTS) },
    'head/features/bias': { shape: [2], dtype: 'float32', data: data.slice(2 * INPUTS) },
  });
}

async function weightsOf(run: Bench): Promise<number[]> {
  const state = await run.state.read();
  return ['kernel', 'bias'].flatMap((name) => [...(state[`head/features/${name}`]?.data ?? [])]);
}

const CASES: readonly [string, Optimizer, Formula][] = [
  ['sgd, coupled L1', sgd({ l1: 0.2 }), { kind: 'sgd', l1: 0.2 }],
  ['sgd, coupled L2 is its weight decay', sgd({ l2: 0.2, weightDecay: 0.1 }), { kind: 'sgd', l2: 0.2 + 0.1 }],
  ['sgd, decoupled L1', sgd({ l1Decay: 0.15 }), { kind: 'sgd', l1Decay: 0.15 }],
  [
    'sgd with momentum, both coupled',
    sgd({ momentum: 0.9, l1: 0.05, l2: 0.3 }),
    { kind: 'sgd', momentum: 0.9, l1: 0.05, l2: 0.3 },
  ],
  [
    'sgd with Nesterov, both decoupled',
    sgd({ momentum: 0.5, nesterov: true, weightDecay: 0.4, decoupledWeightDecay: true, l1Decay: 0.1 }),
    { kind: 'sgd', momentum: 0.5, nesterov: true, decay: 0.4, l1Decay: 0.1 },
  ],
  ['adam, coupled L1', adam({ l1: 0.1 }), { kind: 'adam', l1: 0.1 }],
  ['adam, coupled L2', adam({ l2: 0.1 }), { kind: 'adam', l2: 0.1 }],
  ['adam, decoupled L1', adam({ l1Decay: 0.2 }), { kind: 'adam', l1Decay: 0.2 }],
  [
    'adamW, all four',
    adamW({ l1: 0.02, l2: 0.05, l1Decay: 0.12, weightDecay: 0.3 }),
    { kind: 'adam', l1: 0.02, l2: 0.05, l1Decay: 0.12, decay: 0.3 },
  ],
];

for (const engine of ['cpu', 'onnx', 'wasm'] as const) {
  test.each(CASES)(`${engine}, %s: the formulas by hand, zeros included`, async (_, optimizer, formula) => {
    const run = await logistic({ optimizer, engine });
    await start(run);
    for (const batch of BATCHES)
      await run.step(
        batch.map((row) => ({ ...row })),
        2,
      );
    const [ours, theirs] = [await weightsOf(run), naive(formula)];
    for (const [i, value] of theirs.entries()) expect(ours[i], `weight ${i}`).toBeCloseTo(value, 5);
    expect(ours.map((value) => value === 0)).toEqual(theirs.map((value) => value === 0));
    // the case says something: another strength would give other weights
    const none = naive({ ...formula, l1: 0, l2: 0, l1Decay: 0, decay: 0 });
    expect(Math.max(...theirs.map((value, i) => Math.abs(value - Number(none[i]))))).toBeGreaterThan(0.005);
    await run.engine.dispose();
  });
}

test('soft thresholding stops at exactly 0 and stays; a coupled L1 hovers', async () => {
  const unused = [4, 5]; // of the third input
  const zeros = async (optimizer: Optimizer): Promise<number[]> => {
    const run = await logistic({ optimizer });
    await run.state.write({
      'head/features/kernel': { shape: [3, 2], dtype: 'float32', data: Float32Array.of(1, 1, 1, 1, 0.055, -0.055) },
    });
    for (let i = 0; i < 12; i++) await run.step([{ x: [1, 1, 0], a: i % 2 === 0, b: i % 2 === 1 }]);
    return (await weightsOf(run)).filter((_, i) => unused.includes(i));
  };
  expect(await zeros(adam({ l1Decay: 0.1 }))).toEqual([0, 0]);
  expect(await zeros(sgd({ l1Decay: 0.1 }))).toEqual([0, 0]);
  for (const value of await zeros(sgd({ l1: 0.1 }))) expect(Math.abs(value)).toBeGreaterThan(1e-4);
});

test('an optimizer that names no L1 or L2 has none', async () => {
  const { l1: _, l2: __, l1Decay: ___, ...older } = sgd({ weightDecay: 0.1 });
  const trained = async (optimizer: Optimizer): Promise<number[]> => {
    const run = await logistic({ optimizer });
    await start(run);
    await run.step([{ x: [1, -2, 0], a: true, b: false }]);
    return weightsOf(run);
  };
  expect(await trained(older)).toEqual(await trained(sgd({ weightDecay: 0.1 })));
});

const STRONG = { l1: 0.1, l2: 0.2, l1Decay: 0.3, weightDecay: 0.4 };
const strong: readonly [string, Optimizer][] = [
  ['sgd', sgd({ momentum: 0.9, nesterov: true, ...STRONG })],
  ['decoupled sgd', sgd({ momentum: 0.9, decoupledWeightDecay: true, ...STRONG })],
  ['adamW', adamW(STRONG)],
];

for (const engine of ['cpu', 'onnx', 'wasm'] as const) {
  test.each(strong)(
    `${engine}, %s: a task without labels keeps values and moments to the bit`,
    async (_, optimizer) => {
      const run = await logistic({ optimizer, engine, clipNorm: 0.5 });
      await start(run);
      await run.step([{ x: [1, 2, 3], a: true, b: false }]);
      const before = await run.state.read();
      await run.step([{ x: [3, -1, 2], a: false, b: null }]);
      const after = await run.state.read();
      let compared = 0;
      for (const [name, { data, shape }] of Object.entries(before)) {
        if (!/head\/features/.test(name)) continue;
        data.forEach((value, i) => {
          const isOfB = i % (shape.at(-1) ?? 1) === 1;
          compared += Number(isOfB);
          if (isOfB) expect(Object.is(after[name]?.data[i], value), `${name}[${i}]`).toBe(true);
        });
      }
      expect(compared).toBe((INPUTS + 1) * (1 + optimizer.moments.length) + optimizer.gateSlots.length);
      expect(bytes(after, 'head/features/kernel')).not.toBe(bytes(before, 'head/features/kernel'));
      await run.engine.dispose();
    },
  );
}

test('a group says its own strengths: the biases are left out when it says so', async () => {
  const groups = [{ parameters: '**bias', l1: 0, l2: 0, l1Decay: 0, weightDecay: 0 }];
  for (const [make, more] of [
    [sgd, { decoupledWeightDecay: true }],
    [adamW, {}],
  ] as const) {
    const none = { l1: 0, l2: 0, l1Decay: 0, weightDecay: 0 };
    const biases = async (optimizer: Optimizer): Promise<number[]> => {
      const run = await logistic({ optimizer });
      await start(run);
      await run.step([{ x: [1, -2, 0], a: true, b: false }]);
      return (await weightsOf(run)).slice(2 * INPUTS);
    };
    const free = await biases(make(none));
    expect(await biases(make({ ...STRONG, ...more, groups }))).toEqual(free);
    expect(await biases(make({ ...STRONG, ...more }))).not.toEqual(free);
  }
  // one head of a fused one
  const one = await logistic({ optimizer: sgd({ groups: [{ tasks: 'b', l1Decay: 0.5 }] }) });
  const plain = await logistic({ optimizer: sgd() });
  for (const run of [one, plain]) {
    await start(run);
    await run.step([{ x: [1, -2, 0], a: true, b: false }]);
  }
  const [some, all] = [await weightsOf(one), await weightsOf(plain)];
  const soft = (w: number): number => Math.sign(w) * Math.max(Math.abs(w) - RATE * 0.5, 0);
  for (const [i, value] of all.entries()) expect(some[i]).toBeCloseTo(i % 2 === 0 ? value : soft(value), 6);
});

test.each(strong)('%s: the whole update of a kernel is one sweep of the compiled step', async (_, optimizer) => {
  const { program } = await logistic({ optimizer });
  const first = program.initialState();
  const specs = (tensors: typeof first) =>
    Object.fromEntries(Object.entries(tensors).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
  const batch: Record<string, { shape: readonly number[]; dtype: 'float32' }> = {
    counts: { shape: [2], dtype: 'float32' },
    'hyper/learningRate': { shape: [], dtype: 'float32' },
  };
  for (const name of ['head/features/kernel', 'head/features/bias']) {
    batch[gradientPort(name)] = { shape: first[name]?.shape ?? [], dtype: 'float32' };
  }
  const { graph } = await traced(program.apply, specs(first), batch);
  const { graph: rest, sweeps } = splitSweeps(graph);
  const ofKernel = sweeps.find(({ results }) => results.some(({ state }) => state === 'head/features/kernel'));
  const replaced = ofKernel?.results.map(({ state }) => state).sort();
  expect(replaced).toEqual(
    ['head/features/kernel', ...optimizer.moments.map((name) => `optimizer/${name}/head/features/kernel`)].sort(),
  );
  // nothing of the kernel's size is computed outside
  const large = rest.nodes.filter(({ op, outputs }) => op !== 'Identity' && String(outputs[0]?.shape) === '3,2');
  expect(large.map(({ op }) => op)).toEqual([]);
});
