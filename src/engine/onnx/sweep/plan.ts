/**
 * @file Takes the elementwise end of a graph out of it. What an optimizer does to its parameters is a dozen elementwise
 * operators in a row; ONNX Runtime makes one pass over memory for each and copies every result once more. A sweep does
 * them all in one pass, in place, on state that ONNX Runtime only reads.
 */
import { createValue, type Graph, type Node, type Port, sameShape, sizeOf, type Value } from '../graph.js';

/** Operators with the same rounding in WebAssembly as in ONNX Runtime: IEEE 754 asks for it. */
export const SWEEP_OPERATORS = ['Abs', 'Add', 'Div', 'Max', 'Min', 'Mul', 'Neg', 'Sqrt', 'Sub'] as const;
export type SweepOperator = (typeof SWEEP_OPERATORS)[number];

/** How an operand meets the elements: one for each, one for each column of the last axis, or one for all. */
export type Spread = 'full' | 'row' | 'scalar';

export interface Operand {
  /** Name of the port that brings it: `state/…`, or the graph's output `sweep/…`. */
  readonly port: string;
  readonly size: number;
  readonly spread: Spread;
}

/** Where an operation's argument comes from: an operand, an earlier operation, or a number. */
export type Argument =
  | { readonly from: 'operand'; readonly at: number }
  | { readonly from: 'operation'; readonly at: number }
  | { readonly from: 'number'; readonly value: number };

export interface Operation {
  readonly operator: SweepOperator;
  readonly arguments: readonly Argument[];
}

/** One pass over tensors of one size. */
export interface Sweep {
  /** Elements, and how many of them make a row. */
  readonly size: number;
  readonly columns: number;
  readonly operands: readonly Operand[];
  readonly operations: readonly Operation[];
  /** State tensors that it replaces, and the operations that give their values. */
  readonly results: readonly { readonly state: string; readonly at: number }[];
}

export interface Swept {
  /** The graph without the sweeps; outputs `sweep/…` bring what they need of it. */
  readonly graph: Graph;
  readonly sweeps: readonly Sweep[];
}

const NEXT = 'next/';
const STATE = 'state/';

/** Splits off all elementwise nodes that lead to the next state and to nothing else. */
export function splitSweeps(graph: Graph): Swept {
  const taken = takenNodes(graph);
  if (taken.size === 0) return { graph, sweeps: [] };
  const maker = new Map([...taken].map((node) => [outputOf(node), node]));
  const isSwept = ({ name, value }: Port): boolean => name.startsWith(NEXT) && maker.has(value);
  const states = new Map(
    graph.inputs.filter(({ name }) => name.startsWith(STATE)).map(({ name, value }) => [value, name]),
  );
  const extra = new Map<Value, Port>();
  const copies: Node[] = [];
  const portOf = (value: Value, spread: Spread): string => {
    const state = states.get(value);
    if (state !== undefined && spread === 'full') return state;
    const known = extra.get(value)?.name;
    if (known !== undefined) return known;
    const port = { name: `sweep/${extra.size}`, value };
    extra.set(value, port);
    return port.name;
  };
  const replaced = graph.outputs.filter(isSwept);
  const sweeps = components([...taken], targetsOf(replaced, graph.inputs)).map((nodes) =>
    sweepOf(nodes, replaced, portOf),
  );
  // An input may not be an output by itself; and a state that is read as a factor may be replaced by another sweep.
  const given = new Set(graph.inputs.map(({ value }) => value));
  const outputs = [...extra.values()].map(({ name, value }): Port => {
    if (!given.has(value)) return { name, value };
    const copy = createValue(value.type, value.shape);
    copies.push({ op: 'Identity', inputs: [value], outputs: [copy], attributes: {}, scope: '' });
    return { name, value: copy };
  });
  return {
    graph: {
      ...graph,
      nodes: [...graph.nodes.filter((node) => !taken.has(node)), ...copies],
      outputs: [...graph.outputs.filter((port) => !isSwept(port)), ...outputs],
    },
    sweeps,
  };
}

/** The largest set of elementwise nodes whose results nobody reads but the set itself and the next state. */
function takenNodes(graph: Graph): Set<Node> {
  const shapes = new Map<Value, readonly number[]>();
  for (const { name, value } of graph.outputs) if (name.startsWith(NEXT)) shapes.set(value, value.shape);
  const others = new Set(graph.outputs.filter(({ name }) => !name.startsWith(NEXT)).map(({ value }) => value));
  const readers = new Map<Value, Node[]>();
  for (const node of graph.nodes) {
    for (const value of readsOf(node)) readers.set(value, [...(readers.get(value) ?? []), node]);
  }
  const taken = new Set<Node>();
  // Backwards, so that all readers of a node are decided before it.
  for (const node of [...graph.nodes].reverse()) {
    const output = node.outputs[0];
    if (output === undefined || others.has(output) || !isSweepable(node)) continue;
    const own = readers.get(output) ?? [];
    if (!own.every((reader) => taken.has(reader) && sameShape(outputOf(reader).shape, output.shape))) continue;
    if (own.length === 0 && !shapes.has(output)) continue;
    taken.add(node);
  }
  return taken;
}

