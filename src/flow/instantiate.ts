/** @file A template with its nested templates -> the FlowGraph: full paths, the caller's feature names. */
import { withPrefix } from './conditions.js';
import type { TaskDeclaration } from './declaration.js';
import { renamed } from './features.js';
import type { FlowGraph, FlowNode, InputSpec, Json, TaskNode } from './graph.js';
import type { FlowTemplate } from './handles.js';
import { frozenCopy } from './json.js';

export interface GraphParts {
  readonly name: string;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly root: FlowTemplate;
  readonly tasks: ReadonlyMap<string, TaskDeclaration>;
  /** How pathways are found, as JSON; absent for none. */
  readonly pathways?: Json | undefined;
}

/** Throws `UNKNOWN_FEATURE` when a nested flow is not given a feature that it reads. */
export function instantiate({ name, inputs, root, tasks, pathways }: GraphParts): FlowGraph {
  const identity = (feature: string): string => feature;
  return Object.freeze<FlowGraph>({
    format: 'headgate-flow',
    version: 1,
    name,
    inputs: Object.freeze({ ...inputs }),
    ...(pathways === undefined ? {} : { pathways: frozenCopy(pathways) }),
    root: Object.freeze({
      type: 'flow',
      name: root.name,
      path: '',
      condition: null,
      ...(root.pathway === undefined ? {} : { pathway: root.pathway }),
      members: membersOf(root, '', identity, tasks),
    }),
  });
}

function membersOf(
  template: FlowTemplate,
  prefix: string,
  featureOf: (feature: string) => string,
  tasks: ReadonlyMap<string, TaskDeclaration>,
): readonly (TaskNode | FlowNode)[] {
  return Object.freeze(
    template.members.map((member): TaskNode | FlowNode => {
      const path = prefix + member.name;
      const condition = member.condition === null ? null : withPrefix(member.condition, prefix);
      const gate = member.whenUnknown === undefined ? { condition } : { condition, whenUnknown: member.whenUnknown };
      if (member.type === 'flow') {
        const inner = (feature: string): string => featureOf(renamed(member.features, feature, path));
        const members = membersOf(member.template, `${path}.`, inner, tasks);
        const pathway = member.pathway ?? member.template.pathway;
        const way = pathway === undefined ? {} : { pathway };
        return Object.freeze({ type: 'flow', name: member.name, path, ...gate, ...way, members });
      }
      const { kind, options, axis } = tasks.get(member.name) as TaskDeclaration; // templates are made of declared tasks
      const feature = featureOf(member.feature);
      const { name } = member;
      const way = member.pathway === undefined ? {} : { pathway: member.pathway };
      const task = { type: 'task', name, path, kind, options: frozenCopy(options), feature, ...gate, ...way } as const;
      return Object.freeze(axis === undefined ? task : { ...task, axis });
    }),
  );
}
