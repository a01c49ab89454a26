/** @file What a flow function works with: handles of tasks and nested flows. Immutable; `given` returns a new one. */
import { HeadgateError, placedAt, show } from '../errors.js';
import { oneOf, readOptions, withDefault } from '../options.js';
import { bothOf, CONDITION, type Condition, conditionOf, isCondition, nodeOf } from './conditions.js';
import type { ProbabilityOf, RowOfAnswers, TaskDeclaration, ValueOf } from './declaration.js';
import type { ConditionNode, Json, WhenUnknown } from './graph.js';
import { frozenCopy, isJson } from './json.js';
import type { Extent } from './limits.js';
import { MEMBER } from './member.js';
import { requireName } from './names.js';
import type { OnlyCondition } from './wrong.js';

/** How a condition is meant. */
export interface GivenOptions {
  /**
   * What to do with a label where missing labels leave open whether the condition holds: `exclude` leaves it out of
   * the loss, metrics and tuning, `include` lets it count. Predictions know no such rows. Default `exclude`.
   */
  readonly whenUnknown?: WhenUnknown;
}

/** A leaf of a flow being declared. */
export interface TaskMember {
  readonly type: 'task';
  readonly name: string;
  readonly feature: string;
  readonly condition: ConditionNode | null;
  /** Of `condition`; absent for `exclude`. */
  readonly whenUnknown?: WhenUnknown;
  /** Name of its pathway; absent for that of the flow around it. */
  readonly pathway?: string;
}

/** A nested flow of a flow being declared. */
export interface FlowMember {
  readonly type: 'flow';
  readonly name: string;
  readonly template: FlowTemplate;
  /** The nested flow's feature names -> the outer flow's; null when they are the same. */
  readonly features: ReadonlyMap<string, string> | null;
  readonly condition: ConditionNode | null;
  /** Of `condition`; absent for `exclude`. */
  readonly whenUnknown?: WhenUnknown;
  /** Name of the pathway of what is in it; absent for its template's, else that of the flow around it. */
  readonly pathway?: string;
}

/** A declared flow: what its function returned, with paths and feature names of its own. */
export interface FlowTemplate {
  readonly name: string;
  readonly members: readonly (TaskMember | FlowMember)[];
  /** Name of the pathway of what is in it; absent where it declares none. */
  readonly pathway?: string;
  /** With everything below, as it will stand in a graph. */
  readonly extent: Extent;
}

/** The questions that a task of this kind answers: `is`, `has`, `above`, … */
type Questions<D extends TaskDeclaration> = {
  readonly [P in keyof D['predicates'] & string]: (...args: Parameters<D['predicates'][P]>) => Condition;
};

