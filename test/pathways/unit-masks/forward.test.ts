/** @file A hard mask on rows that read units, beside the same network with its activations multiplied, layer by layer. */
import { expect, test } from 'vitest';
import { onBackend } from '../../../src/engine/backend.js';
import type { HostTensors, Tensors } from '../../../src/engine/engine.js';
import type { Network } from '../../../src/model/network.js';
import { maskableUnits, throughMask } from '../../../src/pathways/unit-masks/maskable.js';
import { materialise } from '../../../src/pathways/unit-masks/result.js';
import { uniforms } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';
import { apply, type Body, networkOf } from '../../support/networks.js';

/** Multiplies the last axis, or nothing. */
class Multiplied extends tf.layers.Layer {
  static readonly className = 'TestMultiplied';
  readonly factors: readonly number[];

  constructor(factors: readonly number[]) {
    super({ trainable: false });
    this.factors = factors;
  }

  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x] = [inputs].flat();
    if (x === undefined) throw new Error('no input');
    return x.mul(tf.tensor1d([...this.factors]));
  }
}

/** What reads units: called just in front of each layer that does. */
type Read = (units: string, x: tf.SymbolicTensor, positions?: number) => tf.SymbolicTensor;
type MaskedBody = (read: Read) => Body;

const { layers } = tf;
const dense = (name: string, units: number, activation: 'relu' | 'tanh' | 'sigmoid' | 'linear' = 'relu') =>
  layers.dense({ name, units, activation, biasInitializer: 'glorotUniform' as 'zeros' });

const bodies: Readonly<Record<string, MaskedBody>> = {
  'dense layers, whose activations are not 0 at 0': (read) => (x) => {
    const a = apply(dense('a', 5, 'sigmoid'), x);
    return { f: read('b', apply(dense('b', 4, 'sigmoid'), read('a', a))) };
  },
  'batch normalisation behind an activation': (read) => (x) => {
    const a = apply(layers.batchNormalization({ name: 'norm' }), apply(dense('a', 5, 'tanh'), x));
    return { f: read('b', apply(dense('b', 4), read('a', a))) };
  },
  'a sum that skips a layer': (read) => (x) => {
    const a = apply(dense('a', 5, 'tanh'), x);
    const b = apply(dense('b', 5, 'tanh'), read('a', a));
    return { f: read('a', apply(layers.add(), [a, b])) };
  },
  'units side by side': (read) => (x) => {
    const [a, b] = [apply(dense('a', 3, 'tanh'), x), apply(dense('b', 4, 'tanh'), x)];
    const both = apply(layers.concatenate(), [read('a', a), read('b', b)]);
    return { f: read('c', apply(dense('c', 3, 'tanh'), both)) };
  },
  'a convolution, normalised, pooled and flattened': (read) => (x) => {
    const map = apply(layers.reshape({ targetShape: [4, 4, 1] }), apply(dense('first', 16, 'linear'), x));
    const a = apply(layers.conv2d({ name: 'a', filters: 3, kernelSize: 2, activation: 'sigmoid' }), map);
    const pooled = apply(layers.maxPooling2d({ poolSize: 2, strides: 1 }), apply(layers.batchNormalization({}), a));
    const b = apply(layers.conv2d({ name: 'b', filters: 2, kernelSize: 2, padding: 'same' }), read('a', pooled));
    const flat = read('b', apply(layers.flatten(), b), 4);
    return { f: read('c', apply(dense('c', 3, 'tanh'), flat)) };
  },
  'a separable convolution': (read) => (x) => {
    const map = apply(layers.reshape({ targetShape: [4, 4, 1] }), apply(dense('first', 16, 'linear'), x));
    const a = apply(layers.conv2d({ name: 'a', filters: 3, kernelSize: 2, activation: 'sigmoid' }), map);
    const b = apply(layers.separableConv2d({ name: 'b', filters: 2, kernelSize: 2, depthMultiplier: 2 }), read('a', a));
    return { f: read('b', apply(layers.globalAveragePooling2d({}), b)) };
  },
};

interface Masked {
  readonly network: Network;
  /** By the layer that makes them first. */
  readonly groups: ReadonlyMap<string, readonly number[]>;
}

/** Zeros and ones, some of each where there are more than one. */
function maskFor(network: Network, seed: number): Uint8Array {
  const draws = uniforms({ seed, stream: 'mask', counter: 0 }, network.units().count);
  return Uint8Array.from(draws, (draw) => (draw < 0.5 ? 1 : 0));
}

function brute(body: MaskedBody, { network, groups }: Masked): Network {
  const read: Read = (units, x, positions = 1) => {
    const own = groups.get(units) ?? [];
    return apply(new Multiplied(Array.from({ length: positions }, () => own).flat()), x);
  };
  const reference = networkOf(['f'], body(read));
  reference.write(network.read());
  return reference;
}

const rows = 6;
const inputs = (): Tensors => ({
  x: tf.tensor2d(uniforms({ seed: 9, stream: 'rows', counter: 0 }, rows * 3), [rows, 3]),
});
const specs = { x: { kind: 'vector', shape: [3], scale: 1, columns: null } } as never;

function logitsOf(
  network: Network,
  values: HostTensors,
  effective?: (name: string, value: tf.Tensor) => tf.Tensor,
): number[] {
  return onBackend('cpu', () =>
    tf.tidy(() => {
      const state = Object.fromEntries(
        Object.entries(values).map(([name, { data, shape, dtype }]) => [name, tf.tensor(data, [...shape], dtype)]),
      );
      const { logits } = network.forward({ state, inputs: inputs(), specs, random: null, effective });
      return Array.from(logits.get('f')?.dataSync() ?? []);
    }),
  );
}

