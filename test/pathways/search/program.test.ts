/** @file The step of edge-popup: its slopes beside differences of a naive network; which weights masks are made of. */
import { expect, test } from 'vitest';
import type { HostTensors } from '../../../src/engine/engine.js';
import { createEngine } from '../../../src/engine/select.js';
import { binary, Project, regression, vector } from '../../../src/index.js';
import { type Backbone, buildNetwork } from '../../../src/model/network.js';
import { firstScores, highestMask, maskPools, randomMask, wholeMask } from '../../../src/pathways/search/pools.js';
import { maskPort, scoreName, scoreProgram } from '../../../src/pathways/search/program.js';
import { uniforms } from '../../../src/random.js';
import { layoutOf } from '../../../src/tasks/layout.js';
import { tf } from '../../../src/tf.js';
import { hyperTensors } from '../../../src/train/hyper.js';

const ROWS = 7;
const [FIRST, SECOND] = ['backbone/first/kernel', 'backbone/second/kernel'] as const;

function setting(sparsity = 0.5) {
  const { resolved, backbone } = new Project({
    name: 'step',
    inputs: { x: vector({ size: 3, standardise: false }) },
    tasks: { yes: binary(), size: regression({ standardise: false }) },
    backbone: ({ x }) => {
      const dense = (units: number, name: string) =>
        tf.layers.dense({ units, name, activation: 'tanh', biasInitializer: 'glorotUniform' as 'zeros' });
      return { f: dense(3, 'second').apply(dense(4, 'first').apply(x)) as tf.SymbolicTensor };
    },
  }).flow('all', (task, x) => [task.yes(x.f), task.size(x.f)]);
  const layout = layoutOf(resolved);
  const network = buildNetwork({ flow: resolved, layout, backbone: backbone as unknown as Backbone, seed: 4 });
  const facts = { network, tasks: new Set([0, 1]), seenOf: () => null, include: null, exclude: [], sparsity };
  return { layout, network, facts, pools: maskPools(facts) };
}

type Made = ReturnType<typeof setting>;

const x = uniforms({ seed: 1, stream: 'x', counter: 0 }, ROWS * 3);
const targets = Float32Array.from({ length: ROWS * 2 }, (_, i) => (i % 2 === 0 ? Number(i % 4 === 0) : i / 7));
/** Rows 1 and 4 lack the first label, row 6 both. */
const counted = Float32Array.from({ length: ROWS * 2 }, (_, i) => (i === 2 || i === 8 || i >= 12 ? 0 : 1));
const counts = [0, 1].map((task) => counted.filter((_, i) => i % 2 === task).reduce((sum, value) => sum + value, 0));

/** The masked network and its loss in float64. */
function naiveLoss({ network }: Made, masks: ReadonlyMap<string, ArrayLike<number>>): number {
  const weights = network.read();
  const through = (values: readonly number[], layer: string): number[] => {
    const [kernel, bias] = [weights[`${layer}/kernel`]?.data ?? [], weights[`${layer}/bias`]?.data ?? []];
    const mask = masks.get(`${layer}/kernel`);
    return Array.from(bias, (start, unit) =>
      values.reduce((sum, value, i) => {
        const place = i * bias.length + unit;
        return sum + value * (kernel[place] ?? 0) * (mask?.[place] ?? 1);
      }, start),
    );
  };
  let total = 0;
  for (let row = 0; row < ROWS; row++) {
    const first = through([...x.subarray(row * 3, row * 3 + 3)], 'backbone/first').map(Math.tanh);
    const [logit = 0, given = 0] = through(through(first, 'backbone/second').map(Math.tanh), 'head/f');
    const [y = 0, size = 0] = targets.subarray(row * 2, row * 2 + 2);
    if (counted[row * 2] === 1) total += (Math.log(1 + Math.exp(logit)) - y * logit) / (counts[0] ?? 1);
    if (counted[row * 2 + 1] === 1) total += (given - size) ** 2 / (counts[1] ?? 1);
  }
  return total;
}

