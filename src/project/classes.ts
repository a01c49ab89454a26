/** @file What another model has learnt of a task's classes, for a task that has more of them, or in another order. */
import type { HostTensor, HostTensors } from '../engine/engine.js';
import { didYouMean, HeadgateError, listed, show } from '../errors.js';
import type { Json } from '../flow/graph.js';
import type { Thresholds } from '../score/scores.js';
import type { Learnt, LearntTask } from '../tasks/filled.js';
import type { TaskKind } from '../tasks/kind.js';

/** Of another model, by task path, what lies class by class. */
export interface ByClass {
  readonly weights: HostTensors;
  readonly thresholds: Thresholds;
  readonly learnt: Learnt;
}

export interface ClassTask {
  readonly path: string;
  readonly kind: Pick<TaskKind, 'classes' | 'units' | 'thresholds'>;
  /** Those of the other model, in its order. */
  readonly theirs: readonly string[];
}

/** The names of classes in a kind's options; undefined for a kind without. */
export function classesIn(options: Json): readonly string[] | undefined {
  const classes: unknown =
    typeof options === 'object' && options !== null ? Reflect.get(options, 'classes') : undefined;
  const isList = Array.isArray(classes) && classes.every((name) => typeof name === 'string');
  return isList ? classes : undefined;
}

/**
 * The same in the order of these tasks' classes, matched by name. A class that the other model has not keeps its column of
 * the kernel as it is drawn here; its bias is the smallest of the others, as of their rarest class: heads begin at their
 * priors, and a class that was never seen shall not be predicted before it is trained.
 *
 * @param drawn the parameters here
 * @throws HeadgateError `FLOW_MISMATCH` at the first class of the other model that a task has not
 */
export function withClasses<T extends ByClass>(known: T, tasks: readonly ClassTask[], drawn: HostTensors): T {
  const weights: Record<string, HostTensor> = { ...known.weights };
  const thresholds = new Map(known.thresholds);
  const learnt = new Map(known.learnt.tasks);
  for (const task of tasks) {
    const { path, kind, theirs } = task;
    const ours = kind.classes ?? [];
    if (ours.length !== kind.units || String(ours) === String(theirs)) continue;
    requireKnown(task, ours);
    const places = ours.map((name) => theirs.indexOf(name));
    for (const role of ['kernel', 'bias'] as const) {
      const name = `head/${path}/${role}`;
      const [from, to] = [known.weights[name], drawn[name]];
      if (from?.shape.at(-1) !== theirs.length || to === undefined) continue; // what does not fit is refused later
      weights[name] = columnsOf(from, role === 'bias' ? withSmallest(to, from) : to, places);
    }
    const own = known.thresholds.get(path);
    const initial = kind.thresholds?.initial;
    if (own !== undefined && initial !== undefined) thresholds.set(path, byPlace(own, places, initial));
    const lesson = known.learnt.tasks.get(path);
    if (lesson !== undefined) learnt.set(path, lessonOf(lesson, theirs.length, places));
  }
  return { ...known, weights, thresholds, learnt: { ...known.learnt, tasks: learnt } };
}

function requireKnown({ path, theirs }: ClassTask, ours: readonly string[]): void {
  const lost = theirs.find((name) => !ours.includes(name));
  if (lost === undefined) return;
  throw new HeadgateError({
    code: 'FLOW_MISMATCH',
    path: `${path}.classes`,
    problem: `the class ${show(lost)} that the other project has learnt is not declared here; nothing was taken over`,
    expected: `all of ${listed(theirs)}`,
    received: listed(ours),
    suggestion: didYouMean(lost, ours),
    mend: 'Declare all classes of the other project, in any order, and the new ones beside them.',
  });
}

function columnsOf(from: HostTensor, to: HostTensor, places: readonly number[]): HostTensor {
  const [width, count] = [places.length, Number(from.shape.at(-1))];
  const data = Float32Array.from(to.data);
  const rows = Math.min(data.length / width, from.data.length / count);
  for (let row = 0; row < rows; row++) {
    places.forEach((place, column) => {
      if (place >= 0) data[row * width + column] = from.data[row * count + place] as number; // within
    });
  }
  return { dtype: 'float32', shape: [...from.shape.slice(0, -1), width], data };
}

function withSmallest(to: HostTensor, from: HostTensor): HostTensor {
  return { ...to, dtype: 'float32', data: new Float32Array(to.data.length).fill(Math.min(...from.data)) };
}

/** A list with an entry for each class is of weights: of a new class, 1. What else a kind learnt is of no class. */
function lessonOf(lesson: LearntTask, count: number, places: readonly number[]): LearntTask {
  const { kind } = lesson;
  if (!Array.isArray(kind) || kind.length !== count) return lesson;
  return { ...lesson, kind: byPlace<Json>(kind, places, 1) };
}

function byPlace<T>(values: readonly T[], places: readonly number[], otherwise: T): T[] {
  return places.map((place) => values[place] ?? otherwise);
}