const facts = (network: Network) => ({
  ...{ network, pathways: [], paths: ['t_f'], include: null, exclude: [] },
  tasks: new Set([0]),
});

/** The averages of a normalisation begin as 0 and 1: nothing would be seen of them. */
function stir(network: Network): void {
  const values = Object.entries(network.read()).map(([name, value]) => {
    if (!/moving|gamma|beta|bias/.test(name)) return [name, value] as const;
    const drawn = uniforms({ seed: 2, stream: name, counter: 0 }, value.data.length);
    return [name, { ...value, data: drawn.map((draw) => draw + 0.3) }] as const;
  });
  network.write(Object.fromEntries(values));
}

test.each(Object.entries(bodies))(
  '%s: rows that read a unit, times its mask, are its output times its mask',
  (_, body) => {
    const network = networkOf(
      ['f'],
      body((_units, x) => x),
    );
    stir(network);
    const maskable = maskableUnits(facts(network));
    for (const seed of [1, 2, 3]) {
      const units = maskFor(network, seed).map((value, unit) => (maskable.always[unit] === 1 ? 1 : value));
      const groups = new Map(
        network.units().groups.map(({ name, units: own }) => [name, Array.from(own, (unit) => units[unit] ?? 0)]),
      );
      const expected = logitsOf(brute(body, { network, groups }), network.read());
      const actual = logitsOf(network, network.read(), (name, value) =>
        throughMask(maskable, tf.tensor1d(Array.from(maskable.units, (unit) => units[unit] ?? 0)))(name, value),
      );
      expect(actual).toHaveLength(rows);
      for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5);
      const bound = { ...materialise({ tasks: ['t_f'], units }, 'kept'), tasks: [0] };
      const pathway = onBackend('cpu', () => network.withPathways([bound], network.read()));
      const removed = logitsOf(pathway, pathway.read());
      const stored = onBackend('cpu', () => logitsOf(pathway, masked(pathway)));
      for (const [i, value] of expected.entries()) expect(stored[i]).toBeCloseTo(value, 5);
      expect(removed).toHaveLength(rows);
    }
  },
);

/** As `Model.usePathways` leaves them: 0 where nobody sees. */
function masked(network: Network): HostTensors {
  const values = network.read();
  return Object.fromEntries(
    network.tensors.map(({ name, mask }) => {
      const value = values[name];
      const zeros = mask === null ? undefined : values[mask];
      if (value === undefined) throw new Error(name);
      if (zeros === undefined) return [name, value];
      return [name, { ...value, data: Float32Array.from(value.data, (own, i) => own * Number(zeros.data[i])) }];
    }),
  );
}

test('a mask of ones changes no bit', () => {
  for (const body of Object.values(bodies)) {
    const network = networkOf(
      ['f'],
      body((_units, x) => x),
    );
    const maskable = maskableUnits(facts(network));
    const ones = (name: string, value: tf.Tensor) =>
      throughMask(maskable, tf.ones([maskable.units.length]))(name, value);
    expect(logitsOf(network, network.read(), ones)).toEqual(logitsOf(network, network.read()));
  }
});

test('defect: a convolution had a logit for each position. It has one for each filter', () => {
  const body = bodies['a convolution, normalised, pooled and flattened'];
  if (body === undefined) throw new Error('no body');
  const network = networkOf(
    ['f'],
    body((_units, x) => x),
  );
  const graph = network.units();
  const { units, always } = maskableUnits(facts(network));
  const free = graph.groups.filter(({ fixed }) => fixed === null).map(({ name, units: own }) => [name, own.length]);
  expect(Object.fromEntries(free)).toMatchObject({ a: 3, b: 2, c: 3 });
  expect(units.length + always.reduce((sum, value) => sum + value, 0)).toBe(graph.count);
});

test('a separable convolution multiplies what it reads once', () => {
  const body = bodies['a separable convolution'];
  if (body === undefined) throw new Error('no body');
  const { rows: read } = maskableUnits(
    facts(
      networkOf(
        ['f'],
        body((_units, x) => x),
      ),
    ),
  );
  expect([...read.keys()].filter((name) => name.includes('/b/'))).toEqual(['backbone/b/pointwise_kernel']);
});

test('units of layers that are left out, of layers that mix them, and of other tasks are not masked', () => {
  const network = networkOf(['f', 'g'], (x) => {
    const a = apply(dense('a', 5), x);
    const b = apply(layers.softmax({}), apply(dense('b', 4, 'linear'), a));
    return { f: apply(dense('c', 3), b), g: apply(dense('other', 2), a) };
  });
  const names = (maskable: { units: Int32Array }) => [
    ...new Set(
      Array.from(maskable.units, (unit) => network.units().groups.find(({ units }) => units.includes(unit))?.name),
    ),
  ];
  expect(names(maskableUnits(facts(network)))).toEqual(['a', 'c']);
  expect(names(maskableUnits({ ...facts(network), include: ['a'] }))).toEqual(['a']);
  expect(names(maskableUnits({ ...facts(network), exclude: ['a'] }))).toEqual(['c']);
  expect(names(maskableUnits({ ...facts(network), tasks: new Set([1]), paths: ['t_g'] }))).toEqual(['a', 'other']);
  expect(() => maskableUnits({ ...facts(network), include: ['b'] })).toThrow(
    /NOTHING_TO_MASK.*units of a, c, other.*Change `include`/s,
  );
});
