/** @file The class front end: fields that are tasks, methods that are flows. It declares what the builder declares. */
import 'reflect-metadata';
import { HeadgateError, listed, show } from '../errors.js';
import type { Condition } from './conditions.js';
import type { TaskDeclaration } from './declaration.js';
import type { UntypedFlowFunction } from './declare.js';
import type { FeatureRef } from './features.js';
import type { AnyMember, TaskHandle } from './handles.js';
import { MEMBER } from './member.js';

/**
 * The type of a field that `@Task` marks, by the value that the task predicts: `TaskOf<boolean>`,
 * `TaskOf<'red' | 'blue'>`, `TaskOf<number>`, `TaskOf<Record<'red' | 'blue', boolean>>`. For a kind of your own, by its
 * declaration: `TaskOf<typeof kind>`.
 */
export type TaskOf<Value> = (
  feature: FeatureRef,
) => [Value] extends [TaskDeclaration] ? TaskHandle<string, Value> : ValueHandle<Value>;

/** A task in a flow method. */
export type ValueHandle<Value> = AnyMember &
  Questions<Value> & {
    /** Lets a row count only where the condition holds; chained, all must hold. */
    readonly given: (condition: Condition) => ValueHandle<Value>;
  };

type Questions<Value> = [Value] extends [boolean]
  ? Condition
  : [Value] extends [string]
    ? { readonly is: (name: Value) => Condition; readonly in: (names: readonly Value[]) => Condition }
    : [Value] extends [number]
      ? {
          readonly above: (bound: number) => Condition;
          readonly below: (bound: number) => Condition;
          readonly between: (low: number, high: number) => Condition;
        }
      : [Value] extends [Readonly<Record<infer Class, boolean>>]
        ? { readonly has: (name: Class) => Condition }
        : unknown;

/** Members that a flow method returns: in a list, or by their names, which lets `nested` know them. */
export type Members = readonly AnyMember[] | Readonly<Record<string, AnyMember>>;

/** A nested flow in a flow method. */
export type NestedFlow<M extends Members> = AnyMember &
  (M extends readonly AnyMember[] ? unknown : M) & {
    /** Lets a row count, for every leaf below, only where the condition holds. */
    readonly given: (condition: Condition) => NestedFlow<M>;
  };

/** Why a field's type does not fit its task, where the compiler shows it. */
interface WrongTaskType<Message extends string> {
  readonly __wrong: Message;
}

type Fits<Field, D extends TaskDeclaration> = ((feature: FeatureRef) => TaskHandle<string, D>) extends Field
  ? unknown
  : WrongTaskType<'the type of the field is not that of its task: TaskOf<the value that the task predicts>'>;

const TASKS = Symbol('headgate.tasks');
const FLOWS = Symbol('headgate.flows');
const ROOT = Symbol('headgate.root');

/** Marks a field as a task: `@Task(binary()) doorOpen!: TaskOf<boolean>;` */
export function Task<D extends TaskDeclaration>(declaration: D) {
  return <C extends { readonly [N in K]: unknown }, K extends string>(target: C & Fits<C[K], D>, name: K): void => {
    remember(TASKS, target, name, declaration);
  };
}

/**
 * Marks a method as a flow. In it, `this.doorOpen(x.features)` is a task, and `nested(this.person(x))` a flow declared
 * above it; it returns them in a list or by their names. The class is never instantiated.
 */
export function Flow() {
  return <M extends (features: never) => Members>(
    target: object,
    name: string,
    _method: TypedPropertyDescriptor<M>,
  ): void => {
    remember(FLOWS, target, name, null);
  };
}

/** Marks the flow that is the root, where it is not the last one. A class has one; a subclass may mark another. */
export function Root() {
  return (target: object, name: string): void => {
    requirePlace(target, name);
    const other: unknown = Reflect.getOwnMetadata(ROOT, target);
    if (other !== undefined) throw secondRoot(name, String(other));
    Reflect.defineMetadata(ROOT, name, target);
  };
}

/** A flow method called in another one is that flow, nested: `nested(this.person(x)).given(present)`. */
export function nested<const M extends Members>(called: M): NestedFlow<M> {
  // Within a flow method, `this.person(x)` does not run the method: it gives the handle of the flow declared from it.
  if (Reflect.get(called, MEMBER) !== undefined) return called as unknown as NestedFlow<M>;
  throw new HeadgateError({
    code: 'NOT_A_MEMBER',
    path: 'nested',
    problem: 'it was not given a flow',
    expected: 'a call of a method marked @Flow(), in another one: nested(this.person(x))',
    received: show(called),
  });
}

/** What a class declares. */
export interface ClassDeclaration {
  readonly tasks: ReadonlyMap<string, TaskDeclaration>;
  /** In the order in which they stand in the class, those of its base classes first. */
  readonly flows: ReadonlyMap<string, UntypedFlowFunction>;
  readonly root: string | null;
}

