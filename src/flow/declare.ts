/** @file Runs a flow function once and keeps what it returned as a template. */
import { didYouMean, HeadgateError, listed, show } from '../errors.js';
import { optional, readOptions, text } from '../options.js';
import { extentOf, isCondition } from './conditions.js';
import type { TaskDeclaration } from './declaration.js';
import { type Features, featureMapOf, featureNames, featureOf, featureWords } from './features.js';
import {
  type AnyMember,
  type FlowMember,
  type FlowTemplate,
  flowHandle,
  isSuperseded,
  type TaskMember,
  taskHandle,
} from './handles.js';
import { above, type Extent, requireExtent } from './limits.js';
import { MEMBER, memberWords } from './member.js';
import { requireName } from './names.js';

export interface Declarations {
  /** By name. */
  readonly tasks: ReadonlyMap<string, TaskDeclaration>;
  /** Flows declared before, by name. */
  readonly flows: ReadonlyMap<string, FlowTemplate>;
}

/** What a flow function is given, without its types. */
export type UntypedFlowFunction = (
  task: Readonly<Record<string, (argument: unknown) => AnyMember>>,
  features: Features<string>,
) => readonly AnyMember[];

/**
 * @throws HeadgateError `INVALID_OPTIONS` for what is no function, `INVALID_NAME`, `DUPLICATE_NAME`, `UNKNOWN_TASK`, `NOT_A_FEATURE`, `NOT_A_CONDITION`,
 *   `NOT_A_MEMBER`, `DUPLICATE_PATH`, `NOT_RETURNED`, `LOST_CONDITION`, `EMPTY_FLOW`, `FLOW_TOO_LARGE`
 */
export function declareFlow(
  name: string,
  run: UntypedFlowFunction,
  declarations: Declarations,
  options: FlowOptions = {},
): FlowTemplate {
  requireName(name, `flows.${name}`);
  const { pathway } = readOptions('flow', flowSchema, options);
  if (pathway !== undefined) requireName(pathway, `flows.${name}.pathway`);
  if (declarations.tasks.has(name) || declarations.flows.has(name)) throw duplicateName(name);
  requireFunction(run, `flows.${name}`);
  const called = new Set<string>();
  const returned = run(callables(name, declarations, called), featureNames());
  const members = membersOf(name, returned);
  const names = new Set(members.map((member) => member.name));
  for (const callee of called) if (!names.has(callee)) throw notReturned(name, callee);
  const extent = above(members.map(extentOfMember));
  requireExtent(extent, name);
  const template = { name, members: Object.freeze(members), extent };
  return Object.freeze(pathway === undefined ? template : { ...template, pathway });
}

/** What may be said of a flow besides its members. */
export interface FlowOptions {
  /** Names the pathway through the backbone of every leaf below that names none. */
  readonly pathway?: string | undefined;
}

const flowSchema = { pathway: optional(text) };

function requireFunction(run: unknown, path: string): void {
  if (typeof run === 'function') return;
  throw new HeadgateError({
    code: 'INVALID_OPTIONS',
    path,
    problem: 'a flow is declared by a function',
    expected: '(task, x) => [task.doorOpen(x.features), …]',
    received: show(run),
  });
}

function extentOfMember(member: TaskMember | FlowMember): Extent {
  const own = extentOf(member.condition);
  const below = member.type === 'flow' ? member.template.extent : above([]);
  return { depth: Math.max(below.depth, own.depth + 1), nodes: below.nodes + own.nodes };
}

/** One function for each task and each earlier flow; any other name is a mistake to be explained. */
function callables(
  flow: string,
  { tasks, flows }: Declarations,
  called: Set<string>,
): Readonly<Record<string, (argument: unknown) => AnyMember>> {
  const functions = new Map<string, (argument: unknown) => AnyMember>();
  for (const [name, declaration] of tasks) {
    functions.set(name, (argument) => {
      called.add(name);
      return taskHandle(
        { type: 'task', name, feature: featureOf(argument, name, flow), condition: null },
        declaration,
        {
          flow,
          prefix: '',
        },
      );
    });
  }
  for (const [name, template] of flows) {
    functions.set(name, (argument) => {
      called.add(name);
      const features = featureMapOf(argument, name, flow);
      return flowHandle({ type: 'flow', name, template, features, condition: null }, tasks, { flow, prefix: '' });
    });
  }
  return new Proxy(Object.create(null), {
    get: (_, name) => {
      if (typeof name === 'symbol') return undefined;
      const callable = functions.get(name);
      if (callable !== undefined) return callable;
      throw new HeadgateError({
        code: 'UNKNOWN_TASK',
        path: `${flow}.${name}`,
        problem: `the flow "${flow}" uses "${name}", which is neither a task nor a flow declared before it`,
        expected: `one of ${listed(functions.keys())}`,
        received: show(name),
        suggestion: didYouMean(name, functions.keys()),
      });
    },
    set: () => false,
  });
}

function membersOf(flow: string, returned: unknown): (TaskMember | FlowMember)[] {
  if (!Array.isArray(returned)) throw notAMember(flow, returned, 'Return an array: [task.doorOpen(x.features), …].');
  if (returned.length === 0) {
    throw new HeadgateError({
      code: 'EMPTY_FLOW',
      path: flow,
      problem: 'the flow returns no task',
      expected: 'at least one task or nested flow',
      received: '[]',
    });
  }
  const seen = new Set<string>();
  return returned.map((value: unknown) => {
    const member: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, MEMBER) : undefined;
    if (member === undefined)
      throw notAMember(flow, value, 'Conditions belong into `given`, not into the returned array.');
    const own = member as TaskMember | FlowMember; // only handles carry the symbol
    if (seen.has(own.name)) {
      throw new HeadgateError({
        code: 'DUPLICATE_PATH',
        path: `${flow}.${own.name}`,
        problem: 'the flow returns it twice',
        expected: 'each task and nested flow once',
        received: own.name,
        mend: 'Return it once; several conditions are combined with `and`, or by chaining `given`.',
      });
    }
    seen.add(own.name);
    if (isSuperseded(own)) throw lostCondition(flow, own.name);
    return own;
  });
}

function duplicateName(name: string): HeadgateError {
  return new HeadgateError({
    code: 'DUPLICATE_NAME',
    path: `flows.${name}`,
    problem: 'a task or flow of this name exists already',
    expected: 'a name of its own for each task and flow',
    received: show(name),
  });
}

function notReturned(flow: string, name: string): HeadgateError {
  return new HeadgateError({
    code: 'NOT_RETURNED',
    path: `${flow}.${name}`,
    problem: `the flow "${flow}" calls "${name}" and does not return it`,
    expected: 'every task that is called, in the returned array',
    received: `an array without "${name}"`,
    mend: 'Return it, or do not call it. A task that only a condition asks about must be part of the flow too.',
  });
}

function lostCondition(flow: string, name: string): HeadgateError {
  return new HeadgateError({
    code: 'LOST_CONDITION',
    path: `${flow}.${name}`,
    problem: '`given` was called on it, and what `given` returned is not in the returned array',
    expected: 'the handle with the condition',
    received: 'the one without',
    mend: '`given` changes nothing: return what it gives.',
  });
}

function notAMember(flow: string, received: unknown, mend: string): HeadgateError {
  return new HeadgateError({
    code: 'NOT_A_MEMBER',
    path: flow,
    problem: 'a flow function returns an array of tasks and nested flows',
    expected: 'what task.<name>(…) gives, with or without `given`',
    received:
      memberWords(received) ?? featureWords(received) ?? (isCondition(received) ? 'a condition' : show(received)),
    mend,
  });
}
