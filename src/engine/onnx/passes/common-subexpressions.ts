/** @file Computes equal things once: nodes with the same operator, inputs and attributes, and equal constants. */
import type { Graph, Node, Value } from '../graph.js';
import { rewrite } from './rewrite.js';

/** Constants longer than this are told apart by identity. */
const LIMIT = 64;

export function shareSubexpressions(graph: Graph): Graph {
  const numbers = new Map<Value, string>();
  const keys = new Map<string, string>();
  const known = new Map<string, readonly Value[]>();
  const keyOf = (value: Value | null): string => {
    if (value === null) return '_';
    const numbered = numbers.get(value);
    if (numbered !== undefined) return numbered;
    let key = `%${value.id}`;
    if (value.data !== undefined && value.data.length <= LIMIT) {
      const content = `${value.type}[${value.shape.join()}]${Array.from<number | bigint, string>(value.data, show).join()}`;
      key = keys.get(content) ?? key;
      keys.set(content, key);
    }
    numbers.set(value, key);
    return key;
  };
  const shared = rewrite(graph, (node) => {
    const key = `${node.domain ?? ''}.${node.op}(${node.inputs.map(keyOf).join()})${attributesOf(node)}`;
    const same = known.get(key);
    if (same !== undefined && same.length >= node.outputs.length) return same;
    known.set(key, node.outputs);
    return null;
  });
  return shared;
}

function show(x: number | bigint): string {
  return Object.is(x, -0) ? '-0' : String(x);
}

function attributesOf({ attributes, outputs }: Node): string {
  const names = Object.keys(attributes).sort();
  // The result's type and shape stand in: a Cast or an Expand differs by them alone.
  const [output] = outputs;
  return `${names.map((name) => `${name}=${JSON.stringify(attributes[name])}`).join()}:${output?.type}[${output?.shape.join()}]`;
}
