/**
 * @file Values that are computed when somebody asks for their numbers. Nothing lists the pending nodes: a value holds
 * on to the node that makes it, and that node to its inputs, so what nobody can ask for any more is garbage.
 */
import { type Builder, createBuilder } from '../builder.js';
import { allocate, createValue, type ElementData, type ElementType, type Node, sizeOf, type Value } from '../graph.js';
import { cut } from './cut.js';
import { createSessions } from './sessions.js';

/** Nodes after which the pending graph is run at the next good moment, and those after which it is run at once. */
const LONG = 1024;
const TOO_LONG = 4 * LONG;
/** Elements up to which a constant is part of a graph's form. Larger ones are fed, so that sessions are found again. */
const SMALL = 64;

export interface Pending {
  /** A value with numbers, which belong to it from now on. */
  readonly given: (type: ElementType, shape: readonly number[], data: ElementData) => Value;
  /** Records what `build` appends and returns the values that it makes. */
  readonly record: (build: (g: Builder) => readonly Value[]) => readonly Value[];
  /**
   * The numbers, not to be changed by the caller. If they have to be computed, everything held is, in the same run: what
   * stays behind would need what this run computes on its way, a second time.
   */
  readonly dataOf: (value: Value) => ElementData;
  /** Somebody may ask for the value, until as many calls of `release`. */
  readonly hold: (value: Value) => void;
  readonly release: (value: Value) => void;
  /** Says that this is a good moment to run a long graph: the same point of a loop that is run again and again. */
  readonly settle: () => void;
  /** Runs everything that is held. */
  readonly flush: () => void;
  /** Nodes recorded since the last flush, and sessions kept. */
  readonly size: () => { readonly nodes: number; readonly sessions: number };
  readonly dispose: () => void;
}

export function createPending(): Pending {
  const sessions = createSessions();
  const makers = new WeakMap<Value, Node>();
  const numbers = new WeakMap<Value, ElementData>();
  const fed = new WeakMap<Value, Value>();
  /** Held values without numbers, and how often each is held. */
  const held = new Map<Value, number>();
  /** Nodes recorded and not run; how many of them since `settle`, and the most that ever lay between two of its calls. */
  let recorded = 0;
  let sinceSettled = 0;
  let longestPause = 0;

  const given: Pending['given'] = (type, shape, data) => {
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

  const compute = (wanted: readonly Value[]): void => {
    const { graph, signature } = cut(wanted, (value) => makers.get(value));
    const results = sessions.run({ graph, signature }, numbersOf);
    graph.outputs.forEach(({ value }, i) => {
      numbers.set(value, results[i] as ElementData); // one for each output
      makers.delete(value);
      held.delete(value);
    });
  };

  const numbersOf = (value: Value): ElementData => {
    const known = numbers.get(value);
    if (known === undefined) throw new Error('a value of the pending graph has neither numbers nor a node');
    return known;
  };

  const hold = (value: Value): void => {
    if (makers.has(value)) held.set(value, (held.get(value) ?? 0) + 1);
  };
  const release = (value: Value): void => {
    const times = held.get(value) ?? 0;
    if (times > 1) held.set(value, times - 1);
    else held.delete(value);
  };

  const flush = (): void => {
    recorded = 0;
    longestPause = 0;
    if (held.size === 0) return;
    try {
      compute([...held.keys()]);
    } catch {
      // One that cannot be computed must not keep the others from it. It says why when it is read.
      for (const value of [...held.keys()]) attempt(() => compute([value]));
    }
  };

  return {
    given,
    record: (build) => {
      if (recorded >= TOO_LONG) flush();
      const builder = createBuilder();
      const made = build(builder);
      recorded += builder.nodes.length;
      sinceSettled += builder.nodes.length;
      for (const node of builder.nodes) {
        const ready = { ...node, inputs: node.inputs.map((value) => (value === null ? null : lifted(value))) };
        for (const output of node.outputs) {
          // Nothing to compute; and one may ask ONNX Runtime for no tensor without elements.
          if (sizeOf(output.shape) === 0) numbers.set(output, allocate(output.type, 0));
          else makers.set(output, ready);
        }
      }
      return made.map((value) => (value.data === undefined ? value : given(value.type, value.shape, value.data)));
    },
    dataOf: (value) => {
      if (makers.has(value)) {
        hold(value);
        flush();
        release(value);
      }
      if (makers.has(value)) compute([value]); // again, for its error
      return numbersOf(value);
    },
    hold,
    release,
    settle: () => {
      longestPause = Math.max(longestPause, sinceSettled);
      const paused = sinceSettled;
      sinceSettled = 0;
      // Variables are replaced one after the other. The first of them, after all the gradients, comes once in a turn:
      // running there makes the same graph again and again.
      if (recorded >= LONG && 2 * paused > longestPause) flush();
    },
    flush,
    size: () => ({ nodes: recorded, sessions: sessions.size() }),
    dispose: () => {
      held.clear();
      sessions.dispose();
    },
  };
}

function attempt(f: () => void): void {
  try {
    f();
  } catch {}
}
