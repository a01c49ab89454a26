/** @file Which part of a condition failed on a row, in words. */
import { show } from '../errors.js';
import type { ConditionNode, Json, PredicateNode } from '../flow/graph.js';
import { printCondition } from '../flow/print.js';
import { TRUE, UNKNOWN } from '../flow/truth.js';
import { type Scores, scoresOf } from '../score/scores.js';
import type { Layout } from '../tasks/layout.js';
import type { Gates } from './gates.js';

/** `not doorOpen: doorOpen is True (0.93)`: a condition that does not hold on a row, and each part that fails it. */
export type Reasons = (condition: ConditionNode, row: number) => string;

export function createReasons(layout: Layout, scores: Scores, decoded: Float64Array, gates: Gates): Reasons {
  /** The predicates because of which `node` does not come out as `wanted`; none when it does. */
  const failures = (node: ConditionNode, wanted: boolean, row: number): readonly PredicateNode[] => {
    if (node.type === 'not') return failures(node.of, !wanted, row);
    if (node.type === 'predicate') {
      const truth = gates.truth(node, row);
      return truth !== UNKNOWN && (truth === TRUE) === wanted ? [] : [node];
    }
    const parts = node.of.map((part) => failures(part, wanted, row));
    const needsAll = (node.type === 'and') === wanted;
    return !needsAll && parts.some((part) => part.length === 0) ? [] : parts.flat();
  };

  const fact = ({ path, args }: PredicateNode, row: number): string => {
    if (!gates.isOpen(path, row)) return `${path} does not apply`;
    const { task, offset } = layout.slot(path);
    const { activated } = scoresOf(scores, path);
    const value = task.kind.value(decoded, row * layout.width + offset);
    const probability = task.kind.probability(activated, row * task.kind.units);
    return valueFact(path, value, probability, args);
  };

  return (condition, row) => {
    const facts = failures(condition, true, row).map((failed) => fact(failed, row));
    return `${printCondition(condition)}: ${[...new Set(facts)].join(', ')}`;
  };
}

/** By the form of the value, so that kinds from outside read as well as ours. */
function valueFact(name: string, value: unknown, probability: unknown, args: readonly Json[]): string {
  if (typeof value === 'boolean') return `${name} is ${value ? 'True' : 'False'}${inBrackets(probability)}`;
  if (typeof value === 'string') return `${name} is ${value}${inBrackets(entry(probability, value))}`;
  if (typeof value === 'number') return `${name} is ${value.toFixed(4)}`;
  const element = args.find((arg) => typeof arg === 'string' && entry(value, arg) !== undefined);
  if (typeof element !== 'string') return `${name} is ${show(value)}`;
  return valueFact(`${name}.${element}`, entry(value, element), entry(probability, element), []);
}

function entry(record: unknown, key: string): unknown {
  if (typeof record !== 'object' || record === null || !Object.hasOwn(record, key)) return undefined;
  const value: unknown = Reflect.get(record, key);
  return value;
}

const inBrackets = (probability: unknown): string =>
  typeof probability === 'number' ? ` (${probability.toFixed(2)})` : '';
