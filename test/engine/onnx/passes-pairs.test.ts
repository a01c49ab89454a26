/** @file For each pass a graph that it must change, and ones that look alike and that it must leave as they are. */
import { describe, expect, test } from 'vitest';
import type { Builder } from '../../../src/engine/onnx/builder.js';
import { type Attributes, createValue, int, ints, type Node, type Value } from '../../../src/engine/onnx/graph.js';
import * as o from '../../../src/engine/onnx/ops.js';
import { dropExpansions } from '../../../src/engine/onnx/passes/broadcasts.js';
import { joinChains } from '../../../src/engine/onnx/passes/chains.js';
import { shareSubexpressions } from '../../../src/engine/onnx/passes/common-subexpressions.js';
import { removeDeadNodes } from '../../../src/engine/onnx/passes/dead-nodes.js';
import { removeIdentities } from '../../../src/engine/onnx/passes/identities.js';
import { maskPooledGradients } from '../../../src/engine/onnx/passes/pool-masks.js';
import { sharePoolMaxima } from '../../../src/engine/onnx/passes/pool-maxima.js';
import { matchRanks } from '../../../src/engine/onnx/passes/ranks.js';
import { simplifyReluMasks } from '../../../src/engine/onnx/passes/relu-masks.js';
import { type Build, expectUnchanged, graphOf, operators } from './pass-graphs.js';

const relu = (g: Builder, x: Value): Value => o.unary(g, 'Relu', x);

describe('expansions are dropped', () => {
  test('in front of an elementwise operator', () => {
    expect(operators(dropExpansions, (g, x) => o.mul(g, o.expand(g, x(1, 3), [4, 3]), x(4, 3)))).toEqual(['Mul']);
  });
  test('of a product with ones as well, on either side', () => {
    const ones = (g: Builder): Value => o.filled(g, [4, 3], 1, 'float32');
    expect(operators(dropExpansions, (g, x) => relu(g, o.mul(g, x(1, 3), ones(g))))).toEqual(['Relu', 'Expand']);
    expect(operators(dropExpansions, (g, x) => relu(g, o.mul(g, ones(g), x(1, 3))))).toEqual(['Relu', 'Expand']);
    expectUnchanged(dropExpansions, (g, x) => relu(g, o.mul(g, x(1, 3), x(4, 3))));
    expectUnchanged(dropExpansions, (g, x) => relu(g, o.add(g, x(1, 3), ones(g))));
  });
  test('in front of an operator with an operand left out', () => {
    const clipped: Build = (g, x) =>
      g.op('Clip', [o.expand(g, x(1, 3), [4, 3]), null, g.scalar(1, 'float32')], 'float32', [4, 3]);
    expect(operators(dropExpansions, clipped)).toEqual(['Clip', 'Expand']);
  });
  test('behind it, where nothing else gives the shape', () => {
    expect(operators(dropExpansions, (g, x) => relu(g, o.expand(g, x(1, 3), [4, 3])))).toEqual(['Relu', 'Expand']);
  });
  test('but not in front of a product', () => {
    expectUnchanged(dropExpansions, (g, x) => o.matMul(g, o.expand(g, x(1, 3), [4, 3]), x(3, 2)));
    expectUnchanged(dropExpansions, (g, x) => relu(g, o.mul(g, x(4, 3), 2)));
  });
});

describe('chains are joined', () => {
  test('of reshapes and of transposes', () => {
    expect(operators(joinChains, (g, x) => o.reshape(g, o.reshape(g, x(2, 6), [3, 4]), [12]))).toEqual(['Reshape']);
    const twice: Build = (g, x) => o.transpose(g, o.transpose(g, x(2, 3, 4), [1, 2, 0]), [1, 2, 0]);
    expect(operators(joinChains, twice)).toEqual(['Transpose']);
    expect(removeDeadNodes(joinChains(graphOf(twice))).nodes[0]?.attributes.perm).toEqual(ints([2, 0, 1]));
    expect(operators(joinChains, (g, x) => o.transpose(g, o.transpose(g, x(2, 3, 4), [1, 2, 0]), [2, 0, 1]))).toEqual(
      [],
    );
  });
  test('but not of one after the other', () => {
    expectUnchanged(joinChains, (g, x) => o.reshape(g, o.transpose(g, x(2, 3), [1, 0]), [6]));
    expectUnchanged(joinChains, (g, x) => o.transpose(g, o.reshape(g, x(6), [2, 3]), [1, 0]));
  });
});

