/** @file What is known of lazy values: the numbers of some, and of the others the node that makes them. */
import { allocate, createValue, type ElementData, type ElementType, type Node, sizeOf, type Value } from '../graph.js';

/** Elements up to which a constant is part of a graph's form. Larger ones are fed, so that sessions are found again. */
const SMALL = 64;

/** Nothing in it keeps a value alive. */
export interface Knowledge {
  /** A value with numbers, which belong to it from now on. */
  readonly given: (type: ElementType, shape: readonly number[], data: ElementData) => Value;
  /** The node makes its outputs. */
  readonly record: (node: Node) => void;
  /** The value has been computed. */
  readonly learn: (value: Value, numbers: ElementData) => void;
  /** Undefined where nothing has to be computed. */
  readonly makerOf: (value: Value) => Node | undefined;
  readonly numbersOf: (value: Value) => ElementData;
}

export function createKnowledge(): Knowledge {
  const makers = new WeakMap<Value, Node>();
  const numbers = new WeakMap<Value, ElementData>();
  const fed = new WeakMap<Value, Value>();

  const given: Knowledge['given'] = (type, shape, data) => {
    const value = createValue(type, shape);
    numbers.set(value, data);
    return value;
  };
  /** A large constant as an input. */
  const lifted = (value: Value): Value => {
    if (value.data === undefined || value.data.length <= SMALL) return value;
    const known = fed.get(value) ?? given(value.type, value.shape, value.data);
    fed.set(value, known);
    return known;
  };

  return {
    given,
    record: (node) => {
      const ready = { ...node, inputs: node.inputs.map((value) => (value === null ? null : lifted(value))) };
      for (const output of node.outputs) {
        // Nothing to compute; and one may ask ONNX Runtime for no tensor without elements.
        if (sizeOf(output.shape) === 0) numbers.set(output, allocate(output.type, 0));
        else makers.set(output, ready);
      }
    },
    learn: (value, computed) => {
      numbers.set(value, computed);
      makers.delete(value);
    },
    makerOf: (value) => makers.get(value),
    numbersOf: (value) => {
      const known = numbers.get(value);
      if (known === undefined) throw new Error('a value of the pending graph has neither numbers nor a node');
      return known;
    },
  };
}
