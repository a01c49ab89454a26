/** @file Which parameters a group of an optimizer means: by part, task, layer or pattern. The first that matches wins. */
import { didYouMean, HeadgateError, show } from '../errors.js';
import type { Parameter } from '../model/store.js';
import { anyOf } from './name-patterns.js';
import type { Optimizer, ParameterGroup } from './optimizers/optimizer.js';

/**
 * By parameter name, its group; parameters of no group are left out.
 *
 * @throws HeadgateError `EMPTY_GROUP` when a group is left without parameters that are trained or averaged,
 *   `INVALID_OPTIONS` when it does not say which it means
 */
export function groupsOf(
  { groups }: Optimizer,
  parameters: readonly Parameter[],
  takesPart: (parameter: Parameter) => boolean,
): ReadonlyMap<string, ParameterGroup> {
  const tests = groups.map((group, i) => testOf(group, `optimizer.groups[${i}]`));
  const found = new Map<string, ParameterGroup>();
  const used = new Set<ParameterGroup>();
  for (const parameter of parameters) {
    const group = groups[tests.findIndex((test) => test(parameter))];
    if (group === undefined) continue;
    found.set(parameter.name, group);
    if (takesPart(parameter)) used.add(group);
  }
  for (const [i, group] of groups.entries()) {
    if (!used.has(group))
      throw emptyGroup(
        i,
        group,
        parameters.filter((parameter) => tests[i]?.(parameter)),
        parameters,
      );
  }
  return found;
}

type Test = (parameter: Parameter) => boolean;

function testOf(group: ParameterGroup, path: string): Test {
  const given = (['parameters', 'tasks', 'layers'] as const).filter((key) => group[key] !== undefined);
  if (given.length !== 1) throw notOne(path, given);
  const { parameters, tasks, layers } = group;
  if (tasks !== undefined) {
    const test = anyOf(tasks, '.');
    return ({ owners }) => owners.length > 0 && owners.every(test);
  }
  if (layers !== undefined) {
    const test = anyOf(layers, '/');
    return ({ name }) => {
      const path = layerPath(name);
      return path !== null && test(path);
    };
  }
  const test = anyOf(parameters ?? [], '/');
  return ({ name }) => test(name);
}

const BACKBONE = 'backbone/';

/** Where a parameter lies in the backbone, also one that a pathway has of its own: `stem/bias`; null for a head's. */
function layerPath(name: string): string | null {
  if (name.startsWith(BACKBONE)) return name.slice(BACKBONE.length);
  const start = /^(?:pathway|whole)\//.test(name) ? name.indexOf(`/${BACKBONE}`) : -1;
  return start < 0 ? null : name.slice(start + 1 + BACKBONE.length);
}

function emptyGroup(
  index: number,
  group: ParameterGroup,
  matched: readonly Parameter[],
  parameters: readonly Parameter[],
): HeadgateError {
  const given = group.tasks ?? group.layers ?? group.parameters ?? '';
  const known = new Set(
    parameters.flatMap(({ name, owners }) => {
      if (group.tasks !== undefined) return owners;
      const parts = (group.layers === undefined ? name : (layerPath(name) ?? '')).split('/');
      return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
    }),
  );
  const [first] = Array.isArray(given) ? given : [given];
  return new HeadgateError({
    code: 'EMPTY_GROUP',
    path: `optimizer.groups[${index}]`,
    problem:
      matched.length === 0
        ? 'no parameter belongs to this group'
        : 'what this group means is frozen already, or belongs to a group before it',
    expected: `what means some of: ${parameters.map(({ name }) => name).join(', ')}`,
    received: Array.isArray(given) ? given.map(String).join(', ') : String(given),
    suggestion:
      matched.length === 0 && typeof first === 'string' ? didYouMean(first.replace(/[/.]?\*+$/, ''), known) : undefined,
  });
}

function notOne(path: string, given: readonly string[]): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_OPTIONS',
    path,
    problem: 'a group says in one way which parameters it means',
    expected: 'one of `parameters`, `tasks` and `layers`',
    received: show(given),
  });
}
