/** @file The part of the pending graph that some values need, and a text that is the same for every part of its form. */
import type { Graph, Node, Value } from '../graph.js';
import { readsOf } from '../passes/dead-nodes.js';

export interface Cut {
  /** Equal for cuts that one session can run: same nodes, same small constants, same types and shapes of the rest. */
  readonly signature: string;
  /** Inputs `i0`, `i1`, … and outputs `o0`, `o1`, …. */
  readonly graph: Graph;
}

/**
 * What `wanted` needs.
 *
 * @param nodeOf the node that makes a value; undefined for values that have their numbers
 */
export function cut(wanted: readonly Value[], nodeOf: (value: Value) => Node | undefined): Cut {
  const numbers = new Map<Value, number>();
  const words: string[] = [];
  const inputs: Value[] = [];
  const nodes: Node[] = [];
  const number = (value: Value): void => {
    numbers.set(value, numbers.size);
  };

  const leaf = (value: Value): void => {
    number(value);
    words.push(leafWord(value));
    if (value.data === undefined) inputs.push(value);
  };
  const emit = (node: Node): void => {
    for (const output of node.outputs) number(output);
    nodes.push(node);
    words.push(nodeWord(node, (value) => numbers.get(value) ?? -1));
  };

  // Depth first, by hand: a pending chain may be longer than the call stack.
  const stack: (Value | Node)[] = [...wanted].reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if ('op' in next) {
      if (!next.outputs.some((output) => numbers.has(output))) emit(next);
      continue;
    }
    if (numbers.has(next)) continue;
    const node = nodeOf(next);
    if (node === undefined) {
      leaf(next);
      continue;
    }
    stack.push(node);
    for (const value of readsOf(node).reverse()) if (!numbers.has(value)) stack.push(value);
  }

  words.push(wanted.map((value) => numbers.get(value)).join());
  return {
    signature: words.join('\n'),
    graph: {
      name: 'pending',
      inputs: inputs.map((value, i) => ({ name: `i${i}`, value })),
      outputs: wanted.map((value, i) => ({ name: `o${i}`, value })),
      nodes,
    },
  };
}

function leafWord({ type, shape, data }: Value): string {
  const kind = `${type}[${shape.join()}]`;
  if (data === undefined) return kind;
  // By their bytes: -0 and 0 print alike.
  return `${kind}=${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')}`;
}

function nodeWord({ op, domain = '', inputs, outputs, attributes }: Node, numberOf: (value: Value) => number): string {
  const operands = inputs.map((value) => (value === null ? '' : numberOf(value)));
  const settings = Object.entries(attributes).map(([name, { value }]) => `${name}=${value}`);
  return `${domain}.${op}(${operands.join()})${outputs.length}:${settings.join(';')}`;
}
