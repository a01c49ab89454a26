import { expect, test } from 'vitest';
import { type Json, Project, type TaskKind, vector } from '../../src/index.js';
import { count } from '../tasks/external-kind.js';
import { refusal } from './refusal.js';

const declare = (kind: unknown) =>
  new Project({
    name: 'p',
    inputs: { row: vector({ size: 1 }) },
    tasks: { cars: kind as TaskKind },
    backbone: ({ row }) => ({ features: row }),
  });

test.each([
  ['what is no task', 'binary', 'NOT_A_TASK', '"binary"'],
  ['a task that was not called', count, 'NOT_A_TASK', 'a function'],
  ['half a task', { ...count(), decode: undefined, encode: null, loss: 1 }, 'NOT_A_TASK', ''],
])('%s is refused', (_, kind, code, received) => {
  const error = refusal(() => declare(kind));
  expect(error).toMatchObject({ code, path: 'tasks.cars' });
  if (received !== '') expect(error.received).toBe(received);
});

const question = () => ({ element: 0, oneOf: [1] });

test.each<[string, Partial<Record<keyof TaskKind, unknown>>, string, string]>([
  ['a predicate called given', { predicates: { given: question }, truth: undefined }, 'this name', '"given"'],
  [
    'a predicate called __proto__',
    { predicates: Object.fromEntries([['__proto__', question]]) },
    'this name',
    '"__proto__"',
  ],
  ['a truth that is no predicate', { truth: 'isSum' }, 'its truth', '"isSum"'],
  [
    'options that are not JSON',
    { options: { since: new Date(0) } as unknown as Json },
    'saved',
    '{"since":"1970-01-01T00:00:00.000Z"}',
  ],
  ['options with NaN', { options: [Number.NaN] }, 'saved', '[null]'],
  ['options that go in circles', { options: circle() }, 'saved', '[object Array]'],
  ['no predicates', { predicates: null }, 'predicates', 'null'],
  ['no width', { width: 0 }, 'width', '0'],
  ['no name', { kind: '' }, 'no name', '""'],
  ['a number as its axis', { axis: 3 }, 'its axis', '3'],
  ['null as its axis', { axis: null }, 'its axis', 'null'],
  ['an axis that is no name', { axis: 'a token' }, 'its axis', '"a token"'],
  ['an axis called __proto__', { axis: '__proto__' }, 'its axis', '"__proto__"'],
  ['a width that is no whole number', { width: 1.5 }, 'width', '1.5'],
])('a kind with %s is refused', (_, change, problem, received) => {
  const error = refusal(() => declare({ ...count(), ...change }));
  expect(error).toMatchObject({ code: 'INVALID_KIND', path: 'tasks.cars', received });
  expect(error.problem).toContain(problem);
});

function circle(): unknown[] {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

test('the truth nearest to a mistaken one is suggested', () => {
  expect(refusal(() => declare({ ...count(), truth: 'isSum' })).suggestion).toBe('isSome');
});

test('arguments of a question that cannot be saved are refused where they are written', () => {
  const kind = { ...count(), predicates: { ...count().predicates, since: (_: unknown) => ({ element: 0, above: 0 }) } };
  const project = declare(kind);
  const ask = (argument: unknown) =>
    refusal(() =>
      project.flow('full', (task, x) => {
        const cars: unknown = task.cars(x.features);
        (cars as { since(value: unknown): unknown }).since(argument);
        return [task.cars(x.features)];
      }),
    );
  for (const argument of [new Date(0), Number.POSITIVE_INFINITY, undefined, () => 1, new Map(), [[Number.NaN]]]) {
    expect(ask(argument)).toMatchObject({ code: 'INVALID_PREDICATE', path: 'full.cars.since' });
  }
});
