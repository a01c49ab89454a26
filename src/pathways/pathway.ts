/** @file A pathway: the part of the shared network that some tasks see, and the part of it that they train. */
import type { Flow } from '../flow/flow.js';
import type { BoundPathway, ElementMasks } from '../model/pathways/bound.js';

export interface Pathway {
  readonly name: string;
  /** Paths; a task is in one pathway at most. */
  readonly tasks: readonly string[];
  /** By parameter of the backbone: 1 for each element that its tasks see. One that is not named is seen whole. */
  readonly reads: ElementMasks;
  /** By parameter: 1 for each element that its tasks train. One that is not named: all that they see. */
  readonly trains: ElementMasks;
  /** 1 for each unit that is in it, where it consists of whole units; else null. */
  readonly units: Uint8Array | null;
  /** Parameters of the backbone (biases, scales, moving averages) of which it has one of its own. */
  readonly copies: readonly string[];
}

/** As the network binds them. */
export function boundTo(pathways: readonly Pathway[], flow: Pick<Flow, 'tasks'>): readonly BoundPathway[] {
  const indices = new Map(flow.tasks.map(({ path }, index) => [path, index]));
  return pathways.map((pathway) => ({
    ...pathway,
    tasks: pathway.tasks.map((path) => {
      const index = indices.get(path);
      if (index === undefined)
        throw new Error(`the pathway ${pathway.name} has a task ${path}, which the flow has not`);
      return index;
    }),
  }));
}
