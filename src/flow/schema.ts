/** @file The FlowGraph's schema: JSON that others wrote becomes a frozen graph, or an error that says where it fails. */
import { z } from 'zod';
import { HeadgateError, show } from '../errors.js';
import { matchCondition } from './conditions.js';
import type { AndNode, ConditionNode, FlowGraph, FlowNode, Json, OrNode, TaskNode } from './graph.js';
import { frozenCopy, isPlain, JSON_VALUE_DEPTH } from './json.js';
import { MAXIMUM_DEPTH, MAXIMUM_NODES } from './limits.js';
import { isName } from './names.js';

/** Levels of JSON: each node is an object in an array or in an object. */
const JSON_DEPTH = 2 * MAXIMUM_DEPTH + JSON_VALUE_DEPTH;

const name = z.string().refine(isName, 'must be a name: a letter or underscore, then letters, digits, _ and -');

/** Any JSON: `checkJson` has seen to that. */
const json = z.unknown();

const inputSchema = z
  .strictObject({
    kind: z.string().min(1),
    shape: z.array(z.int().positive()).min(1),
    scale: z.number().refine((scale) => scale !== 0, 'must not be 0'),
    columns: z.array(z.string()).min(1).nullable(),
  })
  .refine(({ columns }) => columns === null || new Set(columns).size === columns.length, {
    path: ['columns'],
    message: 'must differ from each other',
  });

/** One for each type of condition: a new type does not compile without its own. */
const conditionSchemas = {
  predicate: z.strictObject({
    type: z.literal('predicate'),
    path: z.string().min(1),
    predicate: z.string().min(1),
    args: z.array(json),
  }),
  not: z.strictObject({
    type: z.literal('not'),
    get of() {
      return conditionSchema;
    },
  }),
  and: z.strictObject({
    type: z.literal('and'),
    get of() {
      return z.array(conditionSchema).min(1);
    },
  }),
  or: z.strictObject({
    type: z.literal('or'),
    get of() {
      return z.array(conditionSchema).min(1);
    },
  }),
} satisfies Readonly<Record<ConditionNode['type'], z.ZodObject>>;

const conditionSchema: z.ZodType<unknown> = z.discriminatedUnion('type', [
  conditionSchemas.predicate,
  conditionSchemas.not,
  conditionSchemas.and,
  conditionSchemas.or,
]);

const taskSchema = z.strictObject({
  type: z.literal('task'),
  name,
  path: z.string(),
  kind: z.string().min(1),
  options: json,
  feature: z.string(),
  condition: conditionSchema.nullable(),
});

const flowFields = { type: z.literal('flow'), name, path: z.string(), condition: conditionSchema.nullable() };

const memberSchema: z.ZodType<unknown> = z.discriminatedUnion('type', [
  taskSchema,
  z.strictObject({
    ...flowFields,
    get members() {
      return z.array(memberSchema).min(1);
    },
  }),
]);

const graphSchema = z.strictObject({
  format: z.literal('headgate-flow'),
  version: z.literal(1),
  name: z.string(),
  inputs: z
    .record(name, inputSchema)
    .refine((inputs) => Object.keys(inputs).length > 0, 'must have at least one input'),
  root: z.strictObject({
    ...flowFields,
    path: z.literal(''),
    condition: z.null(),
    members: z.array(memberSchema).min(1),
  }),
});

/**
 * Checks a graph by itself; whether its conditions ask about tasks that are there is seen when it is resolved.
 *
 * @throws HeadgateError `INVALID_FLOW`; its path leads to the first fault: `root.members[2].condition.of`
 */
export function parseFlowGraph(value: unknown): FlowGraph {
  checkJson(value);
  const copy = frozenCopy(value);
  const result = graphSchema.safeParse(copy);
  if (!result.success) {
    const [issue] = result.error.issues;
    const message = issue?.code === 'invalid_key' ? issue.issues[0]?.message : issue?.message;
    throw invalid(issue?.path ?? [], message ?? 'does not fit');
  }
  const graph = copy as unknown as FlowGraph; // the schema has just checked it, unknown keys included
  checkNodes(graph);
  return graph;
}

