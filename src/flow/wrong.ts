/** @file Types that a compiler prints when something else was meant: the message stands in the error. */
import type { Condition } from './conditions.js';
import type { MEMBER } from './member.js';

interface Handle {
  readonly [MEMBER]: unknown;
}

/** Nothing is of this type; the compiler shows `Message` where something is not. */
export interface Wrong<Message extends string> {
  readonly __wrong: Message;
}

/** What `given` takes: a condition. */
export type OnlyCondition<C> = C extends Condition
  ? C
  : C extends Handle
    ? Wrong<'this task or flow is neither true nor false: ask it something, such as shirt.is("red") or age.above(18)'>
    : Wrong<'this is no condition: a binary task, or a question to a task such as shirt.is("red")'>;

/** What a flow function returns: a list. */
export type OnlyMembers<R> = R extends readonly Handle[]
  ? R
  : R extends Handle
    ? Wrong<'a flow returns a list of tasks and flows: [task.doorOpen(x.features)]'>
    : Wrong<'a flow returns tasks and flows: what task.<name>(…) gives, with or without `given`'>;

/** The union of the members that a flow function returned. */
export type MembersOf<R> = R extends readonly (infer M)[] ? Extract<M, Handle> : never;
