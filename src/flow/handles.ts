/** @file What a flow function works with: handles of tasks and nested flows. Immutable; `given` returns a new one. */
import { placedAt } from '../errors.js';
import { bothOf, CONDITION, type Condition, conditionOf, nodeOf } from './conditions.js';
import type { TaskDeclaration, ValueOf } from './declaration.js';
import type { ConditionNode, Json } from './graph.js';
import type { Extent } from './limits.js';

/** Where a handle keeps what it stands for. */
export const MEMBER: unique symbol = Symbol('headgate.member');

/** A leaf of a flow being declared. */
export interface TaskMember {
  readonly type: 'task';
  readonly name: string;
  readonly feature: string;
  readonly condition: ConditionNode | null;
}

/** A nested flow of a flow being declared. */
export interface FlowMember {
  readonly type: 'flow';
  readonly name: string;
  readonly template: FlowTemplate;
  /** The nested flow's feature names -> the outer flow's; null when they are the same. */
  readonly features: ReadonlyMap<string, string> | null;
  readonly condition: ConditionNode | null;
}

/** A declared flow: what its function returned, with paths and feature names of its own. */
export interface FlowTemplate {
  readonly name: string;
  readonly members: readonly (TaskMember | FlowMember)[];
  /** With everything below, as it will stand in a graph. */
  readonly extent: Extent;
}

/** The questions that a task of this kind answers: `is`, `has`, `above`, … */
type Questions<D extends TaskDeclaration> = {
  readonly [P in keyof D['predicates'] & string]: (...args: Parameters<D['predicates'][P]>) => Condition;
};

/** A prediction's leaf on request: its value, and what the network thinks (a number, or one for each class). */
export interface WithProbability<Value> {
  readonly value: Value;
  readonly probability: unknown;
}

/** What the compiler knows of a member. */
export interface MemberTypes {
  readonly name: string;
  /** What a prediction holds for it; null where it may not apply. */
  readonly value: unknown;
  /** The same, each leaf with its probability. */
  readonly detailed: unknown;
  /** Paths of the leaves, from this member on. */
  readonly paths: string;
}

export interface Member<Types extends MemberTypes> {
  readonly [MEMBER]: TaskMember | FlowMember;
  /** Never set: for the compiler only. */
  readonly __types?: Types;
}

interface TaskTypes<Name extends string, Value, Absent> {
  readonly name: Name;
  readonly value: Value | Absent;
  readonly detailed: WithProbability<Value> | Absent;
  readonly paths: Name;
}

/** A task in a flow. A kind with a truth (binary) is itself a condition. `Absent` is null once a condition is set. */
export type TaskHandle<Name extends string, D extends TaskDeclaration, Absent = never> = Member<
  TaskTypes<Name, ValueOf<D>, Absent>
> &
  Questions<D> &
  (D extends { readonly truth: string } ? Condition : unknown) & {
    /** Lets a row count only where the condition holds; chained, all must hold. */
    readonly given: (condition: Condition) => TaskHandle<Name, D, null>;
  };

interface FlowTypes<Name extends string, Members, Absent> {
  readonly name: Name;
  readonly value: PredictionsOf<Members> | Absent;
  readonly detailed: DetailedOf<Members> | Absent;
  readonly paths: `${Name}.${PathsOf<Members>}`;
}

/** A nested flow in a flow. Its members are reachable by name, for conditions on them. */
export type FlowHandle<Name extends string, Members, Absent = never> = Member<FlowTypes<Name, Members, Absent>> & {
  readonly [M in Members as TypesOf<M>['name']]: M;
} & {
  /** Lets a row count, for every leaf below, only where the condition holds. */
  readonly given: (condition: Condition) => FlowHandle<Name, Members, null>;
};

type TypesOf<M> = M extends { readonly __types?: infer T } ? Extract<T, MemberTypes> : never;

/** The object that a prediction of a flow with these members is. */
export type PredictionsOf<Members> = { readonly [M in Members as TypesOf<M>['name']]: TypesOf<M>['value'] };

/** The same with `{ value, probability }` at each leaf. */
export type DetailedOf<Members> = { readonly [M in Members as TypesOf<M>['name']]: TypesOf<M>['detailed'] };

/** Every leaf's path: `'doorOpen' | 'person.faceX1'`. */
export type PathsOf<Members> = TypesOf<Members>['paths'];

export type AnyMember = Member<MemberTypes>;

/**
 * @param flow in which the handle is used; errors of predicates name it
 * @param prefix of the task's path within that flow
 */
export function taskHandle(member: TaskMember, declaration: TaskDeclaration, flow: string, prefix = ''): AnyMember {
  const path = prefix + member.name;
  const ask = (predicate: string, args: readonly unknown[]): Condition => {
    try {
      declaration.predicates[predicate]?.(...args); // checks the arguments where the user wrote them
    } catch (error) {
      throw placedAt(`${flow}.${path}.${predicate}`, error); // a kind does not know where it is asked
    }
    return conditionOf({ type: 'predicate', path, predicate, args: jsonOf(args) });
  };
  const handle: Record<string | symbol, unknown> = Object.create(null);
  for (const predicate of Object.keys(declaration.predicates)) {
    handle[predicate] = (...args: unknown[]) => ask(predicate, args);
  }
  if (declaration.truth !== undefined) {
    const truth = ask(declaration.truth, []);
    handle[CONDITION] = truth[CONDITION];
    handle.not = truth.not;
  }
  return finish(handle, member, (next) => taskHandle(next, declaration, flow, prefix));
}

/** A copy that the caller's array cannot change any more. The predicate accepted them, and predicates take JSON. */
function jsonOf(args: readonly unknown[]): readonly Json[] {
  return Object.freeze(args.map((arg) => (Array.isArray(arg) ? jsonOf(arg) : arg))) as readonly Json[];
}

export function flowHandle(
  member: FlowMember,
  declarations: ReadonlyMap<string, TaskDeclaration>,
  flow: string,
  prefix = '',
): AnyMember {
  const handle: Record<string | symbol, unknown> = Object.create(null);
  const inner = `${prefix}${member.name}.`;
  for (const child of member.template.members) {
    const declaration = declarations.get(child.name);
    if (child.type === 'flow') handle[child.name] = flowHandle(child, declarations, flow, inner);
    else if (declaration !== undefined) handle[child.name] = taskHandle(child, declaration, flow, inner);
  }
  return finish(handle, member, (next) => flowHandle(next, declarations, flow, prefix));
}

function finish<M extends TaskMember | FlowMember>(
  handle: Record<string | symbol, unknown>,
  member: M,
  again: (member: M) => AnyMember,
): AnyMember {
  handle[MEMBER] = Object.freeze(member);
  handle.given = (condition: unknown) =>
    again({ ...member, condition: bothOf(member.condition, nodeOf(condition, member.name)) });
  return Object.freeze(handle) as unknown as AnyMember; // built above, key by key
}
