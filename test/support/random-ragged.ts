/**
 * @file Random flows with tasks of a document, of its sentences and of its tokens, and ragged rows for them. The
 * reference takes each position that is there for a row of its own: a flow without axes, which `naive-loss.ts` knows.
 */
import fc from 'fast-check';
import { predicatesIn } from '../../src/flow/conditions.js';
import type { ConditionNode, FlowGraph, FlowNode, InputSpec, TaskNode } from '../../src/flow/graph.js';
import { resolveFlow } from '../../src/flow/resolve.js';
import { maskOf, tensor } from '../../src/index.js';
import { uniforms } from '../../src/random.js';
import { type Label, labelOf, type RandomFlow, randomFlow } from './random-flow.js';

export const AXES = ['sentence', 'token'] as const;
export const SHAPE = [3, 4] as const;

/** Along how many of the axes a task answers. */
export type Level = 0 | 1 | 2;

export interface RandomRagged {
  /** The ragged flow. */
  readonly random: RandomFlow;
  /** The same tasks and conditions, each with one answer a row. */
  readonly flat: FlowGraph;
  readonly levels: ReadonlyMap<string, Level>;
}

export function raggedInputs(padding = 0): Readonly<Record<string, InputSpec>> {
  const x = tensor({ shape: [...SHAPE, 3], axes: [...AXES, null], ragged: [...AXES], padding });
  return { x, present: { ...maskOf('x'), shape: [...SHAPE], axes: [...AXES] } };
}

/** Levels are drawn; a task's is at least that of all that its conditions, and those of the flows around it, ask. */
export const randomRagged: fc.Arbitrary<RandomRagged> = fc
  .tuple(randomFlow, fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 30, maxLength: 30 }))
  .map(([{ graph, kinds }, drawn]) => {
    const levels = new Map<string, Level>();
    const asked = (condition: ConditionNode | null): number =>
      Math.max(0, ...predicatesIn(condition).map(({ path }) => levels.get(path) ?? 0));
    const members = (flow: FlowNode, least: number): (TaskNode | FlowNode)[] =>
      flow.members.map((member): TaskNode | FlowNode => {
        const own = Math.max(least, asked(member.condition));
        if (member.type === 'flow') return { ...member, members: members(member, own) };
        const level = Math.max(own, drawn[levels.size] ?? 0) as Level; // from 0 to 2
        levels.set(member.path, level);
        const feature = `${member.feature}${level}`;
        if (level === 0) return { ...member, feature };
        return { ...member, feature, axis: level === 1 ? AXES[0] : AXES };
      });
    const own = { ...graph, inputs: raggedInputs(), root: { ...graph.root, members: members(graph.root, 0) } };
    return { random: { graph: own, kinds, flow: resolveFlow(own, kinds) }, flat: graph, levels };
  });

export type Nested = readonly (readonly Label[] | Label)[];

/** A document: its sentences' tokens, and the labels of each task in the form of its level. */
export interface RaggedRow {
  readonly x: readonly (readonly (readonly number[])[])[];
  readonly labels: Readonly<Record<string, unknown>>;
}

/** Documents of 0 to 3 sentences of 0 to 4 tokens. */
export function raggedRows({ random: { flow }, levels }: RandomRagged, count: number, seed: number): RaggedRow[] {
  let state = seed >>> 0;
  const choose = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator: tests only
    return (state >>> 8) % n;
  };
  return Array.from({ length: count }, (_, i) => {
    const drawn = uniforms({ seed, stream: 'x', counter: i }, SHAPE[0] * SHAPE[1] * 3);
    let next = 0;
    const number = (): number => Math.fround((drawn[next++] ?? 0) * 4 - 2);
    const x = Array.from({ length: choose(4) }, () =>
      Array.from({ length: choose(5) }, () => Array.from({ length: 3 }, number)),
    );
    const labels = flow.tasks.map(({ path, kind }): [string, unknown] => {
      const level = levels.get(path);
      if (level === 0) return [path, labelOf(kind, choose)];
      if (choose(8) === 0) return [path, null];
      const ofSentence = (sentence: readonly unknown[]) =>
        level === 1 ? labelOf(kind, choose) : choose(8) === 0 ? null : sentence.map(() => labelOf(kind, choose));
      return [path, x.map(ofSentence)];
    });
    return { x, labels: Object.fromEntries(labels) };
  });
}

/** A position that is there, as a row of the flat flow. */
export interface Instance {
  readonly row: number;
  /** Of the sentence, and of the token. */
  readonly places: readonly number[];
  /** Its number among the positions of the declared shape, row by row. */
  readonly at: number;
  readonly labels: Readonly<Record<string, Label>>;
}

/** Every position of a level that is there, with the labels of all tasks of its level and below as one row's. */
export function instancesOf(rows: readonly RaggedRow[], levels: RandomRagged['levels'], level: Level): Instance[] {
  return rows.flatMap(({ x, labels }, row) => {
    const places: number[][] =
      level === 0
        ? [[]]
        : x.flatMap((sentence, s) => (level === 1 ? [[s]] : sentence.map((_, token): number[] => [s, token])));
    return places.map((own) => {
      const flat = Object.entries(labels).map(([path, cell]): [string, Label] => {
        const depth = levels.get(path) ?? 0;
        if (depth > own.length) return [path, null]; // nothing here asks it
        let value: unknown = cell;
        for (const place of own.slice(0, depth)) value = (value as readonly unknown[] | null)?.[place] ?? null;
        return [path, value as Label]; // at the depth of the task's level
      });
      const position = own.reduce((sum, place, axis) => sum * (SHAPE[axis] ?? 1) + place, 0);
      const size = SHAPE.slice(0, level).reduce<number>((all, length) => all * length, 1);
      return { row, places: own, at: row * size + position, labels: Object.fromEntries(flat) };
    });
  });
}