describe('equal expressions are shared', () => {
  test('also through equal constants', () => {
    const constant = (g: Builder): Value => g.constant('float32', [2], Float32Array.of(1, 2));
    expect(
      operators(shareSubexpressions, (g, x) => {
        const a = x(2);
        return o.add(g, relu(g, o.mul(g, a, constant(g))), o.unary(g, 'Exp', o.mul(g, a, constant(g))));
      }),
    ).toEqual(['Mul', 'Relu', 'Exp', 'Add']);
  });
  test('but not of other operands, other attributes, other types, or zeros of other signs', () => {
    expectUnchanged(shareSubexpressions, (g, x) => [o.mul(g, x(2), 3), o.mul(g, x(2), 3)]);
    expectUnchanged(shareSubexpressions, (g, x) => {
      const a = x(2, 2, 2);
      return [o.transpose(g, a, [1, 0, 2]), o.transpose(g, a, [0, 2, 1])];
    });
    expectUnchanged(shareSubexpressions, (g, x) => {
      const a = x(2);
      return [o.cast(g, a, 'int32'), o.cast(g, a, 'bool')];
    });
    expectUnchanged(shareSubexpressions, (g, x) => {
      const a = x(2);
      const zero = (value: number): Value => g.constant('float32', [1], Float32Array.of(value));
      return [o.div(g, a, zero(0)), o.div(g, a, zero(-0))];
    });
  });
  test('constants of up to 64 elements by what they hold, larger ones only if they are one', () => {
    const twice =
      (size: number): Build =>
      (g, x) => {
        const a = x(size);
        const constant = (): Value => g.constant('float32', [size], new Float32Array(size).fill(2));
        return o.add(g, o.mul(g, a, constant()), o.mul(g, a, constant()));
      };
    expect(operators(shareSubexpressions, twice(64))).toEqual(['Mul', 'Add']);
    expectUnchanged(shareSubexpressions, twice(65));
    expect(
      operators(shareSubexpressions, (g, x) => {
        const [a, large] = [x(65), g.constant('float32', [65], new Float32Array(65))];
        return o.add(g, o.mul(g, a, large), o.mul(g, a, large));
      }),
    ).toEqual(['Mul', 'Add']);
  });
  test('whatever the order of their attributes, but not of other operator sets, nor with other operands left out', () => {
    const node = (g: Builder, x: Value, own: Partial<Node> = {}): Value => {
      const output = createValue('float32', x.shape);
      g.append({ op: 'Clip', inputs: [x], outputs: [output], attributes: {}, scope: '', ...own });
      return output;
    };
    const pair =
      (first: Partial<Node>, second: Partial<Node>): Build =>
      (g, x) => {
        const a = x(2);
        return o.add(g, node(g, a, first), node(g, a, second));
      };
    const [ab, ba] = [
      { a: int(1), b: int(2) },
      { b: int(2), a: int(1) },
    ];
    expect(operators(shareSubexpressions, pair({ attributes: ab }, { attributes: ba }))).toEqual(['Clip', 'Add']);
    expect(operators(shareSubexpressions, pair({ domain: 'd' }, { domain: 'd' }))).toEqual(['Clip', 'Add']);
    expectUnchanged(shareSubexpressions, pair({ domain: 'd' }, {}));
    expectUnchanged(shareSubexpressions, pair({ domain: 'd' }, { domain: 'e' }));
    expectUnchanged(shareSubexpressions, (g, x) => {
      const [a, bound] = [x(2), g.scalar(1, 'float32')];
      return [node(g, a, { inputs: [a, null, bound] }), node(g, a, { inputs: [a, bound, null] })];
    });
  });
  test('a node of more outputs than the one before it stays', () => {
    expectUnchanged(shareSubexpressions, (g, x) => {
      const a = x(1, 1, 2, 2);
      return [pool(g, a), places(g, a)[1]];
    });
    expect(
      operators(shareSubexpressions, (g, x) => {
        const a = x(1, 1, 2, 2);
        return [places(g, a)[1], pool(g, a)];
      }),
    ).toEqual(['MaxPool']);
  });
});

describe('dead nodes go', () => {
  test('with the inputs that only they read', () => {
    const graph = graphOf((g, x) => {
      const [used, unused] = [x(2), x(2)];
      relu(g, unused);
      return relu(g, used);
    });
    const kept = removeDeadNodes(graph);
    expect([kept.nodes.length, kept.inputs.length]).toEqual([1, 1]);
  });
  test('but not what an output needs through others', () => {
    expectUnchanged(removeDeadNodes, (g, x) => relu(g, o.mul(g, x(2), 3)));
  });
});

