/** @file Appends nodes to a graph that is being recorded. */
import {
  type Attributes,
  createValue,
  dataOf,
  type ElementData,
  type ElementType,
  type IndexCheck,
  type Node,
  type Value,
} from './graph.js';

export interface TypeAndShape {
  readonly type: ElementType;
  readonly shape: readonly number[];
}

export interface Builder {
  readonly nodes: readonly Node[];
  /** The layer that is running. */
  readonly scope: () => string;
  /** A node as it is. */
  readonly append: (node: Node) => void;
  /** A node of one output. */
  readonly op: (
    op: string,
    inputs: readonly (Value | null)[],
    type: ElementType,
    shape: readonly number[],
    attributes?: Attributes,
  ) => Value;
  /** A node of several outputs. */
  readonly ops: (
    op: string,
    inputs: readonly (Value | null)[],
    outputs: readonly TypeAndShape[],
    attributes?: Attributes,
  ) => readonly Value[];
  readonly constant: (type: ElementType, shape: readonly number[], data: ElementData) => Value;
  /** Scalars and integer lists are made once and shared. */
  readonly scalar: (value: number, type: ElementType) => Value;
  /** An int64 vector: a shape, axes, indices. */
  readonly int64s: (values: readonly number[]) => Value;
  /** What the host must look at after each run. */
  readonly check: (check: IndexCheck) => void;
  readonly checks: readonly IndexCheck[];
}

/** `appended` hears of every node. */
export function createBuilder(scope: () => string = () => '', appended: (node: Node) => void = () => {}): Builder {
  const nodes: Node[] = [];
  const checks: IndexCheck[] = [];
  const append = (node: Node): void => {
    nodes.push(node);
    appended(node);
  };
  const shared = new Map<string, Value>();
  const share = (key: string, make: () => Value): Value => {
    const known = shared.get(key);
    if (known !== undefined) return known;
    const value = make();
    shared.set(key, value);
    return value;
  };
  const ops: Builder['ops'] = (op, inputs, outputs, attributes = {}) => {
    const values = outputs.map(({ type, shape }) => createValue(type, shape));
    append({ op, inputs, outputs: values, attributes, scope: scope() });
    return values;
  };
  return {
    nodes,
    checks,
    check: (check) => checks.push(check),
    scope,
    append,
    ops,
    op: (op, inputs, type, shape, attributes = {}) => {
      const value = createValue(type, shape);
      append({ op, inputs, outputs: [value], attributes, scope: scope() });
      return value;
    },
    constant: (type, shape, data) => createValue(type, shape, data),
    scalar: (value, type) =>
      share(`${type}:${Object.is(value, -0) ? '-0' : value}`, () => createValue(type, [], dataOf(type, [value]))),
    int64s: (values) =>
      share(`int64s:${values.join()}`, () => createValue('int64', [values.length], dataOf('int64', values))),
  };
}
