/** @file What a decorated class declares, read back. It needs no decorator itself, so no program without classes pays. */
import { HeadgateError, listed, show } from '../errors.js';
import type { TaskDeclaration } from './declaration.js';
import type { UntypedFlowFunction } from './declare.js';
import type { AnyMember } from './handles.js';
import { MEMBER } from './member.js';

export const TASKS = Symbol('headgate.tasks');
export const FLOWS = Symbol('headgate.flows');
export const ROOT = Symbol('headgate.root');

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
  const root = metadata(ROOT, prototype);
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

/** What the decorators noted under `key`, for a class and those that it extends, by name. */
export function remembered<T>(key: symbol, target: object): ReadonlyMap<string, T> {
  const known = metadata(key, target);
  return known instanceof Map ? known : new Map(); // set by the decorators alone
}

/** `reflect-metadata` is loaded by the decorators: where nothing loaded it, nothing was decorated. */
function metadata(key: symbol, target: object): unknown {
  const getMetadata: unknown = Reflect.get(Reflect, 'getMetadata');
  return typeof getMetadata === 'function' ? getMetadata.call(Reflect, key, target) : undefined;
}
