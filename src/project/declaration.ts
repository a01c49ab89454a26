/** @file What a project was declared with: checked options, the flows so far, and which of them is the root. Immutable. */
import { didYouMean, HeadgateError, listed } from '../errors.js';
import { declareFlow, type FlowOptions, type UntypedFlowFunction } from '../flow/declare.js';
import type { Flow } from '../flow/flow.js';
import type { FlowTemplate } from '../flow/handles.js';
import { instantiate } from '../flow/instantiate.js';
import { withMasks } from '../flow/mask-input.js';
import { requireNames } from '../flow/names.js';
import { prunedTemplate } from '../flow/prune.js';
import { requireInput } from '../flow/require-input.js';
import { resolveFlow } from '../flow/resolve.js';
import { readOptions } from '../options.js';
import { type DeclaredSettings, settingsJson } from '../pathways/assign/settings.js';
import type { TaskKind } from '../tasks/kind.js';
import type { Inputs, Kinds, ProjectOptions } from './declared.js';
import { projectSchema } from './options/project.js';
import { requireAmounts, requireAny, requireColumnKinds, requireKind } from './require-options.js';

/** What the compiler need not know of a project's options here. */
type Declared = Pick<ProjectOptions<Inputs, Kinds, string>, 'name' | 'inputs' | 'tasks' | 'pathways'> & {
  readonly backbone?: unknown;
};

export class Declaration {
  readonly name: string;
  readonly kinds: ReadonlyMap<string, TaskKind>;
  /** How pathways are found; undefined where nothing was said of them. */
  readonly pathways: DeclaredSettings | undefined;
  private readonly options: Declared;
  private readonly flows: ReadonlyMap<string, FlowTemplate>;
  private readonly rootName: string | null;
  private flow: Flow<TaskKind> | null = null;

  /**
   * @throws HeadgateError `INVALID_OPTIONS`, `INVALID_NAME`, `NO_TASKS`, `NO_INPUTS`, `NOT_AN_INPUT`, `NOT_A_TASK`,
   *   `INVALID_KIND`, `UNKNOWN_INPUT`, `NOT_RAGGED`
   */
  constructor(options: Declared, flows: ReadonlyMap<string, FlowTemplate> = new Map(), rootName: string | null = null) {
    const { name, tasks, inputs, pathways } = readOptions('Project', projectSchema, options);
    requireNames(tasks, 'tasks');
    requireNames(inputs, 'inputs');
    requireAny('tasks', tasks);
    requireAny('inputs', inputs);
    for (const [task, kind] of Object.entries(tasks)) requireKind(kind, `tasks.${task}`);
    for (const [input, spec] of Object.entries(inputs)) requireInput(spec, `inputs.${input}`);
    requireColumnKinds(options.inputs);
    if (options.backbone === undefined) requireAmounts(options.inputs);
    this.name = name;
    this.options = { ...options, inputs: withMasks(options.inputs) };
    this.kinds = new Map(Object.entries(options.tasks));
    this.pathways = pathways;
    this.flows = flows;
    this.rootName = rootName;
  }

  /** With one flow more, which is the root. What is wrong with its conditions is said now, where they are written. */
  withFlow(name: string, run: UntypedFlowFunction, options: FlowOptions): Declaration {
    const template = declareFlow(name, run, { tasks: this.kinds, flows: this.flows }, options);
    const next = new Declaration(this.options, new Map(this.flows).set(name, template));
    void next.resolved;
    return next;
  }

  /** @throws HeadgateError `UNKNOWN_FLOW` */
  withRoot(name: string): Declaration {
    if (this.flows.has(name)) return new Declaration(this.options, this.flows, name);
    throw new HeadgateError({
      code: 'UNKNOWN_FLOW',
      path: String(name),
      problem: 'there is no flow of this name',
      expected: `one of ${listed(this.flows.keys())}`,
      received: String(name),
      suggestion: typeof name === 'string' ? didYouMean(name, this.flows.keys()) : undefined,
    });
  }

  /**
   * Of a smaller network: its root with these tasks alone, without pathways.
   *
   * @param paths of the tasks
   * @param featureOf the feature that the task at a path reads in it
   */
  pruned(paths: ReadonlySet<string>, featureOf: (path: string) => string): Declaration {
    const { name, inputs, backbone } = this.options;
    const own = this.resolved.tasks.filter(({ path }) => paths.has(path)).map((task) => task.name);
    const tasks = Object.fromEntries([...this.kinds].filter(([task]) => own.includes(task)));
    const root = prunedTemplate(this.root, (path) => paths.has(path), featureOf);
    return new Declaration({ name, inputs, tasks, backbone }, new Map([[root.name, root]]));
  }

  /**
   * The flow ready to be walked.
   *
   * @throws HeadgateError `NO_FLOW`, and what `withFlow` throws
   */
  get resolved(): Flow<TaskKind> {
    if (this.flow === null) {
      const { name, kinds: tasks, root } = this;
      const { inputs, pathways } = this.options;
      const graph = instantiate({ name, inputs, root, tasks, pathways: settingsJson(pathways) });
      this.flow = resolveFlow(graph, tasks);
    }
    return this.flow;
  }

  private get root(): FlowTemplate {
    const name = this.rootName ?? [...this.flows.keys()].at(-1);
    const root = name === undefined ? undefined : this.flows.get(name);
    if (root !== undefined) return root;
    throw new HeadgateError({
      code: 'NO_FLOW',
      path: this.name,
      problem: 'the project has no flow yet',
      expected: 'at least one `.flow(name, (task, x) => [...])`',
      mend: 'Say which tasks to train, and which counts only when another one holds.',
    });
  }
}