test.each(['cpu', 'onnx', 'wasm'] as const)(
  '%s: a score’s slope is that of its mask, of weights that are out as well',
  async (name) => {
    const made = setting();
    const { network, layout, pools } = made;
    const program = scoreProgram({ network, layout, tasks: new Set([0, 1]), pools });
    const scores = firstScores(pools, 3);
    const mask = highestMask(pools, scores);
    const engine = await createEngine(name);
    const weights = network.read();
    const state = await engine.createState({ ...weights, ...program.initialState(scores) });
    const step = engine.compile(program.step);
    const floats = (shape: readonly number[], data: Float32Array) => ({ shape, dtype: 'float32', data }) as const;
    const batch: HostTensors = {
      'input/x': floats([ROWS, 3], x),
      targets: floats([ROWS, 2], targets),
      mask: floats([ROWS, 2], counted),
      counts: floats([2], Float32Array.from(counts)),
      ...hyperTensors(layout, { learningRate: 0.01 }),
      ...Object.fromEntries(
        pools.map(({ name: own, shape }) => [maskPort(own), floats(shape, Float32Array.from(mask.get(own) ?? []))]),
      ),
    };
    const outputs = await step.run(state, batch, { seed: 0, counter: 0 });
    expect(outputs.loss?.data[0]).toBeCloseTo(naiveLoss(made, mask), 5);
    const after = await state.read();
    for (const { name: own } of pools) {
      // Adam's first sum, after one step, is the gradient.
      const gradient = after[`unitMasks/optimizer/first/${scoreName(own)}`]?.data ?? [];
      const moved = after[scoreName(own)]?.data ?? [];
      for (let place = 0; place < gradient.length; place++) {
        const at = (change: number) => {
          const values = Array.from(mask.get(own) ?? []);
          values[place] = (values[place] ?? 0) + change;
          return naiveLoss(made, new Map<string, ArrayLike<number>>([...mask, [own, values]]));
        };
        const slope = (at(1e-4) - at(-1e-4)) / 2e-4;
        expect(gradient[place]).toBeCloseTo(slope, 4);
        const before = scores.get(own)?.[place] ?? 0;
        if (Math.abs(slope) > 1e-3) expect(moved[place]).toBeCloseTo(before - 0.01 * Math.sign(slope), 4); // Adam's first step
      }
    }
    for (const [own, { data }] of Object.entries(weights)) expect(after[own]?.data, own).toEqual(data);
    step.dispose();
    state.dispose();
  },
);

test.each([
  [0, 12, 12],
  [0.5, 6, 6],
  [0.3, 9, 9],
  [0.99, 1, 1],
])('a sparsity of %f leaves out as many of each kernel as it says, rounded down', (sparsity, first, second) => {
  const { pools } = setting(sparsity);
  const sizes = (mask: ReadonlyMap<string, Uint8Array>) =>
    [...mask.values()].map((own) => own.reduce((sum, one) => sum + one, 0));
  expect(pools.map(({ name, kept }) => [name, kept])).toEqual([
    [FIRST, first],
    [SECOND, second],
  ]);
  for (const mask of [randomMask(pools, 0, 0), highestMask(pools, firstScores(pools, 0))])
    expect(sizes(mask)).toEqual([first, second]);
  expect(sizes(wholeMask(pools))).toEqual([12, 12]);
});

test('masks are drawn within what is seen; equal numbers draw equal masks, kernels of one size different ones', () => {
  const { facts } = setting();
  const seen = Uint8Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? 0 : 1));
  const pools = maskPools({ ...facts, seenOf: (name) => (name === FIRST ? seen : null) });
  expect(pools.map(({ kept }) => kept)).toEqual([4, 6]);
  for (let number = 0; number < 20; number++) {
    const mask = randomMask(pools, 5, number);
    expect(mask.get(FIRST)?.every((value, i) => value <= (seen[i] ?? 0))).toBe(true);
    expect(randomMask(pools, 5, number)).toEqual(mask);
  }
  const plain = maskPools(facts);
  const texts = Array.from({ length: 20 }, (_, number) => [...randomMask(plain, 5, number).values()].map(String));
  expect(new Set(texts.map(String)).size).toBeGreaterThan(15);
  expect(texts.filter(([a, b]) => a === b).length).toBeLessThan(3);
});

test('the highest scores stay, of equal ones the first', () => {
  const { pools } = setting();
  const scores = new Map([
    [FIRST, Float32Array.of(5, 1, 5, 1, 5, 1, 5, 1, 5, 1, 0, 0)],
    [SECOND, new Float32Array(12)],
  ]);
  const mask = highestMask(pools, scores);
  expect([...(mask.get(FIRST) ?? [])]).toEqual([1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0]);
  expect([...(mask.get(SECOND) ?? [])]).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
});
