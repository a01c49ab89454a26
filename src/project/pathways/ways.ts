/** @file Which tasks go which way: names of tasks and flows -> paths of tasks. */
import { didYouMean, HeadgateError, listed, show } from '../../errors.js';
import { predicatesIn } from '../../flow/conditions.js';
import type { Flow } from '../../flow/flow.js';
import type { Pathway } from '../../pathways/pathway.js';

/**
 * New pathways: as given, else one for each task that has none.
 *
 * @param given by the name of a pathway, paths of its tasks, and of flows for all tasks in them
 * @throws HeadgateError `UNKNOWN_TASK`, `PATHWAY_EXISTS` for a task or a name that has one, `NO_TASKS` where nothing is left
 */
export function waysOf(
  flow: Pick<Flow, 'tasks'>,
  existing: readonly Pathway[],
  given: Readonly<Record<string, readonly string[]>> | undefined,
): ReadonlyMap<string, readonly string[]> {
  const taken = new Map(existing.flatMap(({ name, tasks }) => tasks.map((task) => [task, name] as const)));
  if (given === undefined) {
    const left = flow.tasks.filter(({ path }) => !taken.has(path));
    const ways = new Map<string, string[]>();
    for (const { path, pathway } of left) ways.set(pathway ?? path, [...(ways.get(pathway ?? path) ?? []), path]);
    if (ways.size > 0) return ways;
    throw new HeadgateError({
      code: 'PATHWAY_EXISTS',
      path: 'pathways.assign',
      problem: 'every task has a pathway already',
      expected: 'a task without one',
      received: listed([...taken.keys()]),
      mend: 'Remove pathways first: `project.pathways.remove(name)`.',
    });
  }
  const ways = new Map<string, readonly string[]>();
  for (const [name, paths] of Object.entries(given)) {
    if (existing.some((one) => one.name === name)) throw exists(`pathways.${name}`, 'a pathway of this name', name);
    const tasks = [...new Set(paths.flatMap((path) => tasksAt(flow, path, `pathways.${name}`)))];
    for (const task of tasks) {
      const other = taken.get(task);
      if (other !== undefined) throw exists(`pathways.${name}`, `a pathway of ${task}`, other);
      taken.set(task, name);
    }
    ways.set(
      name,
      flow.tasks.map(({ path }) => path).filter((path) => tasks.includes(path)),
    );
  }
  return ways;
}

/** The tasks at a path, which is that of a task or of a flow. @throws HeadgateError `UNKNOWN_TASK` */
export function tasksAt({ tasks }: Pick<Flow, 'tasks'>, path: string, where: string): readonly string[] {
  const own = tasks.filter((task) => task.path === path || task.path.startsWith(`${path}.`));
  if (own.length > 0) return own.map((task) => task.path);
  const known = tasks.flatMap((task) => task.path.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.')));
  throw new HeadgateError({
    code: 'UNKNOWN_TASK',
    path: where,
    problem: 'the flow has no task and no flow of this path',
    expected: `one of ${listed(new Set(known))}`,
    received: show(path),
    suggestion: didYouMean(path, known),
  });
}

/** With the tasks that their conditions ask about, and those that these ask about, in flow order. */
export function withAsked(flow: Flow, paths: readonly string[]): readonly string[] {
  const needed = new Set<string>();
  const pending = [...paths];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (needed.has(path)) continue;
    needed.add(path);
    pending.push(...predicatesIn(flow.task(path).condition).map((node) => node.path));
  }
  return flow.tasks.map(({ path }) => path).filter((path) => needed.has(path));
}

function exists(path: string, problem: string, received: string): HeadgateError {
  return new HeadgateError({
    code: 'PATHWAY_EXISTS',
    path,
    problem: `there is ${problem} already`,
    expected: 'tasks without a pathway, and a name that is free',
    received: show(received),
    mend: 'Remove it first: `project.pathways.remove(name)`.',
  });
}