describe('identities go', () => {
  test('x + 0, x × 1, x / 1, x ^ 1', () => {
    const all: Build = (g, x) => o.pow(g, o.div(g, o.mul(g, o.add(g, x(2), 0), 1), 1), 1);
    expect(operators(removeIdentities, all)).toEqual([]);
  });
  test('0 + x, 1 × x, x - 0, and what changes neither type, shape nor order', () => {
    const same =
      (op: string, ...attributes: readonly Attributes[]): Build =>
      (g, x) =>
        g.op(op, [x(2, 3)], 'float32', [2, 3], ...attributes);
    for (const op of ['Identity', 'Cast', 'Reshape', 'Expand'])
      expect(operators(removeIdentities, same(op))).toEqual([]);
    expect(operators(removeIdentities, same('Transpose', { perm: ints([0, 1]) }))).toEqual([]);
    expect(operators(removeIdentities, (g, x) => o.add(g, 0, o.mul(g, 1, o.sub(g, x(2), 0))))).toEqual([]);
    expectUnchanged(removeIdentities, same('Transpose', { perm: ints([1, 0]) }));
    expectUnchanged(removeIdentities, same('Relu'));
    expectUnchanged(removeIdentities, (g, x) => g.op('Cast', [x(2, 3)], 'int32', [2, 3]));
    expectUnchanged(removeIdentities, (g, x) => g.op('Reshape', [x(2, 3)], 'float32', [3, 2]));
  });
  test('but not x + 1, x - 1, x × 0, x / 0, x ^ 0, nor of two that are not known', () => {
    const numbers = [o.add, o.sub].map((op) => [op, 1] as const);
    for (const [op, number] of [...numbers, ...[o.mul, o.div, o.pow].map((op) => [op, 0] as const)]) {
      expectUnchanged(removeIdentities, (g, x) => op(g, x(2), number));
      expectUnchanged(removeIdentities, (g, x) => op(g, number, x(2)));
      expectUnchanged(removeIdentities, (g, x) => op(g, x(2), x(2)));
    }
  });
  test('but not 0 - x, 1 / x, 1 ^ x, nor what broadcasts', () => {
    expectUnchanged(removeIdentities, (g, x) => o.sub(g, 0, x(2)));
    expectUnchanged(removeIdentities, (g, x) => o.div(g, 1, x(2)));
    expectUnchanged(removeIdentities, (g, x) => o.pow(g, 1, x(2)));
    expectUnchanged(removeIdentities, (g, x) => o.mul(g, x(2), o.filled(g, [3, 1], 1, 'float32')));
    expectUnchanged(removeIdentities, (g, x) => o.add(g, x(2), 1));
  });
});

const window = { kernel_shape: ints([2, 2]), strides: ints([2, 2]), pads: ints([0, 0, 0, 0]) };
const pool = (g: Builder, x: Value): Value => {
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  return g.op('MaxPool', [x], 'float32', [n, c, h / 2, w / 2], window);
};
const places = (g: Builder, x: Value): readonly [Value, Value] => {
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  const shape = [n, c, h / 2, w / 2];
  const [values, at] = g.ops(
    'MaxPool',
    [x],
    [
      { type: 'float32', shape },
      { type: 'int64', shape },
    ],
    window,
  );
  if (values === undefined || at === undefined) throw new Error('two outputs');
  return [values, at];
};

describe('a pooling and its places come from one node', () => {
  test('over one input', () => {
    expect(
      operators(sharePoolMaxima, (g, x) => {
        const a = x(1, 2, 4, 4);
        return [pool(g, a), places(g, a)[1]];
      }),
    ).toEqual(['MaxPool']);
  });
  test('but not over two, nor where nobody asks for places', () => {
    expectUnchanged(sharePoolMaxima, (g, x) => [pool(g, x(1, 2, 4, 4)), relu(g, pool(g, x(1, 2, 4, 4)))]);
    expect(operators(sharePoolMaxima, (g, x) => [pool(g, x(1, 2, 4, 4)), places(g, x(1, 2, 4, 4))[1]])).toEqual([
      'MaxPool',
      'MaxPool',
    ]);
  });
});

/** The gradient of a relu under a pooling: spread over the maxima, then masked by `asked > limit`. */
const pooledGradient =
  (asked: 'input' | 'other', limit: number): Build =>
  (g, x) => {
    const a = x(1, 2, 4, 4);
    const [, at] = places(g, a);
    const spread = g.op('MaxUnpool', [x(1, 2, 2, 2), at, g.int64s(a.shape)], 'float32', a.shape, window);
    const open = o.cast(g, o.greater(g, asked === 'input' ? a : x(1, 2, 4, 4), limit), 'float32');
    return o.mul(g, spread, open);
  };

