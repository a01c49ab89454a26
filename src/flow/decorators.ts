/** @file The class front end: fields that are tasks, methods that are flows. It declares what the builder declares. */
import 'reflect-metadata';
import { HeadgateError, show } from '../errors.js';
import { FLOWS, ROOT, remembered, TASKS } from './class-declaration.js';
import type { Condition } from './conditions.js';
import type { TaskDeclaration } from './declaration.js';
import type { FeatureRef } from './features.js';
import type { AnyMember, GivenOptions, TaskHandle } from './handles.js';
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
    readonly given: (condition: Condition, options?: GivenOptions) => ValueHandle<Value>;
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
    readonly given: (condition: Condition, options?: GivenOptions) => NestedFlow<M>;
  };

/** Why a field's type does not fit its task, where the compiler shows it. */
interface WrongTaskType<Message extends string> {
  readonly __wrong: Message;
}

type Fits<Field, D extends TaskDeclaration> = ((feature: FeatureRef) => TaskHandle<string, D>) extends Field
  ? unknown
  : WrongTaskType<'the type of the field is not that of its task: TaskOf<the value that the task predicts>'>;

/**
 * Marks a field as a task: `@Task(binary()) doorOpen!: TaskOf<boolean>;`
 *
 * @throws HeadgateError `NOT_DECORATED`
 */
export function Task<D extends TaskDeclaration>(declaration: D) {
  return <C extends { readonly [N in K]: unknown }, K extends string>(target: C & Fits<C[K], D>, name: K): void => {
    remember(TASKS, target, name, declaration);
  };
}

/**
 * Marks a method as a flow. In it, `this.doorOpen(x.features)` is a task, and `nested(this.person(x))` a flow declared
 * above it; it returns them in a list or by their names. The class is never instantiated.
 *
 * @throws HeadgateError `NOT_DECORATED`
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

/**
 * Marks the flow that is the root, where it is not the last one. A class has one; a subclass may mark another.
 *
 * @throws HeadgateError `DUPLICATE_NAME` for a second one, `NOT_DECORATED`
 */
export function Root() {
  return (target: object, name: string): void => {
    requirePlace(target, name);
    const other: unknown = Reflect.getOwnMetadata(ROOT, target);
    if (other !== undefined) throw secondRoot(name, String(other));
    Reflect.defineMetadata(ROOT, name, target);
  };
}

/**
 * A flow method called in another one is that flow, nested: `nested(this.person(x)).given(present)`.
 *
 * @throws HeadgateError `NOT_A_MEMBER`
 */
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

function secondRoot(name: string, other: string): HeadgateError {
  return new HeadgateError({
    code: 'DUPLICATE_NAME',
    path: name,
    problem: 'the class has two roots',
    expected: 'one method marked @Root()',
    received: `${name} and ${other}`,
  });
}

function remember(key: symbol, target: object, name: unknown, value: unknown): void {
  requirePlace(target, name);
  // The entries of base classes are copied, so that a class never changes its base.
  Reflect.defineMetadata(key, new Map(remembered(key, target)).set(name, value), target);
}

/** @throws HeadgateError `NOT_DECORATED` where a decorator is called in another way than experimental decorators are */
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