function isSweepable(node: Node): boolean {
  if (!SWEEP_OPERATORS.some((operator) => operator === node.op) || node.outputs.length !== 1) return false;
  if (node.inputs.length > 2) return false;
  const output = outputOf(node);
  return output.type === 'float32' && node.inputs.every((value) => value !== null && spreadOf(value, output) !== null);
}

function spreadOf(value: Value, output: Value): Spread | null {
  if (value.type !== 'float32') return null;
  const size = sizeOf(value.shape);
  if (value.data !== undefined) return size === 1 ? 'scalar' : null;
  if (sameShape(value.shape, output.shape)) return 'full';
  if (size === 1) return 'scalar';
  const last = output.shape.at(-1);
  return size === last && value.shape.at(-1) === last ? 'row' : null;
}

/** By the value that replaces them: the states as they were. */
function targetsOf(replaced: readonly Port[], inputs: readonly Port[]): ReadonlyMap<Value, readonly Value[]> {
  const targets = new Map<Value, readonly Value[]>();
  for (const { name, value } of replaced) {
    const own = inputs.filter((port) => port.name === STATE + name.slice(NEXT.length)).map((port) => port.value);
    targets.set(value, [...(targets.get(value) ?? []), ...own]);
  }
  return targets;
}

/** Nodes that share tensors of full size belong to one sweep, so that its results may replace its operands in place. */
function components(nodes: readonly Node[], targets: ReadonlyMap<Value, readonly Value[]>): Node[][] {
  const groups = new Map<Value, Set<Node>>();
  const all = new Set<Set<Node>>();
  // What a node replaces is among them: another sweep that reads it would run too late.
  const sharedBy = (node: Node): readonly Value[] => {
    const output = outputOf(node);
    const read = readsOf(node).filter((value) => spreadOf(value, output) === 'full');
    return [output, ...read, ...(targets.get(output) ?? [])];
  };
  for (const node of nodes) {
    const joined = new Set<Node>([node]);
    for (const value of sharedBy(node)) {
      const known = groups.get(value);
      if (known === undefined) continue;
      all.delete(known);
      for (const other of known) joined.add(other);
    }
    all.add(joined);
    for (const member of joined) for (const value of sharedBy(member)) groups.set(value, joined);
  }
  const order = new Map(nodes.map((node, i) => [node, i]));
  return [...all].map((group) => [...group].sort((a, b) => (order.get(b) ?? 0) - (order.get(a) ?? 0)));
}

function sweepOf(
  nodes: readonly Node[],
  ports: readonly Port[],
  portOf: (value: Value, spread: Spread) => string,
): Sweep {
  const { shape } = outputOf(nodes[0] as Node);
  const operands: Operand[] = [];
  const operations: Operation[] = [];
  const made = new Map<Value, number>();
  const argumentOf = (value: Value, output: Value): Argument => {
    if (value.data !== undefined) return { from: 'number', value: Number(value.data[0]) };
    const at = made.get(value);
    if (at !== undefined) return { from: 'operation', at };
    const spread = spreadOf(value, output) ?? 'full';
    const port = portOf(value, spread);
    const known = operands.findIndex((operand) => operand.port === port);
    if (known >= 0) return { from: 'operand', at: known };
    operands.push({ port, size: sizeOf(value.shape), spread });
    return { from: 'operand', at: operands.length - 1 };
  };
  for (const node of nodes) {
    const output = outputOf(node);
    const given = readsOf(node).map((value) => argumentOf(value, output));
    made.set(output, operations.length);
    operations.push({ operator: node.op as SweepOperator, arguments: given }); // isSweepable saw it
  }
  const results = ports.flatMap(({ name, value }) => {
    const at = made.get(value);
    return at === undefined ? [] : [{ state: name.slice(NEXT.length), at }];
  });
  const size = sizeOf(shape);
  const hasRows = operands.some((operand) => operand.spread === 'row');
  return { size, columns: hasRows ? (shape.at(-1) ?? 1) : size, operands, operations, results };
}

function outputOf(node: Node): Value {
  return node.outputs[0] ?? createValue('float32', []);
}

function readsOf(node: Node): Value[] {
  return node.inputs.filter((value) => value !== null);
}
