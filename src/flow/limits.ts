/** @file How large a flow may be. What is declared and what is read from a file keep the same limits. */
import { HeadgateError } from '../errors.js';

/** Flows, tasks and conditions below one another, the root counted. Far from any stack's end. */
export const MAXIMUM_DEPTH = 64;

/** Flows, tasks and conditions together, each counted as often as it stands in the graph's JSON. */
export const MAXIMUM_NODES = 100_000;

/** The size of a tree of nodes. */
export interface Extent {
  readonly depth: number;
  readonly nodes: number;
}

/** The extent of a node above these parts. */
export function above(parts: readonly Extent[]): Extent {
  let depth = 0;
  let nodes = 0;
  for (const part of parts) {
    depth = Math.max(depth, part.depth);
    nodes += part.nodes;
  }
  return { depth: depth + 1, nodes: nodes + 1 };
}

/** Throws `FLOW_TOO_LARGE`. */
export function requireExtent({ depth, nodes }: Extent, path: string): void {
  if (depth <= MAXIMUM_DEPTH && nodes <= MAXIMUM_NODES) return;
  const isDeep = depth > MAXIMUM_DEPTH;
  throw new HeadgateError({
    code: 'FLOW_TOO_LARGE',
    path,
    problem: isDeep ? 'flows and conditions nest too deep' : 'there are too many tasks, flows and conditions',
    expected: isDeep ? `at most ${MAXIMUM_DEPTH} levels` : `at most ${MAXIMUM_NODES} of them`,
    received: isDeep ? `${depth} levels` : `${nodes}`,
    mend: 'Give many conditions to one `and(…)` or `or(…)` instead of nesting these, and nest fewer flows.',
  });
}
