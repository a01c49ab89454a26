/** @file Computes equal things once: nodes with the same operator, inputs and attributes, and equal constants. */
import type { Graph, Node, Value } from '../graph.js';
import { rewrite } from './rewrite.js';

/** Constants longer than this are told apart by identity. */
const LIMIT = 64;

export function shareSubexpressions(graph: Graph): Graph {
  const known = new Map<string, readonly Value[]>();
  return rewrite(graph, (node, _, output) => {
    const key = `${node.domain ?? ''}.${node.op}(${node.inputs.map(keyOf).join()})${attributesOf(node, output)}`;
    const same = known.get(key);
    if (same !== undefined && same.length >= node.outputs.length) return same;
    known.set(key, node.outputs);
    return null;
  });
}

function keyOf(value: Value | null): string {
  if (value === null) return '_';
  const { id, type, shape, data } = value;
  if (data === undefined || data.length > LIMIT) return `%${id}`;
  return `${type}[${shape.join()}]{${Array.from<number | bigint, string>(data, show).join()}}`;
}

function show(x: number | bigint): string {
  return Object.is(x, -0) ? '-0' : String(x);
}

/** The result's type and shape stand in: a Cast or an Expand differs by them alone. */
function attributesOf({ attributes }: Node, { type, shape }: Value): string {
  const names = Object.keys(attributes).sort();
  return `${names.map((name) => `${name}=${JSON.stringify(attributes[name])}`).join()}:${type}[${shape.join()}]`;
}
