/** @file Scores to what a user wants: one nested object a row, with null where a task does not apply. */
import type { Flow } from '../flow/flow.js';
import type { FlowNode } from '../flow/graph.js';
import { TRUE } from '../flow/truth.js';
import { type Scores, scoresOf, type Thresholds } from '../score/scores.js';
import type { TaskKind } from '../tasks/kind.js';
import type { Layout } from '../tasks/layout.js';
import { decode } from './decode.js';
import { decodedGates, type Gates } from './gates.js';

export interface PredictOptions {
  /** Leaves become `{ value, probability }`; `probability` is the kind's: a number, or one for each class. Default false. */
  readonly probabilities?: boolean;
}

/** A leaf's value (or `{ value, probability }`), the members of a flow by name, or null where it does not apply. */
export type Prediction = unknown;
export type FlowPrediction = { readonly [name: string]: Prediction };

/**
 * One object a row, members in flow order. A leaf is null where its gate is closed by the decoded predictions; a nested
 * flow is null where its own condition, or one around it, does not hold. Any name is safe as a key, `__proto__` too.
 */
export function predict(
  flow: Flow<TaskKind>,
  layout: Layout,
  scores: Scores,
  thresholds: Thresholds,
  { probabilities = false }: PredictOptions = {},
): readonly FlowPrediction[] {
  const decoded = decode(layout, scores, thresholds);
  const gates = decodedGates(flow, layout, decoded);
  const leaf = leafReader(layout, scores, decoded, probabilities);
  return Array.from({ length: scores.rows }, (_, row) => flowPrediction(flow.graph.root, row, gates, leaf));
}

type LeafReader = (path: string, row: number) => Prediction;

function flowPrediction(node: FlowNode, row: number, gates: Gates, leaf: LeafReader): FlowPrediction {
  // `fromEntries` defines properties, so that `__proto__` is one like any other
  return Object.fromEntries(
    node.members.map((member) => {
      if (member.type === 'task') return [member.name, gates.isOpen(member.path, row) ? leaf(member.path, row) : null];
      const open = member.condition === null || gates.truth(member.condition, row) === TRUE;
      return [member.name, open ? flowPrediction(member, row, gates, leaf) : null];
    }),
  );
}

function leafReader(layout: Layout, scores: Scores, decoded: Float64Array, probabilities: boolean): LeafReader {
  const readers = new Map(
    layout.slots.map(({ task: { path, kind }, offset }) => {
      const { activated } = scoresOf(scores, path);
      return [
        path,
        (row: number): Prediction => {
          const value = kind.value(decoded, row * layout.width + offset);
          return probabilities ? { value, probability: kind.probability(activated, row * kind.units) } : value;
        },
      ] as const;
    }),
  );
  return (path, row) => readers.get(path)?.(row) ?? null;
}
