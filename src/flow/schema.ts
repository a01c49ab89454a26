/** @file The FlowGraph's schema: JSON that others wrote becomes a frozen graph, or an error that says where it fails. */
import { z } from 'zod';
import { HeadgateError, show } from '../errors.js';
import { matchCondition } from './conditions.js';
import type { AndNode, ConditionNode, FlowGraph, FlowNode, Json, OrNode, TaskNode } from './graph.js';
import { frozenCopy, isPlain, JSON_VALUE_DEPTH } from './json.js';
import { MAXIMUM_DEPTH, MAXIMUM_NODES } from './limits.js';
import { isName } from './names.js';
import { maskedAxes } from './ragged-input.js';

/** Levels of JSON: each node is an object in an array or in an object. */
const JSON_DEPTH = 2 * MAXIMUM_DEPTH + JSON_VALUE_DEPTH;

const name = z.string().refine(isName, 'must be a name: a letter or underscore, then letters, digits, _ and -');

/** Any JSON: `checkJson` has seen to that. */
const json = z.unknown();

const inputFields = {
  kind: z.string().min(1),
  shape: z.array(z.int().positive()).min(1),
  scale: z.number().refine((scale) => scale !== 0, 'must not be 0'),
  /** Left out where channels are only scaled. */
  normalise: z
    .strictObject({ mean: z.array(z.number()).min(1), deviation: z.array(z.number().positive()).min(1) })
    .optional(),
  columns: z.array(z.string()).min(1).nullable(),
  /** Left out where the columns are numbers. */
  columnKinds: z
    .array(z.strictObject({ kind: z.string().min(1), options: json }))
    .min(1)
    .optional(),
  /** Left out of an input that is neither ragged nor a mask. */
  ragged: z.array(z.boolean()).optional(),
  padding: z.number().optional(),
  of: name.optional(),
};
/** What version 2 of the file says of an input besides: each is there, and null where the input has none. */
const furtherInputFields = {
  dtype: z.enum(['float32', 'int32', 'uint8']),
  axes: z.array(name.nullable()).nullable(),
  encoder: z.strictObject({ kind: z.string().min(1), state: json }).nullable(),
};

type CheckedInput = z.infer<z.ZodObject<typeof inputFields>> & {
  readonly axes?: readonly (string | null)[] | null | undefined;
};

function checkInput(value: CheckedInput, context: z.RefinementCtx): void {
  const refuse = (path: string, message: string): void => {
    context.addIssue({ code: 'custom', path: [path], message });
  };
  const { columns, columnKinds, axes, ragged, shape, normalise } = value;
  const channels = shape.at(-1);
  if (normalise !== undefined && (normalise.mean.length !== channels || normalise.deviation.length !== channels))
    refuse('normalise', `must have a mean and a deviation for each of the ${channels} channels`);
  const count = columns?.length ?? 1;
  if (columnKinds !== undefined && columnKinds.length !== count)
    refuse('columnKinds', `must be ${count}, one a column`);
  if (columns !== null && new Set(columns).size < columns.length) refuse('columns', 'must differ from each other');
  if (ragged !== undefined && ragged.length !== shape.length)
    refuse('ragged', `must say true or false for each of the ${shape.length} axes of the shape`);
  if (!axes) return;
  const named = axes.filter((axis) => axis !== null);
  if (new Set(named).size < named.length) refuse('axes', 'must differ from each other');
  if (axes.length !== shape.length)
    refuse('axes', `must say a name or null for each of the ${shape.length} axes of the shape`);
}

function optionalFields<S extends Readonly<Record<string, z.ZodType>>>(fields: S) {
  const entries = Object.entries(fields).map(([name, field]) => [name, field.optional()]);
  return Object.fromEntries(entries) as { readonly [K in keyof S]: z.ZodOptional<S[K]> }; // field by field
}

const inputSchemas = {
  // As a program holds it: what is at its default is left out.
  1: z.strictObject({ ...inputFields, ...optionalFields(furtherInputFields) }).superRefine(checkInput),
  2: z.strictObject({ ...inputFields, ...furtherInputFields }).superRefine(checkInput),
};

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

/** One, or several. */
const axis = z.union([name, z.array(name).min(2)]);

/** Left out where it is at its default. */
const whenUnknown = z.literal('include').optional();

const taskFields = {
  type: z.literal('task'),
  name,
  path: z.string(),
  kind: z.string().min(1),
  options: json,
  feature: z.string(),
  condition: conditionSchema.nullable(),
  whenUnknown,
  pathway: name.optional(),
};

const flowFields = {
  type: z.literal('flow'),
  name,
  path: z.string(),
  condition: conditionSchema.nullable(),
  pathway: name.optional(),
};

