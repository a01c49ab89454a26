/**
 * @file Passes change what a graph costs, never what it computes: random graphs, made of the patterns that passes look
 * for and of ones that only look alike, are run by a plain interpreter before and after. The numbers are halves of
 * small whole numbers, so every sum is exact in any order.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Builder, createBuilder } from '../../../src/engine/onnx/builder.js';
import {
  createValue,
  dataOf,
  type Graph,
  int,
  ints,
  sameShape,
  sizeOf,
  type Value,
} from '../../../src/engine/onnx/graph.js';
import * as o from '../../../src/engine/onnx/ops.js';
import { dropExpansions } from '../../../src/engine/onnx/passes/broadcasts.js';
import { joinChains } from '../../../src/engine/onnx/passes/chains.js';
import { shareSubexpressions } from '../../../src/engine/onnx/passes/common-subexpressions.js';
import { foldConstants } from '../../../src/engine/onnx/passes/constants.js';
import { removeDeadNodes } from '../../../src/engine/onnx/passes/dead-nodes.js';
import { fuseBias } from '../../../src/engine/onnx/passes/gemm-bias.js';
import { removeIdentities } from '../../../src/engine/onnx/passes/identities.js';
import { optimise } from '../../../src/engine/onnx/passes/index.js';
import { sinkTransposes } from '../../../src/engine/onnx/passes/layout.js';
import { maskPooledGradients } from '../../../src/engine/onnx/passes/pool-masks.js';
import { sharePoolMaxima } from '../../../src/engine/onnx/passes/pool-maxima.js';
import { matchRanks } from '../../../src/engine/onnx/passes/ranks.js';
import { simplifyReluMasks } from '../../../src/engine/onnx/passes/relu-masks.js';
import { interpret, type Tensor } from './interpreter.js';

/** Numbers that decide one step: which, on what, and how. */
type Choice = readonly [number, number, number, number];

interface Growing {
  readonly g: Builder;
  /** float32, what later steps work on. */
  readonly pool: Value[];
  readonly leaf: (shape: readonly number[]) => Value;
}

/** A step adds nothing where its operand does not suit it. */
type Grow = (growing: Growing, x: Value, a: number, b: number) => Value | null;

const pick = <T>(list: readonly T[], i: number): T => list[i % list.length] as T; // no list here is empty
const bit = (bits: number, axis: number): boolean => ((bits >> axis) & 1) === 1;
const numbers = (count: number, a: number): number[] =>
  Array.from({ length: count }, (_, i) => (((i + 1) * (a + 3) * 7919) % 13) / 2 - 3);

const ORDERS = [
  [0, 2, 3, 1],
  [0, 3, 1, 2],
  [0, 1, 3, 2],
  [3, 2, 0, 1],
] as const;
const orderOf = (rank: number, a: number): readonly number[] => {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return rank === 4 ? pick(ORDERS, a) : [...axes.slice(a % (rank || 1)), ...axes.slice(0, a % (rank || 1))];
};

const BINARY = [o.add, o.sub, o.mul, o.maximum, o.minimum] as const;
const COMPARISONS = [o.greater, o.greaterEqual, o.less, o.lessEqual, o.equal] as const;
const SPECIAL = [0, 1, 2, -1, 0.5] as const;
const numeric = (g: Builder, x: Value): Value => o.cast(g, x, 'float32');

/** From the last axis on, each size is the other's, or one of them is 1. */
const broadcasts = (a: Value, b: Value): boolean =>
  [...a.shape].reverse().every((size, i) => {
    const other = b.shape.at(-1 - i) ?? 1;
    return size === 1 || other === 1 || size === other;
  });

/** The operand's shape, some axes of it 1 and some leading ones left out. */
const partOf = (shape: readonly number[], a: number, b: number): number[] =>
  shape.map((size, axis) => (bit(a, axis) ? 1 : size)).slice(b % (shape.length + 1));

