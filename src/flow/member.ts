/** @file What a handle stands for, and how a message speaks of it. */
import { listed } from '../errors.js';

/** Where a handle keeps what it stands for. */
export const MEMBER: unique symbol = Symbol('headgate.member');

/** How a message names a handle, and how it becomes a condition; undefined for anything else. */
export function describeMember(value: unknown): { readonly what: string; readonly mend: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const member: unknown = Reflect.get(value, MEMBER);
  if (typeof member !== 'object' || member === null) return undefined; // only handles carry the symbol
  const name = String(Reflect.get(member, 'name'));
  if (Reflect.get(member, 'type') === 'flow') {
    return { what: `the flow "${name}"`, mend: `Ask one of its tasks: ${name}.<task>.<question>(…).` };
  }
  const questions = Object.keys(value).filter((key) => key !== 'given' && key !== 'not');
  return {
    what: `the task "${name}", which is neither true nor false`,
    mend:
      questions.length === 0
        ? 'A task of this kind answers no questions.'
        : `Ask it something: ${listed(questions.map((question) => `${name}.${question}(…)`))}.`,
  };
}
