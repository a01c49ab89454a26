/** @file Decisions to what a user wants: one nested object a row, with null where a task does not apply. */
import { nestedList } from '../data/ragged/nested.js';
import type { FlowNode } from '../flow/graph.js';
import { TRUE } from '../flow/truth.js';
import { flag, withDefault } from '../options.js';
import { scoresOf } from '../score/scores.js';
import { scoredUnits } from '../tasks/kind.js';
import { type Layout, labelStart } from '../tasks/layout.js';
import type { Decisions } from './decisions.js';
import { askedAlong } from './gates.js';

export interface PredictOptions {
  /**
   * Leaves become `{ value, probability }`; `probability` is the kind's: a number, or one for each class, or null for a
   * number that has none. Those of a task of which no label ever counted in a fit have `neverTrained: true`, too. Default
   * false.
   */
  readonly probabilities?: boolean;
}

export const predictionSchema = { probabilities: withDefault(flag, false) };

/** A leaf's value (or `{ value, probability }`), the members of a flow by name, or null where it does not apply. */
export type Prediction = unknown;
export type FlowPrediction = { readonly [name: string]: Prediction };

/**
 * One object a row, members in flow order. A leaf is null where its gate is closed by the decoded predictions; a nested
 * flow is null where its own condition, or one around it, does not hold. Any name is safe as a key, `__proto__` too.
 *
 * A task along an axis has a list, along several lists within lists, with null at the positions where its gate is closed.
 * They are as long as the row's own: a position that was padded has no prediction. A nested flow whose condition asks
 * along an axis is there in any case: at which positions it applies, its tasks' lists say.
 */
export function predict(
  layout: Layout,
  decisions: Decisions,
  { probabilities = false }: PredictOptions = {},
): readonly FlowPrediction[] {
  const read = flowReader(layout.flow.graph.root, layout, decisions, probabilities);
  return Array.from({ length: decisions.scores.rows }, (_, row) => read(row));
}

type Reader<T> = (row: number) => T;

function flowReader(
  node: FlowNode,
  layout: Layout,
  decisions: Decisions,
  probabilities: boolean,
): Reader<FlowPrediction> {
  const { gates } = decisions;
  const members = node.members.map((member): readonly [string, Reader<Prediction>] => {
    if (member.type === 'task') return [member.name, leafReader(member.path, layout, decisions, probabilities)];
    const inner = flowReader(member, layout, decisions, probabilities);
    const { condition } = member;
    if (condition === null || askedAlong(layout, condition) !== null) return [member.name, inner];
    return [member.name, (row) => (gates.truth(condition, row) === TRUE ? inner(row) : null)];
  });
  // `fromEntries` defines properties, so that `__proto__` is one like any other
  return (row) => Object.fromEntries(members.map(([name, read]) => [name, read(row)]));
}

function leafReader(
  path: string,
  layout: Layout,
  { scores, decoded, gates, positions }: Decisions,
  probabilities: boolean,
): Reader<Prediction> {
  const slot = layout.slot(path);
  const { axis, shape } = slot;
  const { kind } = slot.task;
  const { activated } = scoresOf(scores, path);
  const gate = gates.ofTask(path);
  const answer = (instance: number): Prediction => {
    if (gate[instance] !== TRUE) return null;
    const value = kind.value(decoded, labelStart(layout, slot, instance));
    if (!probabilities) return value;
    const detailed = { value, probability: kind.probability(activated, instance * scoredUnits(kind)) };
    return slot.neverTrained ? { ...detailed, neverTrained: true } : detailed;
  };
  if (axis === null) return answer;
  const extents = positions?.(path)?.extents ?? null;
  return (row) => nestedList(row, shape, extents, answer);
}
