import { expect, test } from 'vitest';
import { listed } from '../../src/errors.js';
import { binary, Project, type TaskKind, vector } from '../../src/index.js';
import { refusal } from './refusal.js';

const inputs = { row: vector({ size: 3 }) };
const parsed = <T>(name: string, value: T): Record<string, T> => {
  const record = JSON.parse(`{ ${JSON.stringify(name)}: 0 }`);
  Object.defineProperty(record, name, { value, enumerable: true });
  return record;
};

test.each(['door', '_door', 'door-open', 'door_2', 'дверь', '門', 'toString', 'a'.repeat(200)])(
  '%s names a task, an input and a flow',
  (name) => {
    const project = new Project({ name: 'p', inputs: { [name]: vector({ size: 1 }) }, tasks: { [name]: binary() } });
    const { graph } = project.flow(`${name.slice(0, 198)}-f`, (task, x) => {
      const callable = task[name];
      if (callable === undefined) throw new Error('the compiler does not know that it is there');
      return [callable(x.features)];
    });
    expect(graph.root.members[0]?.path).toBe(name);
    expect(Object.keys(graph.inputs)).toEqual([name]);
  },
);

const wrong = ['', 'a.b', '2a', '-a', 'a b', 'a\n', 'a'.repeat(201), '.', 'a/b'];
const reserved = ['__proto__', 'constructor', 'prototype', 'given', 'not', 'then'];

test.each([...wrong, ...reserved])('%s does not', (name) => {
  const problem = reserved.includes(name) ? 'this name is reserved' : 'this cannot be a name';
  const check = (run: () => unknown, path: string): void => {
    const error = refusal(run);
    expect(error.code).toBe('INVALID_NAME');
    expect(error.path).toBe(path);
    expect(error.message).toContain(problem);
    expect(error.expected).toBe('a letter or underscore, then letters, digits, underscores and hyphens, at most 200');
  };
  check(() => new Project({ name: 'p', inputs, tasks: parsed<TaskKind>(name, binary()) }), `tasks.${name}`);
  check(() => new Project({ name: 'p', inputs: parsed(name, inputs.row), tasks: { a: binary() } }), `inputs.${name}`);
  const project = new Project({ name: 'p', inputs, tasks: { a: binary() } });
  check(() => project.flow(name, (task, x) => [task.a(x.features)]), `flows.${name}`);
});

test('a literal { __proto__: … } sets a prototype: refused, not lost', () => {
  const tasks = { a: binary(), __proto__: binary() };
  const error = refusal(() => new Project({ name: 'p', inputs, tasks: tasks as { a: ReturnType<typeof binary> } }));
  expect(error.code).toBe('INVALID_NAME');
  expect(error.path).toBe('tasks.__proto__');
  const columns = { ...inputs, __proto__: vector({ size: 1 }) };
  expect(refusal(() => new Project({ name: 'p', inputs: columns, tasks: { a: binary() } })).path).toBe(
    'inputs.__proto__',
  );
});

test('a record without a prototype is fine', () => {
  const tasks = Object.assign(Object.create(null) as Record<'a', ReturnType<typeof binary>>, { a: binary() });
  const { graph } = new Project({ name: 'p', inputs, tasks }).flow('full', (task, x) => [task.a(x.features)]);
  expect(graph.root.members[0]?.path).toBe('a');
});

test('messages list twenty names at most', () => {
  expect(listed(['a', 'b'])).toBe('a, b');
  expect(listed(Array.from({ length: 21 }, (_, i) => `t${i}`))).toMatch(/^t0, .*, t19, … \(21 in all\)$/);
});
