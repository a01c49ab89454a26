/**
 * @file Values that are computed when somebody asks for their numbers. Nothing lists the pending nodes: a value holds
 * on to the node that makes it, and that node to its inputs, so what nobody can ask for any more is garbage.
 */
import { type Builder, createBuilder } from '../builder.js';
import type { ElementData, ElementType, Value } from '../graph.js';
import { cut } from './cut.js';
import { createKnowledge } from './knowledge.js';
import { createSessions } from './sessions.js';

/** Nodes after which the pending graph is run at the next good moment, and those after which it is run at once. */
const LONG = 1024;
const TOO_LONG = 4 * LONG;

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
  const known = createKnowledge();
  const held = createHolding();
  const rhythm = createRhythm();

  const compute = (wanted: readonly Value[]): void => {
    const { graph, signature } = cut(wanted, known.makerOf);
    const results = sessions.run({ graph, signature }, known.numbersOf);
    graph.outputs.forEach(({ value }, i) => {
      known.learn(value, results[i] as ElementData); // one for each output
      held.forget(value);
    });
  };

  const hold = (value: Value): void => {
    if (known.makerOf(value) !== undefined) held.hold(value);
  };

  const flush = (): void => {
    rhythm.flushed();
    const wanted = held.values();
    if (wanted.length === 0) return;
    try {
      compute(wanted);
    } catch {
      // One that cannot be computed must not keep the others from it. It says why when it is read.
      for (const value of wanted) attempt(() => compute([value]));
    }
  };

  return {
    given: known.given,
    record: (build) => {
      if (rhythm.isOverdue()) flush();
      const builder = createBuilder();
      const made = build(builder);
      rhythm.recorded(builder.nodes.length);
      for (const node of builder.nodes) known.record(node);
      return made.map((value) => (value.data === undefined ? value : known.given(value.type, value.shape, value.data)));
    },
    dataOf: (value) => {
      if (known.makerOf(value) !== undefined) {
        hold(value);
        flush();
        held.release(value);
      }
      if (known.makerOf(value) !== undefined) compute([value]); // again, for its error
      return known.numbersOf(value);
    },
    hold,
    release: held.release,
    settle: () => {
      if (rhythm.isGoodMoment()) flush();
    },
    flush,
    size: () => ({ nodes: rhythm.nodes(), sessions: sessions.size() }),
    dispose: () => {
      for (const value of held.values()) held.forget(value);
      sessions.dispose();
    },
  };
}

interface Holding {
  readonly hold: (value: Value) => void;
  readonly release: (value: Value) => void;
  readonly forget: (value: Value) => void;
  readonly values: () => readonly Value[];
}

/** Values without numbers that somebody may ask for, each as often as it is held. */
function createHolding(): Holding {
  const held = new Map<Value, number>();
  return {
    hold: (value) => {
      held.set(value, (held.get(value) ?? 0) + 1);
    },
    release: (value) => {
      const times = held.get(value) ?? 0;
      if (times > 1) held.set(value, times - 1);
      else held.delete(value);
    },
    forget: (value) => {
      held.delete(value);
    },
    values: () => [...held.keys()],
  };
}

interface Rhythm {
  readonly recorded: (nodes: number) => void;
  readonly flushed: () => void;
  /** Nodes recorded since the last flush. */
  readonly nodes: () => number;
  readonly isOverdue: () => boolean;
  /**
   * Whether the graph is long and this the turn of a loop. Variables are replaced one after the other; the first of
   * them, after all the gradients, comes once in a turn: running there makes the same graph again and again.
   */
  readonly isGoodMoment: () => boolean;
}

/** When to run what is pending. */
function createRhythm(): Rhythm {
  let recorded = 0;
  /** Nodes since the last moment, and the most that ever lay between two. */
  let pause = 0;
  let longestPause = 0;
  return {
    recorded: (nodes) => {
      recorded += nodes;
      pause += nodes;
    },
    flushed: () => {
      recorded = 0;
      longestPause = 0;
    },
    nodes: () => recorded,
    isOverdue: () => recorded >= TOO_LONG,
    isGoodMoment: () => {
      longestPause = Math.max(longestPause, pause);
      const paused = pause;
      pause = 0;
      return recorded >= LONG && 2 * paused > longestPause;
    },
  };
}

function attempt(f: () => void): void {
  try {
    f();
  } catch {}
}