function graphSchema(version: 1 | 2) {
  const memberSchema: z.ZodType<unknown> = z.discriminatedUnion('type', [
    z.strictObject(version === 1 ? { ...taskFields, axis: axis.optional() } : { ...taskFields, axis: axis.nullable() }),
    z.strictObject({
      ...flowFields,
      whenUnknown,
      get members() {
        return z.array(memberSchema).min(1);
      },
    }),
  ]);
  return z.strictObject({
    format: z.literal('headgate-flow'),
    version: z.literal(version),
    name: z.string(),
    inputs: z
      .record(name, inputSchemas[version])
      .refine((inputs) => Object.keys(inputs).length > 0, 'must have at least one input'),
    pathways: json.optional(),
    root: z.strictObject({
      ...flowFields,
      path: z.literal(''),
      condition: z.null(),
      members: z.array(memberSchema).min(1),
    }),
  });
}

const graphSchemas = { 1: graphSchema(1), 2: graphSchema(2) };

/** The graph as `flow.json`, version 2: every field that an input or task may have is there. */
export function flowGraphFile(graph: FlowGraph): Json {
  const inputs = Object.entries(graph.inputs).map(
    ([key, { dtype = 'float32', axes = null, encoder = null, ...rest }]) => [key, { ...rest, dtype, axes, encoder }],
  );
  const written = (node: FlowNode | TaskNode): Json =>
    node.type === 'task'
      ? jsonOf({ ...node, axis: node.axis ?? null })
      : jsonOf({ ...node, members: node.members.map(written) });
  return jsonOf({ ...graph, version: 2, inputs: Object.fromEntries(inputs), root: written(graph.root) });
}

/** Graphs are JSON by their types but for the interfaces' missing index signatures. */
const jsonOf = (value: object): Json => value as unknown as Json;

/**
 * Checks a graph by itself; whether its conditions ask about tasks that are there is seen when it is resolved.
 *
 * @throws HeadgateError `INVALID_FLOW`; its path leads to the first fault: `root.members[2].condition.of`
 */
export function parseFlowGraph(value: unknown): FlowGraph {
  checkJson(value);
  const schema = isRecord(value) && value.version === 2 ? graphSchemas[2] : graphSchemas[1];
  const result = schema.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const message = issue?.code === 'invalid_key' ? issue.issues[0]?.message : issue?.message;
    throw invalid(issue?.path ?? [], message ?? 'does not fit');
  }
  // The schema has just checked it, unknown keys included.
  const graph = frozenCopy(inMemory(value)) as unknown as FlowGraph;
  checkNodes(graph);
  checkMasks(graph);
  return graph;
}

/** Without what is at its default, as a program declares it; version 1 in memory, where the file's version says nothing. */
function inMemory(value: Json): Json {
  if (!isRecord(value) || value.version === 1) return value;
  const { inputs = {}, root = null } = value;
  const specs = Object.entries(isRecord(inputs) ? inputs : {}).map(([key, spec]) => [
    key,
    without(spec, (field, part) => (field === 'dtype' && part === 'float32') || (isFurther(field) && part === null)),
  ]);
  const node = (own: Json): Json => {
    if (!isRecord(own)) return own;
    if (own.type === 'task') return without(own, (field, part) => field === 'axis' && part === null);
    return { ...own, members: Array.isArray(own.members) ? own.members.map(node) : [] };
  };
  return { ...value, version: 1, inputs: Object.fromEntries(specs), root: node(root) };
}

const isFurther = (field: string): boolean => field === 'axes' || field === 'encoder';

function without(value: Json, isDefault: (field: string, part: Json) => boolean): Json {
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([field, part]) => !isDefault(field, part)));
}

function isRecord(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
      if (node.condition === null && node.whenUnknown !== undefined)
        throw invalid([...own, 'whenUnknown'], 'stands where there is no condition');
      condition(node.condition, [...own, 'condition'], depth + 2);
      if (node.type === 'flow') members(node, `${path}.`, own, depth + 1);
    });
  };
  enter(['root'], 1);
  members(root, '', ['root'], 1);
}

/** A mask is as large as the part of its input that rows may lack. */
function checkMasks({ inputs }: FlowGraph): void {
  for (const [name, { of, shape }] of Object.entries(inputs)) {
    if (of === undefined) continue;
    const spec = Object.hasOwn(inputs, of) ? inputs[of] : undefined;
    const expected = spec?.shape.slice(0, maskedAxes(spec)) ?? [];
    if (expected.length === 0) throw invalid(['inputs', name, 'of'], 'must name a ragged input of the flow');
    if (expected.length !== shape.length || expected.some((length, i) => length !== shape[i]))
      throw invalid(['inputs', name, 'shape'], `must be ${show(expected)}, as far as "${of}" is ragged`);
  }
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