/** Throws `NOT_DECORATED` for a class without a task or a flow, `UNKNOWN_FLOW` for a root that is no flow. */
export function readClass(declared: abstract new () => object): ClassDeclaration {
  const prototype: object = declared.prototype;
  const tasks = remembered<TaskDeclaration>(TASKS, prototype);
  const flows = [...remembered<null>(FLOWS, prototype).keys()];
  if (tasks.size === 0) throw notDecorated(declared.name, 'task', '@Task(binary()) doorOpen!: TaskOf<boolean>');
  if (flows.length === 0) throw notDecorated(declared.name, 'flow', '@Flow() full(x) { return [this.doorOpen(…)]; }');
  const root: unknown = Reflect.getMetadata(ROOT, prototype);
  if (typeof root === 'string' && !flows.includes(root)) throw rootIsNoFlow(root, flows);
  return {
    tasks,
    flows: new Map(flows.map((name) => [name, flowFunction(prototype, name, new Set([...tasks.keys(), ...flows]))])),
    root: typeof root === 'string' ? root : null,
  };
}

function flowFunction(prototype: object, name: string, declared: ReadonlySet<string>): UntypedFlowFunction {
  return (task, features) => {
    const self: unknown = new Proxy(Object.create(prototype), {
      get: (target: object, key) => {
        const isHelper = typeof key === 'symbol' || (!declared.has(key) && key in target);
        return isHelper ? Reflect.get(target, key, self) : task[key];
      },
      set: () => false,
    });
    const method: unknown = Reflect.get(prototype, name);
    if (typeof method !== 'function') throw new Error(`${name} is marked @Flow() and is not a method`);
    return listOf(method.call(self, features), name);
  };
}

function notDecorated(path: string, what: string, example: string): HeadgateError {
  return new HeadgateError({
    code: 'NOT_DECORATED',
    path,
    problem: `the class declares no ${what}`,
    expected: `at least one, such as ${example}`,
    mend: 'Mark it, and compile with "experimentalDecorators".',
  });
}

function rootIsNoFlow(root: string, flows: readonly string[]): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_FLOW',
    path: root,
    problem: 'what @Root() marks is not a flow',
    expected: `one of ${listed(flows)}`,
    received: root,
    mend: 'Mark it with @Flow(), too.',
  });
}

function secondRoot(name: string, other: string): HeadgateError {
  return new HeadgateError({
    code: 'DUPLICATE_NAME',
    path: name,
    problem: 'the class has two roots',
    expected: 'one method marked @Root()',
    received: `${name} and ${other}`,
  });
}

/** What is neither a list nor a record of members is left for `declareFlow` to explain. */
function listOf(returned: unknown, flow: string): readonly AnyMember[] {
  const isRecord =
    typeof returned === 'object' && returned !== null && !Array.isArray(returned) && !(MEMBER in returned);
  if (!isRecord) return returned as readonly AnyMember[];
  return Object.entries(returned).map(([key, member]: [string, AnyMember]) => {
    const name = member?.[MEMBER]?.name;
    if (name === undefined || name === key) return member;
    throw new HeadgateError({
      code: 'INVALID_NAME',
      path: `${flow}.${key}`,
      problem: 'a task or nested flow is returned under another name than its own',
      expected: show(name),
      received: show(key),
      mend: `Return it as { ${name} }, or return a list.`,
    });
  });
}

function remember(key: symbol, target: object, name: unknown, value: unknown): void {
  requirePlace(target, name);
  // The entries of base classes are copied, so that a class never changes its base.
  Reflect.defineMetadata(key, new Map(remembered(key, target)).set(name, value), target);
}

/** Throws `NOT_DECORATED` where a decorator is called in another way than TypeScript's experimental decorators are. */
function requirePlace(target: unknown, name: unknown): asserts name is string {
  if (typeof target === 'object' && target !== null && typeof name === 'string') return;
  const isStandard = typeof name === 'object' && name !== null && 'kind' in name; // a context: the decorators of TC39
  const member: unknown = isStandard ? Reflect.get(name, 'name') : name;
  throw new HeadgateError({
    code: 'NOT_DECORATED',
    path: String(member),
    problem: 'this decorator cannot be applied here',
    expected: 'a field or method of instances, named by a string, compiled with experimental decorators',
    received: isStandard ? 'a standard decorator' : typeof target === 'function' ? 'a static member' : show(member),
    mend: isStandard
      ? 'Set "experimentalDecorators": true in the tsconfig.json that this file is compiled by.'
      : undefined,
  });
}

function remembered<T>(key: symbol, target: object): ReadonlyMap<string, T> {
  const known: ReadonlyMap<string, T> | undefined = Reflect.getMetadata(key, target); // set by `remember` alone
  return known ?? new Map();
}