const unaries: Grow = ({ g }, x, a) => o.unary(g, pick(['Relu', 'Neg', 'Abs', 'Identity'], a), x);
const transposes: Grow = ({ g }, x, a) => o.transpose(g, x, orderOf(x.shape.length, a));
const turnsBack: Grow = ({ g }, x, a) => {
  const order = orderOf(x.shape.length, a);
  const turned = o.unary(g, 'Relu', o.transpose(g, x, order));
  return o.transpose(
    g,
    turned,
    order.map((_, axis) => order.indexOf(axis)),
  );
};
const withNumber: Grow = ({ g }, x, a, b) => {
  const number = pick(SPECIAL, a);
  const shape = partOf(x.shape, 127, b);
  const constant = bit(a, 3)
    ? g.constant('float32', shape, dataOf('float32', [number]))
    : o.filled(g, x.shape, number, 'float32');
  if (bit(b, 3) && number > 0) return bit(b, 4) ? o.div(g, x, constant) : number === 1 ? o.pow(g, x, constant) : null;
  return bit(b, 4) ? pick(BINARY, b)(g, constant, x) : pick(BINARY, b)(g, x, constant);
};
const withLeaf: Grow = ({ g, leaf }, x, a, b) => {
  const other = leaf(bit(b, 5) ? [2, ...x.shape] : partOf(x.shape, a, b));
  return bit(b, 3) ? pick(BINARY, b)(g, other, x) : pick(BINARY, b)(g, x, other);
};
const withOther: Grow = ({ g, pool }, x, a, b) => {
  const other = pool.filter(({ shape }) => sameShape(shape, x.shape)).at(-1 - (a % 4));
  // A product of two would soon leave the numbers that are exact.
  return other === undefined ? null : pick([o.add, o.sub, o.maximum, o.minimum], b)(g, x, other);
};
const reshapes: Grow = ({ g }, x, a) => {
  const size = sizeOf(x.shape);
  return o.reshape(g, x, pick([[size], [1, ...x.shape], [size, 1], [x.shape[0] ?? 1, size / (x.shape[0] ?? 1)]], a));
};
const expands: Grow = ({ g, leaf }, x, a) =>
  bit(a, 0)
    ? o.expand(g, x, [2, ...x.shape])
    : o.expand(g, leaf(x.shape.map((size, axis) => (bit(a, axis + 1) ? 1 : size))), x.shape);
const reduces: Grow = ({ g }, x, a, b) => {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => bit(a, axis));
  return o.reduce(g, pick(['ReduceSum', 'ReduceMax'], b), x, bit(b, 2) ? axes.reverse() : axes, bit(b, 1));
};
const concats: Grow = ({ g, pool }, x, a, b) => {
  const other = pool.filter(({ shape }) => sameShape(shape, x.shape)).at(-1 - (a % 3));
  const rank = x.shape.length;
  if (other === undefined || rank === 0) return null;
  const axis = a % rank;
  const shape = x.shape.map((size, other) => (other === axis ? 2 * size : size));
  return g.op('Concat', [x, other], 'float32', shape, { axis: int(bit(b, 0) ? axis - rank : axis) });
};
const products: Grow = ({ g, leaf, pool }, x, a, b) => {
  const [rows = 1, inner = 1] = x.shape;
  if (x.shape.length !== 2) return null;
  const product = o.gemm(g, x, leaf([inner, 2]));
  if (bit(b, 0)) pool.push(product);
  const bias = leaf(pick([[2], [1, 2], [rows, 1], [rows, 2], [1], [], [3, rows, 2], [1, 1, 2]], a));
  const shape = pick(
    [
      [rows, 2],
      [1, rows, 2],
      [rows, 1, 2],
      [1, 1, rows, 2],
    ] as const,
    b >> 2,
  );
  const made = o.reshape(g, product, shape);
  if (!broadcasts(made, bias)) return null;
  return bit(b, 1) ? o.add(g, bias, made) : o.add(g, made, bias);
};
const convolutions: Grow = ({ g, leaf }, x, a, b) => {
  const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
  if (x.shape.length !== 4 || height < 2) return null;
  const shape = [batch, 3, height - 1, width];
  const product = g.op('Conv', [x, leaf([3, channels, 2, 1])], 'float32', shape);
  const bias = leaf(pick([[3, 1, 1], [1, 3, 1, 1], [height - 1, 1], [3, 1], [width], [1], [1, 1, 3, 1, 1]], a));
  if (!broadcasts(product, bias)) return null;
  return bit(b, 0) ? o.add(g, bias, product) : o.add(g, product, bias);
};
const reluMasks: Grow = ({ g, leaf, pool }, x, a, b) => {
  const y = o.unary(g, 'Relu', x);
  if (bit(a, 0)) pool.push(y);
  const asked = bit(a, 1) ? x : y;
  const chosen = o.where(
    g,
    o.greater(g, asked, bit(a, 2) ? 0.5 : 0),
    g.scalar(bit(a, 3) ? 2 : 1, 'float32'),
    g.scalar(bit(a, 4) ? 1 : 0, 'float32'),
  );
  const step = o.where(g, o.test(g, 'IsNaN', asked), asked, chosen);
  return bit(b, 0) ? o.mul(g, step, leaf(x.shape)) : o.mul(g, leaf(x.shape), step);
};
const pooled: Grow = ({ g, leaf, pool }, x, a, b) => {
  const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
  if (x.shape.length !== 4 || height % 2 !== 0 || width % 2 !== 0) return null;
  const shape = [batch, channels, height / 2, width / 2];
  const window = { kernel_shape: ints([2, 2]) };
  const values = g.op('MaxPool', [x], 'float32', shape, window);
  if (bit(a, 0)) pool.push(values);
  const [, places] = g.ops(
    'MaxPool',
    [x],
    [
      { type: 'float32', shape },
      { type: 'int64', shape },
    ],
    window,
  );
  if (places === undefined) return null;
  const spread = g.op('MaxUnpool', [leaf(shape), places, g.int64s(x.shape)], 'float32', x.shape, window);
  if (bit(a, 1))
    return o.reduce(g, 'ReduceSum', spread, pick([[0, 2, 3], [2, 3], [1, 2, 3], [0, 2], [3], [0, 1]], b), bit(a, 2));
  const open = numeric(g, o.greater(g, bit(a, 2) ? leaf(x.shape) : x, bit(a, 3) ? 0.5 : 0));
  return bit(b, 0) ? o.mul(g, spread, open) : o.mul(g, open, spread);
};
const constants: Grow = ({ g }, x, a, b) => {
  const shape = partOf(x.shape, a, b);
  const constant = g.constant('float32', shape, dataOf('float32', numbers(sizeOf(shape), a)));
  const other = g.constant('float32', shape.slice(1), dataOf('float32', numbers(sizeOf(shape.slice(1)), b)));
  return pick(BINARY, b)(g, bit(a, 4) ? o.unary(g, pick(['Neg', 'Abs'], b), constant) : constant, other);
};
const casts: Grow = ({ g }, x, a) => numeric(g, o.cast(g, x, pick(['bool', 'int32', 'float64'] as const, a)));
const comparisons: Grow = ({ g, leaf }, x, a, b) =>
  numeric(g, pick(COMPARISONS, a)(g, x, bit(b, 0) ? leaf(partOf(x.shape, a, b)) : pick(SPECIAL, b)));
