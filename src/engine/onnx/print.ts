/** @file A recorded graph as text, for people and for snapshot tests. */
import type { Attribute, Graph, Node, Value } from './graph.js';
import { sizeOf } from './graph.js';

/**
 * One line a node: `%3 float32[256,10] = Gemm(%1, kernel, bias) transB=1  # dense`.
 * Ports go by their names, constants of up to four elements by their values, the rest by number.
 */
export function printGraph(graph: Graph): string {
  const names = new Map<Value, string>(graph.inputs.map(({ name, value }) => [value, name]));
  let last = 0;
  const nameOf = (value: Value | null): string => {
    if (value === null) return '_';
    const known = names.get(value);
    if (known !== undefined) return known;
    const name = value.data === undefined ? `%${++last}` : constant(value);
    names.set(value, name);
    return name;
  };
  return [
    `${graph.name}(${graph.inputs.map(({ name, value }) => `${name} ${typeOf(value)}`).join(', ')}) {`,
    ...graph.nodes.map((node) => {
      const inputs = node.inputs.map(nameOf).join(', ');
      const outputs = node.outputs.map((value) => `${nameOf(value)} ${typeOf(value)}`).join(', ');
      return `  ${outputs} = ${node.op}(${inputs})${attributes(node)}${scope(node)}`;
    }),
    `  return ${graph.outputs.map(({ name, value }) => `${name}=${nameOf(value)}`).join(', ')}`,
    '}',
  ].join('\n');
}

function typeOf({ type, shape }: Value): string {
  return `${type}[${shape.join()}]`;
}

function constant(value: Value): string {
  const size = sizeOf(value.shape);
  if (size > 4 || value.data === undefined) return `const ${typeOf(value)}`;
  const numbers = Array.from<number | bigint, number>(value.data, Number).map((x) => Number(x.toPrecision(7)));
  return value.shape.length === 0 ? String(numbers[0]) : `[${numbers.join()}]`;
}

function attributes(node: Node): string {
  return Object.entries(node.attributes)
    .map(([name, attribute]) => ` ${name}=${show(attribute)}`)
    .join('');
}

function show(attribute: Attribute): string {
  return attribute.kind === 'ints' ? `[${attribute.value.join()}]` : String(attribute.value);
}

function scope(node: Node): string {
  return node.scope === '' ? '' : `  # ${node.scope}`;
}