/** A prediction's leaf on request: its value, and what the network thinks (a number, or one for each class). */
export interface WithProbability<Value, Probability = unknown> {
  readonly value: Value;
  readonly probability: Probability;
  /** There, where no label of the task ever counted in a fit: the answer is one of chance. */
  readonly neverTrained?: true;
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

interface TaskTypes<Name extends string, D extends TaskDeclaration, Absent> {
  readonly name: Name;
  readonly value: RowOfAnswers<D, ValueOf<D>> | Absent;
  readonly detailed: RowOfAnswers<D, WithProbability<ValueOf<D>, ProbabilityOf<D>>> | Absent;
  readonly paths: Name;
}

/** What stands for a task that a condition shuts out: along an axis its list is there, with null at such positions. */
type Shut<D extends TaskDeclaration> = D extends { readonly axis: unknown } ? never : null;

/** A task in a flow. A kind with a truth (binary) is itself a condition. `Absent` is null once a condition is set. */
export type TaskHandle<Name extends string, D extends TaskDeclaration, Absent = never> = Member<
  TaskTypes<Name, D, Absent>
> &
  Questions<D> &
  (D extends { readonly truth: string } ? Condition : unknown) & {
    /** Lets a row count only where the condition holds; chained, all must hold. */
    readonly given: <C>(condition: OnlyCondition<C>, options?: GivenOptions) => TaskHandle<Name, D, Shut<D>>;
    /** Names the task's pathway through the backbone; tasks of one name share one. */
    readonly via: (pathway: string) => TaskHandle<Name, D, Absent>;
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
  readonly given: <C>(condition: OnlyCondition<C>, options?: GivenOptions) => FlowHandle<Name, Members, null>;
  /** Names the pathway of every leaf below that names none. */
  readonly via: (pathway: string) => FlowHandle<Name, Members, Absent>;
};

type TypesOf<M> = M extends { readonly __types?: infer T } ? Extract<T, MemberTypes> : never;

/** The object that a prediction of a flow with these members is. */
export type PredictionsOf<Members> = Shown<{ readonly [M in Members as TypesOf<M>['name']]: TypesOf<M>['value'] }>;

/** The same with `{ value, probability }` at each leaf. */
export type DetailedOf<Members> = Shown<{ readonly [M in Members as TypesOf<M>['name']]: TypesOf<M>['detailed'] }>;

/** The same type, which editors show by its properties rather than by the name that computed it. */
type Shown<T> = T extends infer Own ? { readonly [K in keyof Own]: Own[K] } : never;

/** Every leaf's path: `'doorOpen' | 'person.faceX1'`. */
export type PathsOf<Members> = TypesOf<Members>['paths'];

export type AnyMember = Member<MemberTypes>;

/** Members whose `given` was called: the handle that it gave stands for them now. */
const superseded = new WeakSet<TaskMember | FlowMember>();

/** Was a condition added to this member, and so to another handle? */
export function isSuperseded(member: TaskMember | FlowMember): boolean {
  return superseded.has(member);
}

/** Where a handle is used. */
interface Place {
  /** The flow whose function uses it; errors name it. */
  readonly flow: string;
  /** Of paths within that flow: empty for its own members, `person.` for those of its nested flow. */
  readonly prefix: string;
}

export function taskHandle(member: TaskMember, declaration: TaskDeclaration, place: Place): AnyMember {
  const path = place.prefix + member.name;
  const ask = (predicate: string, args: readonly unknown[]): Condition => {
    const asked = `${place.flow}.${path}.${predicate}`;
    try {
      declaration.predicates[predicate]?.(...args); // checks the arguments where the user wrote them
    } catch (error) {
      throw placedAt(asked, error); // a kind does not know where it is asked
    }
    return conditionOf({ type: 'predicate', path, predicate, args: jsonOf(args, asked) });
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
  return finish(handle, member, place, (next) => taskHandle(next, declaration, place));
}

export function flowHandle(
  member: FlowMember,
  declarations: ReadonlyMap<string, TaskDeclaration>,
  place: Place,
): AnyMember {
  const handle: Record<string | symbol, unknown> = Object.create(null);
  const inner: Place = { flow: place.flow, prefix: `${place.prefix}${member.name}.` };
  for (const child of member.template.members) {
    const declaration = declarations.get(child.name);
    if (child.type === 'flow') handle[child.name] = flowHandle(child, declarations, inner);
    else if (declaration !== undefined) handle[child.name] = taskHandle(child, declaration, inner);
  }
  return finish(handle, member, place, (next) => flowHandle(next, declarations, place));
}

function finish<M extends TaskMember | FlowMember>(
  handle: Record<string | symbol, unknown>,
  member: M,
  { flow, prefix }: Place,
  again: (member: M) => AnyMember,
): AnyMember {
  const path = `${flow}.${prefix}${member.name}`;
  if (prefix === '') {
    handle[MEMBER] = Object.freeze(member);
    handle.given = (condition: unknown, ...more: readonly unknown[]) => {
      if (more.length > 1 || isHandleOrCondition(more[0])) throw oneConditionOnly(path, more.length + 1);
      const own = nodeOf(condition, path);
      const next = gatedBy(member, own, whenUnknownIn(more[0] === undefined ? {} : more[0], path), path);
      superseded.add(member);
      return again(next);
    };
    handle.via = (pathway: string) => {
      requireName(pathway, `${path}.via`);
      superseded.add(member);
      return again({ ...member, pathway });
    };
  } else {
    handle.given = () => refuseGiven(path);
    handle.via = () => refuseGiven(path);
  }
  return Object.freeze(handle) as unknown as AnyMember; // built above, key by key
}

const givenSchema = { whenUnknown: withDefault(oneOf(['exclude', 'include']), 'exclude') };

function whenUnknownIn(options: unknown, path: string): WhenUnknown {
  try {
    return readOptions('given', givenSchema, options).whenUnknown;
  } catch (error) {
    throw error instanceof HeadgateError ? placedAt(`${path}.${error.path}`, error) : error;
  }
}

const isHandleOrCondition = (value: unknown): boolean =>
  isCondition(value) || (typeof value === 'object' && value !== null && MEMBER in value);

function gatedBy<M extends TaskMember | FlowMember>(
  member: M,
  own: ConditionNode,
  whenUnknown: WhenUnknown,
  path: string,
): M {
  const { whenUnknown: before = 'exclude' } = member;
  if (member.condition !== null && before !== whenUnknown) throw choicesDiffer(path, before, whenUnknown);
  const next = { ...member, condition: bothOf(member.condition, own) };
  return whenUnknown === 'exclude' ? next : { ...next, whenUnknown };
}

/** Chained conditions are one, and whether one is unknown says nothing of its parts. */
function choicesDiffer(path: string, before: WhenUnknown, received: WhenUnknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_OPTIONS',
    path: `${path}.given.whenUnknown`,
    problem: 'a chain of `given` is one condition, and its calls choose differently',
    expected: show(before),
    received: show(received),
    mend: 'Choose the same in each call, or set one of the conditions on a nested flow around it.',
  });
}

/** JavaScript would drop the others in silence. */
function oneConditionOnly(path: string, received: number): HeadgateError {
  return new HeadgateError({
    code: 'NOT_A_CONDITION',
    path,
    problem: '`given` takes one condition',
    expected: 'one condition: and(a, b), or(a, b), or a chain of `given`',
    received: `${received} arguments`,
  });
}

/** A flow is the same wherever it is nested, so its members' conditions are its own business. */
function refuseGiven(path: string): never {
  throw new HeadgateError({
    code: 'NOT_A_MEMBER',
    path,
    problem: 'a condition is set on a member of a nested flow from outside',
    expected: 'questions to it, such as person.faceX1.above(10), or `given` on the whole nested flow',
    mend: 'Call `given` where the nested flow is declared.',
  });
}

/** A copy that the caller cannot change any more. */
function jsonOf(args: readonly unknown[], path: string): readonly Json[] {
  return Object.freeze(
    args.map((arg) => {
      if (isJson(arg)) return frozenCopy(arg);
      throw new HeadgateError({
        code: 'INVALID_PREDICATE',
        path,
        problem: 'an argument of a question cannot be saved',
        expected: 'JSON: numbers that are finite, strings, booleans, null, lists and records of these',
        received: show(arg),
      });
    }),
  );
}
