/** @file Which part of a condition failed on a row, in words. */
import { show } from '../errors.js';
import { matchCondition } from '../flow/conditions.js';
import type { AndNode, ConditionNode, Json, OrNode, PredicateNode } from '../flow/graph.js';
import { printCondition } from '../flow/print.js';
import { TRUE, UNKNOWN } from '../flow/truth.js';
import { scoresOf } from '../score/scores.js';
import { scoredUnits } from '../tasks/kind.js';
import type { Layout } from '../tasks/layout.js';
import type { Decisions } from './decisions.js';
import { askedAlong } from './gates.js';

/** `not doorOpen: doorOpen is True (0.93)`: a condition that does not hold on a row, and each part that fails it. */
export type Reasons = (condition: ConditionNode, row: number) => string;

export function createReasons(layout: Layout, { scores, decoded, gates }: Decisions): Reasons {
  /** The predicates because of which `node` does not come out as `wanted`; none when it does. */
  const failures = (node: ConditionNode, wanted: boolean, row: number): readonly PredicateNode[] => {
    const all = ({ of }: AndNode | OrNode) => of.map((part) => failures(part, wanted, row));
    const any = (node: AndNode | OrNode): readonly PredicateNode[] => {
      const parts = all(node);
      return parts.some((part) => part.length === 0) ? [] : parts.flat();
    };
    return matchCondition<readonly PredicateNode[]>(node, {
      predicate: (own) => {
        const truth = gates.truth(own, row);
        return truth !== UNKNOWN && (truth === TRUE) === wanted ? [] : [own];
      },
      not: ({ of }) => failures(of, !wanted, row),
      // an `and` that is to hold needs all its parts, and one that is not to hold any of them; an `or` the other way
      and: (own) => (wanted ? all(own).flat() : any(own)),
      or: (own) => (wanted ? any(own) : all(own).flat()),
    });
  };

  const fact = ({ path, args }: PredicateNode, row: number): string => {
    if (!gates.isOpen(path, row)) return `${path} does not apply`;
    const { task, offset } = layout.slot(path); // of one answer a row
    const { activated } = scoresOf(scores, path);
    const value = task.kind.value(decoded, row * layout.width + offset);
    const probability = task.kind.probability(activated, row * scoredUnits(task.kind));
    return valueFact(path, value, probability, args);
  };

  return (condition, row) => {
    const along = askedAlong(layout, condition);
    if (along !== null) return `${printCondition(condition)}: at no ${along.axis}`; // each would have its own reason
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
