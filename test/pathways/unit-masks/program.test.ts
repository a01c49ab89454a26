/** @file The step that trains masks: its slopes beside differences of a naive network, what moves, and what rests. */
import { expect, test } from 'vitest';
import { scalar } from '../../../src/data/batches.js';
import type { EngineState, HostTensors } from '../../../src/engine/engine.js';
import { createEngine } from '../../../src/engine/select.js';
import { binary, Project, regression, vector } from '../../../src/index.js';
import { type Backbone, buildNetwork } from '../../../src/model/network.js';
import { maskableUnits } from '../../../src/pathways/unit-masks/maskable.js';
import { maskProgram } from '../../../src/pathways/unit-masks/program.js';
import { uniforms } from '../../../src/random.js';
import { layoutOf } from '../../../src/tasks/layout.js';
import { tf } from '../../../src/tf.js';
import { hyperTensors } from '../../../src/train/hyper.js';

const ROWS = 7;
const UNITS = 7;

function setting() {
  const { resolved, backbone } = new Project({
    name: 'step',
    inputs: { x: vector({ size: 3, standardise: false }) },
    tasks: { yes: binary(), size: regression({ standardise: false }) },
    backbone: ({ x }) => {
      const dense = (units: number) =>
        tf.layers.dense({ units, activation: 'tanh', biasInitializer: 'glorotUniform' as 'zeros' });
      const a = tf.layers.batchNormalization().apply(dense(4).apply(x));
      const dropped = tf.layers.dropout({ rate: 0.5 }).apply(a);
      return { f: dense(3).apply(dropped) as tf.SymbolicTensor };
    },
  }).flow('all', (task, x) => [task.yes(x.f), task.size(x.f)]);
  const layout = layoutOf(resolved);
  const network = buildNetwork({ flow: resolved, layout, backbone: backbone as unknown as Backbone, seed: 4 });
  const facts = { network, pathways: [], tasks: new Set([0, 1]), paths: ['yes', 'size'], include: null, exclude: [] };
  return { layout, network, maskable: maskableUnits(facts) };
}

const x = uniforms({ seed: 1, stream: 'x', counter: 0 }, ROWS * 3);
const targets = Float32Array.from({ length: ROWS * 2 }, (_, i) => (i % 2 === 0 ? Number(i % 4 === 0) : i / 7));
/** Rows 1 and 4 lack the first label, row 6 both. */
const counted = Float32Array.from({ length: ROWS * 2 }, (_, i) => (i === 2 || i === 8 || i >= 12 ? 0 : 1));
const counts = [0, 1].map((task) => counted.filter((_, i) => i % 2 === task).reduce((sum, value) => sum + value, 0));

function batchOf({ layout }: ReturnType<typeof setting>, alpha: number, temperature: number): HostTensors {
  const floats = (shape: readonly number[], data: Float32Array) => ({ shape, dtype: 'float32', data }) as const;
  return {
    'input/x': floats([ROWS, 3], x),
    targets: floats([ROWS, 2], targets),
    mask: floats([ROWS, 2], counted),
    counts: floats([2], Float32Array.from(counts)),
    ...hyperTensors(layout, { learningRate: 0.01 }),
    'unitMasks/alpha': scalar(alpha),
    'unitMasks/temperature': scalar(temperature),
  };
}

type Made = ReturnType<typeof setting>;

