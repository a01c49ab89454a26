/** @file A recorded graph as the bytes of an ONNX model. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
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

/** Bytes of an ONNX `ModelProto`. Ports keep their names; other values are numbered. */
export function serialise(graph: Graph): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(FORMAT),
    producerName: 'headgate',
    opsetImport: [
      { domain: '', version: BigInt(OPERATOR_SET) },
      { domain: 'com.microsoft', version: 1n },
    ],
    graph: graphOf(graph),
  });
  return toBinary(ModelProtoSchema, model);
}

/** What ONNX Runtime calls a node in its messages: `12.Gemm`, or `12.Gemm in hidden` for one of a layer. */
export function nodeName({ op, scope }: Node, index: number): string {
  return `${index}.${op}${scope === '' ? '' : ` in ${scope}`}`;
}

type Nodes = MessageInitShape<typeof NodeProtoSchema>[];

function graphOf(graph: Graph): MessageInitShape<typeof GraphProtoSchema> {
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
  const nodes: Nodes = graph.nodes.map((node, i) => ({
    name: nodeName(node, i),
    opType: node.op,
    domain: node.domain ?? '',
    input: node.inputs.map(nameOf),
    output: node.outputs.map(nameOf),
    attribute: attributesOf(node.attributes),
  }));
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