const choices: Grow = ({ g, leaf }, x, a, b) =>
  bit(a, 0) ? o.where(g, o.greater(g, x, 0), leaf(partOf(x.shape, a, b)), x) : o.clip(g, x, -1, pick([1, 0.5], b));
/** The node before once more, so that there is something to share. */
const repeats: Grow = ({ g }) => {
  const last = g.nodes.at(-1);
  const [output] = last?.outputs ?? [];
  if (last?.outputs.length !== 1 || output?.type !== 'float32') return null;
  return g.op(last.op, last.inputs, output.type, output.shape, last.attributes);
};

const STEPS: readonly Grow[] = [
  ...[unaries, transposes, turnsBack, withNumber, withLeaf, withOther, reshapes, expands, reduces, concats, products],
  ...[convolutions, reluMasks, pooled, constants, casts, comparisons, choices, repeats, transposes, transposes],
];

function grow(choices: readonly Choice[], shape: readonly number[]): { graph: Graph; given: Map<Value, Tensor> } {
  const g = createBuilder();
  const given = new Map<Value, Tensor>();
  const leaf = (size: readonly number[]): Value => {
    const value = createValue('float32', size);
    given.set(value, { shape: size, data: numbers(sizeOf(size), given.size) });
    return value;
  };
  const pool = [leaf(shape)];
  for (const [step, on, a, b] of choices) {
    // Mostly the newest value, so that patterns stack.
    const x = pool.at(-1 - (on < 70 ? 0 : on % pool.length));
    const made = x === undefined ? null : pick(STEPS, step)({ g, pool, leaf }, x, a, b);
    if (made !== null && sizeOf(made.shape) <= 300 && made.shape.length <= 5) pool.push(made);
  }
  const ports = (prefix: string, values: readonly Value[]) =>
    values.map((value, i) => ({ name: `${prefix}${i}`, value }));
  const graph = {
    name: 'f',
    inputs: ports('x', [...given.keys()]),
    outputs: ports('y', pool.slice(-3)),
    nodes: [...g.nodes],
  };
  return { graph, given };
}

const choice = fc.tuple(fc.nat(STEPS.length - 1), fc.nat(99), fc.nat(63), fc.nat(63));
const shapes = fc.constantFrom([2, 4, 2, 3], [2, 2, 4, 4], [1, 3, 2, 2], [3, 2], [2, 3, 4], [4, 1], [2, 3, 1], [5], []);

const PASSES = {
  optimise,
  dropExpansions,
  joinChains,
  shareSubexpressions,
  foldConstants,
  removeDeadNodes,
  fuseBias,
  removeIdentities,
  sinkTransposes,
  maskPooledGradients,
  sharePoolMaxima,
  matchRanks,
  simplifyReluMasks,
};

describe('random graphs compute the same', () => {
  test('after each pass, and after all of them', () => {
    fc.assert(
      fc.property(fc.array(choice, { maxLength: 12 }), shapes, (choices, shape) => {
        const { graph, given } = grow(choices, shape);
        const before = interpret(graph, given);
        for (const [name, pass] of Object.entries(PASSES)) {
          const after = pass(graph);
          const isSame =
            after.nodes.length === graph.nodes.length && after.nodes.every((node, i) => node === graph.nodes[i]);
          if (!isSame) expect({ [name]: interpret(after, given) }).toEqual({ [name]: before });
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