/** The masked network and its loss in float64, one mask a row. */
function naiveLoss({ network }: Made, masks: readonly (readonly number[])[]): number {
  const weights = network.read();
  const at = (name: string): ArrayLike<number> => weights[name]?.data ?? [];
  const names = network.tensors.map(({ name }) => name);
  const [kernel1 = '', bias1 = ''] = names.filter((name) => /^backbone\/dense[^/]*\//.test(name));
  const [kernel2 = '', bias2 = ''] = names.filter((name) => /^backbone\/dense[^/]*\//.test(name)).slice(2);
  const through = (values: readonly number[], kernel: string, bias: string): number[] =>
    Array.from(at(bias), (start, unit) =>
      values.reduce((sum, value, i) => sum + value * (at(kernel)[i * at(bias).length + unit] ?? 0), start),
    );
  let total = 0;
  for (let row = 0; row < ROWS; row++) {
    const mask = masks[row] ?? [];
    const first = through([...x.subarray(row * 3, row * 3 + 3)], kernel1, bias1).map(Math.tanh);
    const normalised = first.map((value) => value / Math.sqrt(1 + 1e-3)); // averages and scales as drawn: 0 and 1
    const seen = normalised.map((value, unit) => value * (mask[unit] ?? 0));
    const second = through(seen, kernel2, bias2).map((value, unit) => Math.tanh(value) * (mask[4 + unit] ?? 0));
    const logits = through(second, 'head/f/kernel', 'head/f/bias');
    const [y = 0, size = 0] = targets.subarray(row * 2, row * 2 + 2);
    const [logit = 0, given = 0] = logits;
    if (counted[row * 2] === 1) total += (Math.log(1 + Math.exp(logit)) - y * logit) / (counts[0] ?? 1);
    if (counted[row * 2 + 1] === 1) total += (given - size) ** 2 / (counts[1] ?? 1);
  }
  return total;
}

async function opened(engineName: 'cpu' | 'onnx' | 'wasm', samples: number, penalty: 'sum' | 'mean' | 'expected') {
  const made = setting();
  const { network, layout, maskable } = made;
  const program = maskProgram({ network, layout, maskable, tasks: new Set([0, 1]), samples, penalty, head: null });
  const engine = await createEngine(engineName);
  const logits = Float32Array.from({ length: UNITS }, (_, i) => (i - 3) / 4);
  const state = await engine.createState({ ...network.read(), ...program.initialState(logits) });
  return { ...made, program, engine, logits, state, step: engine.compile(program.step) };
}

const GRADIENT = 'unitMasks/optimizer/first/unitMasks/logits'; // Adam's first sum, after one step, is the gradient

async function valuesOf(state: EngineState, name: string): Promise<number[]> {
  return Array.from((await state.read([name]))[name]?.data ?? []);
}

/** Draws of a step in float64, `[samples][units]`: noise and hard masks. */
function draws(samples: number, logits: Float32Array, key: { seed: number; counter: number }) {
  const draw = (stream: string) => uniforms({ ...key, stream }, samples * UNITS);
  const [first, second] = [draw('unitMasks/first'), draw('unitMasks/second')];
  return Array.from({ length: samples }, (_, sample) =>
    Array.from(logits, (logit, unit) => {
      const place = sample * UNITS + unit;
      const noise = Math.log(Math.log((first[place] ?? 0) + 1e-10) / Math.log((second[place] ?? 0) + 1e-10));
      return { above: logit - noise, mask: logit > noise ? 1 : 0 };
    }),
  );
}

test.each([
  ['one mask', 1],
  ['three masks, which do not divide the 7 rows', 3],
  ['more masks than rows', 9],
] as const)('%s: the slopes of logits are s(1 - s) / T times those of the masks, and α more', async (_, samples) => {
  const [alpha, temperature] = [0.03, 0.7];
  for (const engineName of ['cpu', 'onnx', 'wasm'] as const) {
    const made = await opened(engineName, samples, 'sum');
    const key = { seed: 5, counter: 3 };
    const outputs = await made.step.run(made.state, batchOf(made, alpha, temperature), key);
    const drawn = draws(samples, made.logits, key);
    const masksWith = (sample: number, unit: number, change: number) =>
      Array.from({ length: ROWS }, (_, row) => {
        const own = Math.floor((row * samples) / ROWS);
        return (drawn[own] ?? []).map(({ mask }, i) => mask + (own === sample && i === unit ? change : 0));
      });
    expect(outputs.loss?.data[0]).toBeCloseTo(naiveLoss(made, masksWith(-1, -1, 0)), 4);
    const sum = made.logits.reduce((total, value) => total + value, 0);
    expect(outputs.penalty?.data[0]).toBeCloseTo(alpha * sum, 6);
    const gradient = await valuesOf(made.state, GRADIENT);
    for (let unit = 0; unit < UNITS; unit++) {
      let naive = alpha;
      for (const [sample, of] of drawn.entries()) {
        const s = 1 / (1 + Math.exp(-(of[unit]?.above ?? 0) / temperature));
        const [up, down] = [1e-4, -1e-4].map((change) => naiveLoss(made, masksWith(sample, unit, change)));
        naive += ((((up ?? 0) - (down ?? 0)) / 2e-4) * s * (1 - s)) / temperature;
      }
      expect(gradient[unit], `${engineName}, unit ${unit}`).toBeCloseTo(naive, 4);
    }
    made.step.dispose();
    made.state.dispose();
  }
});

test.each([
  ['mean', (l: number) => 1 / UNITS + 0 * l],
  ['expected', (l: number) => (1 / (1 + Math.exp(-l))) * (1 - 1 / (1 + Math.exp(-l)))],
] as const)('the penalty %s is added once a step, with its own slope', async (penalty, slope) => {
  const gradients = [];
  for (const alpha of [0, 0.5]) {
    const made = await opened('cpu', 2, penalty);
    await made.step.run(made.state, batchOf(made, alpha, 1), { seed: 5, counter: 3 });
    gradients.push(await valuesOf(made.state, GRADIENT));
  }
  const [without = [], by = []] = gradients;
  for (const [unit, value] of by.entries()) {
    expect(value - (without[unit] ?? 0)).toBeCloseTo(0.5 * slope((unit - 3) / 4), 5);
  }
});

test('every weight of the network stays to the bit, averages included; only the masks’ own tensors move', async () => {
  for (const engineName of ['cpu', 'onnx', 'wasm'] as const) {
    const made = await opened(engineName, 2, 'sum');
    const before = await made.state.read();
    for (let counter = 0; counter < 3; counter++) {
      await made.step.run(made.state, batchOf(made, 0.1, 1), { seed: 1, counter });
    }
    const after = await made.state.read();
    const moved = Object.keys(after).filter((name) => !same(after[name]?.data, before[name]?.data));
    expect(moved.sort()).toEqual(
      Object.keys(after)
        .filter((name) => name.startsWith('unitMasks/'))
        .sort(),
    );
    expect(Object.keys(made.network.read()).some((name) => name.includes('moving'))).toBe(true);
  }
});

const same = (a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.length === b.length &&
  Array.from(a).every((value, i) => Object.is(value, b[i]));

test('dropout is off: two steps of equal draws and weights have equal losses, and so does a network without it', async () => {
  const made = await opened('cpu', 1, 'sum');
  const key = { seed: 5, counter: 3 };
  const outputs = await made.step.run(made.state, batchOf(made, 0, 1), key);
  const masks = draws(1, made.logits, key)[0]?.map(({ mask }) => mask) ?? [];
  expect(outputs.loss?.data[0]).toBeCloseTo(
    naiveLoss(
      made,
      Array.from({ length: ROWS }, () => masks),
    ),
    4,
  );
});