/** Throws `NOT_AN_INPUT` for an input that was written by hand, and wrongly. */
export function requireInput(input: unknown, path: string): void {
  const issue = inputSchema.safeParse(input).error?.issues[0];
  if (issue === undefined) return;
  throw new HeadgateError({
    code: 'NOT_AN_INPUT',
    path: [path, ...issue.path.map(String)].join('.'),
    problem: issue.message,
    expected: 'what image(…), vector(…) or tensor(…) gives',
    received: show(input),
  });
}

type Step = string | number | symbol;
type Keys = readonly Step[];

/** Plain JSON, not too deep, without `__proto__`. Iterative: hostile input must not reach any recursion. */
function checkJson(value: unknown): asserts value is Json {
  interface Place {
    readonly value: unknown;
    readonly key: string | number;
    readonly outer: Place | null;
    readonly depth: number;
  }
  const keysOf = (place: Place): Keys => {
    const keys: Step[] = [];
    for (let at = place; at.outer !== null; at = at.outer) keys.push(at.key);
    return keys.reverse();
  };
  const pending: Place[] = [{ value, key: '', outer: null, depth: 1 }];
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    const { value: own, depth } = place;
    if (own === null || typeof own === 'string' || typeof own === 'boolean' || Number.isFinite(own)) continue;
    if (typeof own !== 'object' || !(Array.isArray(own) || isPlain(own)))
      throw invalid(keysOf(place), `is not JSON: ${show(own)}`);
    if (depth > JSON_DEPTH) throw invalid(keysOf(place).slice(0, 8), `nests deeper than ${JSON_DEPTH} levels`);
    const outer = place;
    const parts: [string | number, unknown][] = Array.isArray(own) ? [...own.entries()] : Object.entries(own);
    for (const [key, part] of parts.reverse()) {
      if (key === '__proto__') throw invalid(keysOf(place), 'has a key __proto__');
      pending.push({ value: part, key, outer, depth: depth + 1 });
    }
  }
}

/** What a schema of single nodes cannot see: paths follow the nesting, siblings differ, limits hold for the whole. */
function checkNodes({ root }: FlowGraph): void {
  let nodes = 0;
  const enter = (keys: Keys, depth: number): void => {
    nodes += 1;
    if (nodes > MAXIMUM_NODES) throw invalid(['root'], `has more than ${MAXIMUM_NODES} tasks, flows and conditions`);
    if (depth > MAXIMUM_DEPTH) throw invalid(keys, `nests deeper than ${MAXIMUM_DEPTH} tasks, flows and conditions`);
  };
  const condition = (node: ConditionNode | null, keys: Keys, depth: number): void => {
    if (node === null) return;
    enter(keys, depth);
    const each = ({ of }: AndNode | OrNode): void => {
      of.forEach((part, i) => {
        condition(part, [...keys, 'of', i], depth + 1);
      });
    };
    matchCondition(node, {
      predicate: () => undefined,
      not: ({ of }) => condition(of, [...keys, 'of'], depth + 1),
      and: each,
      or: each,
    });
  };
  const members = (flow: FlowNode, prefix: string, keys: Keys, depth: number): void => {
    const names = new Set<string>();
    flow.members.forEach((node: TaskNode | FlowNode, i) => {
      const own = [...keys, 'members', i];
      enter(own, depth + 1);
      if (names.has(node.name)) throw invalid([...own, 'name'], `stands twice in its flow: ${show(node.name)}`);
      names.add(node.name);
      const path = prefix + node.name;
      if (node.path !== path) throw invalid([...own, 'path'], `must be ${show(path)}, is ${show(node.path)}`);
      condition(node.condition, [...own, 'condition'], depth + 2);
      if (node.type === 'flow') members(node, `${path}.`, own, depth + 1);
    });
  };
  enter(['root'], 1);
  members(root, '', ['root'], 1);
}

function invalid(keys: Keys, problem: string): HeadgateError {
  const path = keys.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
  return new HeadgateError({
    code: 'INVALID_FLOW',
    path: path === '' ? 'flow' : path,
    problem,
    expected: 'a flow as Headgate writes it',
    mend: 'Write it again with this version of Headgate.',
  });
}
