/** @file Operators of our own in a written model: what runs only if it must stands in a branch, on the processor alone. */
import { fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { createBuilder } from '../../../src/engine/onnx/builder.js';
import { mendedMaxima } from '../../../src/engine/onnx/composites.js';
import { createValue, type Graph, ints } from '../../../src/engine/onnx/graph.js';
import { type GraphProto, ModelProtoSchema } from '../../../src/engine/onnx/proto/onnx_pb.js';
import { onnxRuntime } from '../../../src/engine/onnx/runtime.js';
import { serialise } from '../../../src/engine/onnx/serialise.js';

const { NaN: none, POSITIVE_INFINITY: high, NEGATIVE_INFINITY: low } = Number;
const least = -3.4028234663852886e38;
const graph = pooling();

function pooling(): Graph {
  const g = createBuilder(() => 'pool');
  const x = createValue('float32', [2, 3, 2, 4]);
  const window = {
    kernel_shape: ints([2, 2]),
    strides: ints([2, 2]),
    dilations: ints([1, 1]),
    pads: ints([0, 0, 0, 0]),
  };
  const pooled = g.op('MaxPool', [x], 'float32', [2, 3, 1, 2], window);
  const y = mendedMaxima(g, x, pooled, window);
  return { name: 'f', inputs: [{ name: 'x', value: x }], outputs: [{ name: 'y', value: y }], nodes: g.nodes };
}

const ops = (proto: GraphProto | undefined): string[] => (proto?.node ?? []).map(({ opType }) => opType);

test('what asks every window is in a branch', () => {
  const { graph: written } = fromBinary(ModelProtoSchema, serialise(graph));
  expect(ops(written)).toEqual(['MaxPool', 'Reshape', 'ReduceSum', 'ReduceSum', 'Mul', 'IsNaN', 'If']);
  const branches = written?.node.at(-1)?.attribute ?? [];
  expect(branches.map(({ name, g }) => [name, ops(g).filter((op) => op === 'MaxPool').length])).toEqual([
    ['then_branch', 1],
    ['else_branch', 0],
  ]);
  const names = [...(written?.node ?? []), ...branches.flatMap(({ g }) => g?.node ?? [])].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test('devices that would have to be waited for are not asked to choose', () => {
  const { graph: written } = fromBinary(ModelProtoSchema, serialise(graph, false));
  expect(ops(written)).not.toContain('If');
  expect(ops(written).filter((op) => op === 'MaxPool')).toHaveLength(2);
});

/** Planes of 2 × 4 and the maxima of their two windows of 2 × 2. */
const planes: readonly (readonly [plane: readonly number[], maxima: readonly [number, number]])[] = [
  [
    [1, 2, -5, -6, 3, 0, -7, -8],
    [3, -5],
  ],
  [
    [none, 2, low, low, 3, 0, low, low],
    [none, low],
  ],
  [
    [1, 2, low, least, 3, none, low, low],
    [none, least],
  ],
  [
    [high, 2, low, 1, low, 0, 1, 1],
    [high, 1],
  ],
  [
    [low, low, none, none, low, low, none, none],
    [low, none],
  ],
  [
    [-1, -2, least, least, -3, -4, least, least],
    [-1, least],
  ],
];

test.each([true, false])('the maxima are right (may choose: %s)', async (mayChoose) => {
  const { InferenceSession, Tensor } = onnxRuntime();
  const session = await InferenceSession.create(serialise(graph, mayChoose));
  const isOrdinary = (plane: readonly number[]): boolean => plane.every(Number.isFinite);
  for (const given of [planes, planes.map((one) => (isOrdinary(one[0]) ? one : (planes[0] ?? one)))]) {
    const x = Float32Array.from(given.flatMap(([plane]) => plane));
    const { y } = await session.run({ x: new Tensor('float32', x, [2, 3, 2, 4]) });
    expect(Array.from(y?.data as Float32Array)).toEqual(given.flatMap(([, maxima]) => maxima));
  }
  await session.release();
});
