/** @file What a handle stands for, and how a message speaks of it. */
import { listed } from '../errors.js';

/** Where a handle keeps what it stands for. */
export const MEMBER: unique symbol = Symbol('headgate.member');

/** `the task "doorOpen"`; undefined for what is no handle. */
export function memberWords(value: unknown): string | undefined {
  const member = memberOf(value);
  return (
    member && `the ${Reflect.get(member, 'type') === 'flow' ? 'flow' : 'task'} "${String(Reflect.get(member, 'name'))}"`
  );
}

function memberOf(value: unknown): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const member: unknown = Reflect.get(value, MEMBER);
  return typeof member === 'object' && member !== null ? member : undefined; // only handles carry the symbol
}

/** How a message names a handle, and how it becomes a condition; undefined for anything else. */
export function describeMember(value: unknown): { readonly what: string; readonly mend: string } | undefined {
  const member = memberOf(value);
  if (member === undefined) return undefined;
  const name = String(Reflect.get(member, 'name'));
  if (Reflect.get(member, 'type') === 'flow') {
    return { what: `the flow "${name}"`, mend: `Ask one of its tasks: ${name}.<task>.<question>(…).` };
  }
  const questions = Object.keys(Object(value)).filter((key) => !['given', 'not', 'via'].includes(key));
  return {
    what: `the task "${name}", which is neither true nor false`,
    mend:
      questions.length === 0
        ? 'A task of this kind answers no questions.'
        : `Ask it something: ${listed(questions.map((question) => `${name}.${question}(…)`))}.`,
  };
}
