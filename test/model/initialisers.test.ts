/** @file Initialisers: their numbers beside their formulas, by the project's seed, and through files. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type BlockSparseOptions, initializers, type SparseOptions } from '../../src/entry/layers.js';
import { binary, HeadgateError, Project, tf, vector } from '../../src/index.js';
import { savedAndLoaded, values } from './masked/layers.js';

// chance, the same at every run (Park and Miller's generator)
beforeEach(() => {
  let state = 1;
  vi.spyOn(Math, 'random').mockImplementation(() => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  });
});
afterEach(() => vi.restoreAllMocks());

type Initializer = ReturnType<typeof initializers.normal>;
const drawn = (initializer: Initializer, shape: number[]): number[] => values(initializer.apply(shape));
const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const deviation = (numbers: readonly number[]): number =>
  Math.sqrt(mean(numbers.map((x) => x * x)) - mean(numbers) ** 2);
const kept = (numbers: readonly number[]): number => numbers.filter((x) => x !== 0).length;

test('Sparana’s Xavier has the deviation √(3 / (I + O)), a float its own', () => {
  const cases: [Initializer, number[], number][] = [
    [initializers.sparanaXavier(), [200, 100], Math.sqrt(3 / 300)],
    [initializers.sparanaXavier({ seed: 4 }), [40, 260], Math.sqrt(3 / 300)],
    [initializers.sparanaXavier(), [3, 3, 16, 40], Math.sqrt(3 / (9 * 56))],
    [initializers.normal(0.02), [200, 100], 0.02],
  ];
  for (const [initializer, shape, expected] of cases) {
    const numbers = drawn(initializer, shape);
    // the standard error of a deviation is deviation / √(2n): within five of them
    expect(Math.abs(deviation(numbers) / expected - 1)).toBeLessThan(5 / Math.sqrt(2 * numbers.length));
    expect(Math.abs(mean(numbers) / expected)).toBeLessThan(5 / Math.sqrt(numbers.length));
    // normal and not cut off: 4.6 % lie beyond two deviations
    const beyond = numbers.filter((x) => Math.abs(x) > 2 * expected).length / numbers.length;
    expect(Math.abs(beyond - 0.0455)).toBeLessThan(0.012);
  }
  const seeded = initializers.sparanaXavier({ seed: 0 }); // tfjs takes a seed of 0 for none
  expect(drawn(seeded, [3, 2])).toEqual(drawn(seeded, [3, 2]));
});

test('a list of arrays: these very values, layer by layer', () => {
  const given = [
    {
      kernel: [
        [1, -2],
        [0.5, 4],
      ],
      bias: [0.1, 0.2],
    },
    { kernel: [[3], [-1]], bias: [7] },
  ];
  const layers = given.map(({ kernel, bias }, i) =>
    tf.layers.dense({
      units: bias.length,
      ...(i === 0 ? { inputShape: [2] } : {}),
      kernelInitializer: initializers.values(kernel),
      biasInitializer: initializers.values(bias),
    }),
  );
  const model = tf.sequential({ layers });
  const expected = given.flatMap(({ kernel, bias }) => [...kernel.flat(), ...bias]).map(Math.fround);
  expect(values(model.getWeights())).toEqual(expected);
});

test.each([
  [{ density: 0.1 }, [50, 40], 200],
  [{ density: 1 }, [5, 4], 20],
  [{ density: 0.001 }, [5, 4], 1], // one stays at least
  [{ epsilon: 5 }, [50, 40], 5 * 90],
  [{ epsilon: 5 }, [4, 3], 12], // small kernels are dense
  [{ epsilon: 2 }, [3, 3, 8, 16], 2 * 30],
] satisfies [SparseOptions, number[], number][])(
  'sparse %o of %o keeps exactly %i weights',
  (options, shape, count) => {
    for (let i = 0; i < 3; i++) expect(kept(drawn(initializers.sparse(options), shape))).toBe(count);
  },
);

test('sparse places are uniform, and differ from draw to draw', () => {
  const initializer = initializers.sparse({ density: 0.25, of: 'ones' });
  const counts = Array<number>(40).fill(0);
  for (let i = 0; i < 400; i++)
    for (const [at, x] of drawn(initializer, [8, 5]).entries()) if (x !== 0) counts[at] = (counts[at] ?? 0) + 1;
  // 400 draws at 0.25: 100 with a deviation of 8.7
  for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(45);
});

test.each<[string, (of: Initializer) => Initializer]>([
  ['sparse', (of) => initializers.sparse({ density: 0.1, of })],
  ['Erdős–Rényi', (of) => initializers.sparse({ epsilon: 8, of })],
  ['blocks', (of) => initializers.blockSparse({ density: 0.2, block: 4, of })],
])('%s: outputs have the variance of those of the dense kernel', (_, make) => {
  const dense = () => tf.initializers.randomNormal({ mean: 0, stddev: 0.3 });
  const x = tf.randomNormal([256, 120], 0, 1, 'float32', 1);
  const variance = (initializer: Initializer): number =>
    deviation(values(x.matMul(initializer.apply([120, 80]) as tf.Tensor2D))) ** 2;
  const mean = (make: () => number) => Array.from({ length: 8 }, make).reduce((a, b) => a + b, 0) / 8;
  const [sparse, full] = [mean(() => variance(make(dense()))), mean(() => variance(dense()))];
  expect(Math.abs(sparse / full - 1)).toBeLessThan(0.1);
});

test.each<[BlockSparseOptions['block'], number[], number, [number, number]]>([
  [4, [8, 8], 2, [4, 4]],
  [[2, 3], [8, 9], 6, [2, 3]],
  [[3, 4], [8, 10], 5, [3, 4]], // ragged: 3 × 3 blocks
  [[9, 4], [3, 3, 4, 8], 4, [9, 4]],
])('blocks of %o in %o: %i of them, whole', (block, shape, blocks, [height, width]) => {
  const numbers = drawn(initializers.blockSparse({ density: 0.5, block, of: 'ones' }), shape);
  const columns = Number(shape.at(-1));
  const states = new Map<string, Set<boolean>>();
  for (const [at, x] of numbers.entries()) {
    const name = `${Math.floor(Math.floor(at / columns) / height)},${Math.floor((at % columns) / width)}`;
    states.set(name, (states.get(name) ?? new Set()).add(x !== 0));
  }
  for (const state of states.values()) expect(state.size).toBe(1);
  expect([...states.values()].filter((state) => state.has(true))).toHaveLength(blocks);
  const scale = Math.sqrt(numbers.length / kept(numbers));
  for (const x of numbers) if (x !== 0) expect(x).toBeCloseTo(scale, 5);
});

const backbones = {
  sparanaXavier: () => initializers.sparanaXavier(),
  normal: () => initializers.normal(0.5),
  sparse: () => initializers.sparse({ density: 0.5 }),
  blockSparse: () => initializers.blockSparse({ density: 0.5, block: 2 }),
};

test.each(Object.entries(backbones))('%s: the project’s seed draws it, whatever the seed of fit', (_, make) => {
  const first = (seed: number) => {
    const project = new Project({
      name: 'seeded',
      inputs: { x: vector({ size: 6 }) },
      tasks: { a: binary() },
      backbone: ({ x }) => ({
        features: tf.layers.dense({ units: 8, name: 'stem', kernelInitializer: make() }).apply(x) as tf.SymbolicTensor,
      }),
      seed,
      onNote: () => {},
    }).flow('full', (task, x) => [task.a(x.features)]);
    return [...(project.weights()['backbone/stem/kernel']?.data ?? [])];
  };
  expect(first(1)).toHaveLength(48);
  expect(first(1)).toEqual(first(1));
  expect(first(1)).not.toEqual(first(2));
});

test('an extraction of layers that begin with given values has fewer of them', async () => {
  const kernel = Array.from({ length: 6 }, (_, i) => Array.from({ length: 8 }, (_, j) => Math.sin(8 * i + j)));
  const project = new Project({
    name: 'given',
    inputs: { x: vector({ size: 6, standardise: false }) },
    tasks: { a: binary(), b: binary() },
    backbone: ({ x }) => {
      const layer = tf.layers.dense({ units: 8, name: 'stem', kernelInitializer: initializers.values(kernel) });
      return { features: layer.apply(x) as tf.SymbolicTensor };
    },
    onNote: () => {},
  }).flow('full', (task, x) => [task.a(x.features), task.b(x.features)]);
  expect([...(project.weights()['backbone/stem/kernel']?.data ?? [])]).toEqual(kernel.flat().map(Math.fround));
  await project.pathways.assign({ method: 'random', granularity: 'unit', sparsity: 0.5 });
  const { project: small } = await project.extract(['a'], { onNote: () => {} });
  const [own] = small.model.getLayer('stem').getWeights();
  expect(Number(own?.shape[1])).toBeLessThan(8);
  const given = kernel.map((row) => row.map(Math.fround));
  const columns = given[0]?.map((_, j) => String(given.map((row) => row[j])));
  const left = values(own as tf.Tensor);
  const count = Number(own?.shape[1]);
  for (let j = 0; j < count; j++) expect(columns).toContain(String(left.filter((_, at) => at % count === j)));
});

const written: readonly Initializer[] = [
  initializers.sparanaXavier({ seed: 3 }),
  initializers.sparanaXavier(),
  initializers.normal(0.25),
  initializers.values([
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [9, 10, 11, 12],
  ]),
  initializers.sparse({ epsilon: 1, seed: 5, of: tf.initializers.constant({ value: 2 }) }),
  initializers.sparse({ density: 0.25, of: 'heNormal' }),
  initializers.blockSparse({ density: 0.5, block: [1, 2], seed: 5, of: 'ones' }),
];

test.each(written.map((initializer) => [initializer.getClassName(), initializer] as const))(
  '%s: a model that has it is saved and loaded, and the initialiser written again',
  async (name, initializer) => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 4, inputShape: [3], kernelInitializer: initializer })],
    });
    const loaded = await savedAndLoaded(model);
    expect(values(loaded.getWeights())).toEqual(values(model.getWeights()));
    const again = loaded.layers[0]?.getConfig().kernelInitializer as { className: string; config: object };
    expect(again.className).toBe(name);
    const own = name.startsWith('Headgate');
    const text = (config: object) => JSON.stringify(config, (_, value: unknown) => value ?? undefined); // tfjs writes null
    if (own) expect(text(again.config)).toBe(text(initializer.getConfig()));
    const [Own] = tf.serialization.SerializationMap.getMap().classNameMap[name] ?? [];
    const made = new (Own as unknown as new (config: object) => Initializer)(again.config); // so tfjs makes it
    const seeded = own && 'seed' in initializer.getConfig();
    if (seeded) expect(drawn(made, [3, 4])).toEqual(drawn(initializer, [3, 4]));
  },
);

test.each<[() => unknown, string]>([
  [() => initializers.normal(0), 'initializers.normal'],
  [() => initializers.normal(Number.NaN), 'initializers.normal'],
  [() => initializers.sparse({}), 'initializers.sparse'],
  [() => initializers.sparse({ density: 0.5, epsilon: 2 }), 'initializers.sparse'],
  [() => initializers.sparse({ density: 0 }), 'initializers.sparse.density'],
  [() => initializers.sparse({ density: 1.1 }), 'initializers.sparse.density'],
  [() => initializers.sparse({ epsilon: 0 }), 'initializers.sparse.epsilon'],
  [() => initializers.sparse({ density: 0.5, of: 'glorotNorml' }), 'initializers.sparse.of'],
  [() => initializers.blockSparse({ density: 0.5, block: 0 }), 'initializers.blockSparse.block'],
  [() => initializers.blockSparse({ density: 0.5, block: [2] as never }), 'initializers.blockSparse.block'],
  [() => initializers.blockSparse({ density: 0.5, block: [2, 2, 2] as never }), 'initializers.blockSparse.block'],
  [() => initializers.sparanaXavier({ sed: 1 } as never), 'initializers.sparanaXavier.sed'],
  [() => initializers.values([[1, 2], [3]]), 'initializers.values[1]'],
  [() => initializers.values([[1, Number.NaN]]), 'initializers.values[0][1]'],
  [() => initializers.values([]), 'initializers.values'],
])('%s is refused where it stands', (make, path) => {
  let error: unknown;
  try {
    make();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(HeadgateError);
  expect(error).toMatchObject({ code: 'INVALID_OPTIONS', path });
});

test('values of another shape are refused when the layer is built', () => {
  const layer = tf.layers.dense({ units: 2, kernelInitializer: initializers.values([[1, 2]]) });
  expect(() => layer.build([null, 3])).toThrow(/WRONG_SHAPE at initializers\.values.*\n.*\[3, 2\]\n.*\[1, 2\]/);
});
