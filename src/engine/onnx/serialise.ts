/** @file A recorded graph as the bytes of an ONNX model. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Branch, type Written, written } from './composites.js';
import type { Attribute, Attributes, ElementType, Graph, Node, Port, Value } from './graph.js';
import { elementTypeCode } from './ops.js';
import {
  type AttributeProtoSchema,
  type GraphProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type TypeProto_TensorSchema,
  type ValueInfoProtoSchema,
} from './proto/onnx_pb.js';

/** Operator set 20 (2023); format 9. Both are far below what the pinned runtime reads. */
export const OPERATOR_SET = 20;
const FORMAT = 9;

/**
 * Bytes of an ONNX `ModelProto`. Ports keep their names; other values are numbered.
 *
 * @param mayChoose for the processor: what need not run may be left out by what the numbers are (composites.ts)
 */
export function serialise(graph: Graph, mayChoose = true): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(FORMAT),
    producerName: 'headgate',
    opsetImport: [
      { domain: '', version: BigInt(OPERATOR_SET) },
      { domain: 'com.microsoft', version: 1n },
    ],
    graph: graphOf(graph, mayChoose),
  });
  return toBinary(ModelProtoSchema, model);
}

/** What ONNX Runtime calls a node in its messages: `12.Gemm`, or `12.Gemm in hidden` for one of a layer. */
export function nodeName({ op, scope }: Node, index: number | string): string {
  return `${index}.${op}${scope === '' ? '' : ` in ${scope}`}`;
}

type Nodes = MessageInitShape<typeof NodeProtoSchema>[];

function graphOf(graph: Graph, mayChoose: boolean): MessageInitShape<typeof GraphProtoSchema> {
  const names = new Map<Value, string>();
  const constants: Value[] = [];
  for (const { name, value } of graph.inputs) names.set(value, name);
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  for (const { name, value } of graph.outputs) {
    if (made.has(value) && !names.has(value)) names.set(value, name);
  }
  const nameOf = (value: Value | null): string => {
    if (value === null) return '';
    const known = names.get(value);
    if (known !== undefined) return known;
    const name = `v${names.size}`;
    names.set(value, name);
    if (value.data !== undefined) constants.push(value);
    return name;
  };
  const nodes: Nodes = graph.nodes.flatMap((node, i) => {
    const parts = written(node, mayChoose);
    return parts.map((part, k) => nodeOf(part, parts.length === 1 ? `${i}` : `${i}.${k}`, nameOf));
  });
  for (const { name, value } of graph.outputs) {
    // An input, a constant or a value that leaves twice reaches its port through a copy.
    if (nameOf(value) !== name) nodes.push({ opType: 'Identity', input: [nameOf(value)], output: [name] });
  }
  return {
    name: graph.name,
    node: nodes,
    initializer: constants.map((value) => tensorOf(value, nameOf(value))),
    input: graph.inputs.map(portOf),
    output: graph.outputs.map(portOf),
  };
}

function nodeOf(node: Written, index: string, nameOf: (value: Value | null) => string): Nodes[number] {
  const branches = Object.entries(node.branches ?? {});
  return {
    name: nodeName(node, index),
    opType: node.op,
    domain: node.domain ?? '',
    input: node.inputs.map(nameOf),
    output: node.outputs.map(nameOf),
    attribute: [
      ...attributesOf(node.attributes),
      ...branches.map(([name, branch]) => ({ name, type: 5, g: branchOf(branch, `${index}.${name}`, nameOf) })),
    ],
  };
}

/** It takes nothing: what it reads goes by its name in the graph around it, where its constants are too. */
function branchOf(
  { nodes, output }: Branch,
  index: string,
  nameOf: (value: Value | null) => string,
): MessageInitShape<typeof GraphProtoSchema> {
  const node = nodes.map((one, i) => nodeOf(one, `${index}.${i}`, nameOf));
  return { name: nameOf(output), node, output: [portOf({ name: nameOf(output), value: output })] };
}

function attributesOf(attributes: Attributes): MessageInitShape<typeof AttributeProtoSchema>[] {
  return Object.entries(attributes).map(([name, attribute]) => ({ name, ...attributeOf(attribute) }));
}

function attributeOf(attribute: Attribute): MessageInitShape<typeof AttributeProtoSchema> {
  switch (attribute.kind) {
    case 'float':
      return { type: 1, f: attribute.value };
    case 'int':
      return { type: 2, i: BigInt(attribute.value) };
    case 'string':
      return { type: 3, s: new TextEncoder().encode(attribute.value) };
    case 'ints':
      return { type: 7, ints: attribute.value.map(BigInt) };
  }
}

function tensorOf(value: Value, name: string): MessageInitShape<typeof TensorProtoSchema> {
  const { data } = value;
  if (data === undefined) throw new TypeError(`value ${name} is not a constant`);
  return {
    name,
    dims: value.shape.map(BigInt),
    dataType: elementTypeCode(value.type),
    // A view: the bytes are copied once, into the model.
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function portOf({ name, value }: Port): MessageInitShape<typeof ValueInfoProtoSchema> {
  return { name, type: typeOf(value.type, value.shape) };
}

function typeOf(
  type: ElementType,
  shape: readonly number[],
): { tensorType: MessageInitShape<typeof TypeProto_TensorSchema> } {
  const dim = shape.map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } }));
  return { tensorType: { elemType: elementTypeCode(type), shape: { dim } } };
}