describe('a gradient is masked before it is spread', () => {
  test('where the mask asks what was pooled', () => {
    expect(operators(maskPooledGradients, pooledGradient('input', 0))).toEqual([
      'MaxPool',
      'Greater',
      'Cast',
      'Mul',
      'MaxUnpool',
    ]);
  });
  test('but not by another mask, nor at another limit', () => {
    expectUnchanged(maskPooledGradients, pooledGradient('other', 0));
    expectUnchanged(maskPooledGradients, pooledGradient('input', 1));
  });
  test('and summed without being spread, over whole planes alone', () => {
    const summed =
      (axes: readonly number[]): Build =>
      (g, x) => {
        const a = x(1, 2, 4, 4);
        const spread = g.op(
          'MaxUnpool',
          [x(1, 2, 2, 2), places(g, a)[1], g.int64s(a.shape)],
          'float32',
          a.shape,
          window,
        );
        return o.reduce(g, 'ReduceSum', spread, axes);
      };
    expect(operators(maskPooledGradients, summed([0, 2, 3]))).toEqual(['ReduceSum']);
    expectUnchanged(maskPooledGradients, summed([0, 2]));
  });
});

describe('numbers take the rank of what they meet', () => {
  test('where the last axis is 1', () => {
    const graph = matchRanks(graphOf((g, x) => o.add(g, x(4, 3, 1), 0.5)));
    expect(graph.nodes[0]?.inputs[1]?.shape).toEqual([1, 1, 1]);
  });
  test('but not elsewhere, and not the bounds of Clip', () => {
    expectUnchanged(matchRanks, (g, x) => o.add(g, x(4, 3), 0.5));
    expectUnchanged(matchRanks, (g, x) => o.clip(g, x(4, 3, 1), 0, 1));
    expectUnchanged(matchRanks, (g, x) => o.add(g, x(1, 1, 1), 0.5));
  });
});

describe("relu's mask asks the relu", () => {
  const step = (g: Builder, x: Value): Value => {
    const chosen = o.where(g, o.greater(g, x, 0), g.scalar(1, 'float32'), g.scalar(0, 'float32'));
    return o.where(g, o.test(g, 'IsNaN', x), x, chosen);
  };
  test('where its input was asked', () => {
    expect(
      operators(simplifyReluMasks, (g, x) => {
        const a = x(2);
        return [relu(g, a), o.mul(g, x(2), step(g, a))];
      }),
    ).toEqual(['Relu', 'Greater', 'Cast', 'Mul']);
  });
  test('but not of what never went through a relu', () => {
    expectUnchanged(simplifyReluMasks, (g, x) => o.mul(g, x(2), step(g, x(2))));
    expectUnchanged(simplifyReluMasks, (g, x) => {
      const a = x(2);
      return [relu(g, a), o.greater(g, a, 1)];
    });
  });
  test('but not by what only looks like a step', () => {
    const looksLike =
      (tested: 'x' | 'other', compared: 'x' | 'other', limit: number, one: number, zero: number): Build =>
      (g, x) => {
        const [a, other] = [x(2), x(2)];
        const y = relu(g, a);
        const number = (value: number): Value => g.scalar(value, 'float32');
        const positive = o.greater(g, compared === 'x' ? a : other, number(limit));
        const chosen = o.where(g, positive, number(one), number(zero));
        return [y, o.mul(g, x(2), o.where(g, o.test(g, 'IsNaN', tested === 'x' ? a : other), a, chosen))];
      };
    const where = ['Relu', 'Greater', 'Where', 'IsNaN', 'Where', 'Mul'];
    expect(operators(simplifyReluMasks, looksLike('x', 'x', 0, 1, 0))).toEqual(['Relu', 'Greater', 'Cast', 'Mul']);
    for (const other of [
      looksLike('other', 'x', 0, 1, 0),
      looksLike('x', 'other', 0, 1, 0),
      looksLike('x', 'x', 0.5, 1, 0),
      looksLike('x', 'x', 0, 2, 0),
      looksLike('x', 'x', 0, 1, 0.25),
    ]) {
      expect(operators(simplifyReluMasks, other)).toEqual(where);
    }
  });
  test('and not where the relu comes only later', () => {
    expectUnchanged(simplifyReluMasks, (g, x) => {
      const a = x(2);
      return [o.greater(g, a, 0), relu(g, a)];
    });
  });
});
