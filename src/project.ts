/** @file The Project: what a user declares, and the verbs that train and use it. Each verb is a few calls of passes. */
import { bindTable } from './data/bind.js';
import { bindInputs } from './data/inputs.js';
import { asTable, type TableLike } from './data/table.js';
import { load } from './deploy/load.js';
import { save } from './deploy/save.js';
import { didYouMean, HeadgateError } from './errors.js';
import { startEvaluation } from './evaluate/evaluation.js';
import type { Evaluation } from './evaluate/evaluation-table.js';
import { type ExplainOptions, explain } from './evaluate/explain.js';
import { startInterpretation } from './evaluate/interpret.js';
import type { Interpretation } from './evaluate/interpretation-table.js';
import { predict } from './evaluate/predict.js';
import { startTuning, type TuneMetric } from './evaluate/tune.js';
import type { Tuning } from './evaluate/tuning-table.js';
import { readClass } from './flow/class-declaration.js';
import type { ValueOf } from './flow/declaration.js';
import { declareFlow, type UntypedFlowFunction } from './flow/declare.js';
import type { FeatureArgument, FeatureRef, Features } from './flow/features.js';
import type { Flow } from './flow/flow.js';
import type { FlowGraph, InputSpec } from './flow/graph.js';
import type {
  AnyMember,
  DetailedOf,
  FlowHandle,
  FlowTemplate,
  PathsOf,
  PredictionsOf,
  TaskHandle,
} from './flow/handles.js';
import { instantiate } from './flow/instantiate.js';
import { toMermaid } from './flow/mermaid.js';
import { listed, requireNames } from './flow/names.js';
import { printGraph } from './flow/print.js';
import { resolveFlow } from './flow/resolve.js';
import { requireInput } from './flow/schema.js';
import { defaultBackbone } from './model/default-backbones.js';
import type { Backbone } from './model/network.js';
import type { EngineOptions } from './project/engines.js';
import { explainTrainGraph } from './project/explain-graph.js';
import { fitProject } from './project/fit.js';
import { type FitOptions, fitOptions } from './project/fit-options.js';
import { requireAny, requireKind } from './project/require-options.js';
import { Runtime } from './project/runtime.js';
import type { TaskKind } from './tasks/kind.js';
import type { tf } from './tf.js';
import type { History } from './train/history.js';

type Kinds = Readonly<Record<string, TaskKind>>;
type Inputs = Readonly<Record<string, InputSpec>>;
/** Flows by name: the union of the members that each returned. */
type Flows = Readonly<Record<string, unknown>>;

export interface NetworkOptions<I extends Inputs, F extends string> {
  readonly name: string;
  readonly inputs: I;
  /**
   * Symbolic inputs `[batch, ...shape]` -> named features `[batch, size]`: any tfjs layers program, called once when
   * the network is first needed. Default: a small one for the inputs' shapes, giving one feature, `features`.
   */
  readonly backbone?: (inputs: { readonly [K in keyof I]: tf.SymbolicTensor }) => { readonly [K in F]: Applied };
  /** Seed of the initial weights. Default 0. */
  readonly seed?: number;
}

export interface ProjectOptions<I extends Inputs, T extends Kinds, F extends string> extends NetworkOptions<I, F> {
  readonly tasks: T;
}

/** What `apply` of a tfjs layer gives, by its types: for symbolic inputs it is a symbolic tensor, which is checked. */
type Applied = ReturnType<tf.layers.Layer['apply']>;

/** What `task` offers in a flow function: each task and each flow declared before, by name. */
export type Callables<T extends Kinds, F extends string, Fl extends Flows> = {
  readonly [K in keyof T & string]: (feature: FeatureRef) => TaskHandle<K, T[K]>;
} & { readonly [K in keyof Fl & string]: (features: FeatureArgument<F>) => FlowHandle<K, Fl[K]> };

/**
 * A declaration of tasks, inputs and flows, and the network that it makes. Declaring is immutable: `flow` and `root`
 * give new projects, which share nothing with the old one; weights and thresholds belong to the project that was fit.
 */
export class Project<
  const I extends Inputs = Inputs,
  const T extends Kinds = Kinds,
  F extends string = 'features',
  Fl extends Flows = Record<never, never>,
  Root = never,
> {
  readonly name: string;
  readonly #options: ProjectOptions<I, T, F>;
  readonly #flows: ReadonlyMap<string, FlowTemplate>;
  readonly #rootName: string | null;
  #resolved: Flow<TaskKind> | null = null;
  #runtime: Runtime | null = null;
  #isDisposed = false;

  /** Throws `INVALID_NAME`, `NO_TASKS`, `NO_INPUTS`, `NOT_AN_INPUT`, `NOT_A_TASK`, `INVALID_KIND`. */
  constructor(
    options: ProjectOptions<I, T, F>,
    flows: ReadonlyMap<string, FlowTemplate> = new Map(),
    root: string | null = null,
  ) {
    requireNames(options.tasks, 'tasks');
    requireNames(options.inputs, 'inputs');
    requireAny('tasks', options.tasks);
    requireAny('inputs', options.inputs);
    for (const [name, kind] of Object.entries(options.tasks)) requireKind(kind, `tasks.${name}`);
    for (const [name, input] of Object.entries(options.inputs)) requireInput(input, `inputs.${name}`);
    this.name = options.name;
    this.#options = options;
    this.#flows = flows;
    this.#rootName = root;
  }

  /**
   * The project that a class with `@Task` fields and `@Flow` methods declares: the same graph as by `flow`. The types of
   * its predictions are loose, since a decorator cannot change the type of its class.
   *
   * @throws HeadgateError `NOT_DECORATED`, and what the constructor and `flow` throw
   */
  static from<const I extends Inputs, F extends string = 'features'>(
    declared: abstract new () => object,
    options: NetworkOptions<I, F>,
  ): Project<I, Kinds, F, Record<string, AnyMember>, AnyMember> {
    const { tasks, flows, root } = readClass(declared);
    const templates = new Map<string, FlowTemplate>();
    for (const [name, run] of flows) templates.set(name, declareFlow(name, run, { tasks, flows: templates }));
    // `@Task` takes any declaration, since `flow/` knows no more of a kind; the constructor checks what it needs.
    return new Project({ ...options, tasks: Object.fromEntries(tasks) as Kinds }, templates, root);
  }

  /**
   * Declares a flow. The function runs once, now. The last flow declared is the root, unless `root` names another.
   *
   * @throws HeadgateError see `declareFlow`
   */
  flow<const Name extends string, const M extends AnyMember>(
    name: Name,
    run: (task: Callables<T, F, Fl>, features: Features<F>) => readonly M[],
  ): Project<I, T, F, Fl & { readonly [K in Name]: M }, M> {
    // The function's own types were checked above; `declareFlow` gives it the same functions without them.
    const template = declareFlow(name, run as unknown as UntypedFlowFunction, {
      tasks: this.#kinds,
      flows: this.#flows,
    });
    return new Project(this.#options, new Map(this.#flows).set(name, template));
  }

  /** Makes another flow the root. Flows that the root does not reach take no part. */
  root<Name extends keyof Fl & string>(name: Name): Project<I, T, F, Fl, Fl[Name]> {
    if (!this.#flows.has(name)) {
      throw new HeadgateError({
        code: 'UNKNOWN_FLOW',
        path: name,
        problem: 'there is no flow of this name',
        expected: `one of ${listed(this.#flows.keys())}`,
        received: name,
        suggestion: didYouMean(name, this.#flows.keys()),
      });
    }
    return new Project(this.#options, this.#flows, name);
  }

  get #kinds(): ReadonlyMap<string, TaskKind> {
    return new Map(Object.entries(this.#options.tasks));
  }

  /** The flow ready to be walked. Throws `NO_FLOW`, and see `resolveFlow`. */
  get resolved(): Flow<TaskKind> {
    this.#resolved ??= resolveFlow(this.#instantiate(), this.#kinds);
    return this.#resolved;
  }

  get graph(): FlowGraph {
    return this.resolved.graph;
  }

  /** The flow as a text tree with its conditions. */
  toString(): string {
    return printGraph(this.graph);
  }

  /** The flow as a Mermaid flowchart. */
  toMermaid(): string {
    return toMermaid(this.graph);
  }

  #instantiate(): FlowGraph {
    const name = this.#rootName ?? [...this.#flows.keys()].at(-1);
    const root = name === undefined ? undefined : this.#flows.get(name);
    if (root !== undefined) {
      return instantiate({ name: this.name, inputs: this.#options.inputs, root, tasks: this.#kinds });
    }
    throw new HeadgateError({
      code: 'NO_FLOW',
      path: this.name,
      problem: 'the project has no flow yet',
      expected: 'at least one `.flow(name, (task, x) => [...])`',
      mend: 'Say which tasks to train, and which counts only when another one holds.',
    });
  }

  get backbone(): Backbone {
    // The types of the user's function are those of the declared inputs, which are what it will be given.
    return (this.#options.backbone ?? defaultBackbone) as Backbone;
  }

  get #run(): Runtime {
    if (this.#isDisposed) throw disposed(this.name);
    this.#runtime ??= new Runtime({ flow: this.resolved, backbone: this.backbone, seed: this.#options.seed ?? 0 });
    return this.#runtime;
  }

  /** The network: outputs are logits by task path, in flow order. It shares its weights with the project. */
  get model(): tf.LayersModel {
    return this.#run.network().model;
  }

  /** By task path: a task's thresholds, its own until `tune` has set better ones. */
  get thresholds(): ReadonlyMap<string, readonly number[]> {
    return this.#run.thresholds;
  }

  /**
   * Trains the network on a table or an array of records, going on from the weights that it has. Label columns are
   * found by full task path, else by task name. The loss of a task is Σ masked element losses / number of counted
   * elements; the total is Σ weight × task loss.
   *
   * @throws HeadgateError see `bindTable` and `train`
   */
  async fit(data: TableLike, options: FitOptions<PathsOf<Root>> = {}): Promise<History<PathsOf<Root>>> {
    const history = await fitProject(this.#run, data, options);
    return history as History<PathsOf<Root>>; // the records have the paths of this project's root
  }

  /** The training step as one compiled graph, in text: what `fit` with these options would run. */
  explainGraph(options: Pick<FitOptions, 'optimizer' | 'batchSize' | 'clipNorm'> = {}): Promise<string> {
    const { batchSize, clipNorm, optimizer } = fitOptions(options);
    const { flow, layout } = this.#run;
    const { inputs } = flow.graph;
    return explainTrainGraph({ network: this.#run.network(), layout, inputs, optimizer, batchSize, clipNorm });
  }

  /** Metrics of every task, given the truth and end to end. */
  async evaluate(data: TableLike, options: EngineOptions = {}): Promise<Evaluation> {
    const { layout, thresholds } = this.#run;
    return this.#run.foldScores(options, bindTable(data, layout), () => startEvaluation(layout, thresholds));
  }

  /** Finds the best threshold of every decision on these rows, and keeps them. */
  async tune(data: TableLike, options: TuneProjectOptions<PathsOf<Root>> = {}): Promise<Tuning> {
    const { layout, thresholds } = this.#run;
    const dataset = bindTable(data, layout);
    const metric = options.metric as TuneMetric | undefined; // the paths of a record are this project's
    const tuning = await this.#run.foldScores(options, dataset, () =>
      startTuning(layout, thresholds, metric === undefined ? {} : { metric }),
    );
    this.#run.thresholds = new Map([...thresholds, ...tuning.thresholds]);
    return tuning;
  }

  /** One typed object a row; null where a task does not apply by the decoded values of the tasks it depends on. */
  predict(
    data: TableLike,
    options: EngineOptions & { readonly probabilities: true },
  ): Promise<readonly DetailedOf<Root>[]>;
  predict(
    data: TableLike,
    options?: EngineOptions & { readonly probabilities?: false },
  ): Promise<readonly PredictionsOf<Root>[]>;
  async predict(
    data: TableLike,
    { probabilities = false, ...options }: EngineOptions & { readonly probabilities?: boolean } = {},
  ): Promise<readonly unknown[]> {
    const { flow, layout } = this.#run;
    const decisions = await this.#run.decide(options, bindInputs(asTable(data), flow.graph.inputs));
    return predict(layout, decisions, { probabilities });
  }

  /** The rows as text trees: what each task decided, and with `why`, why a branch was cut off. */
  async explain(data: TableLike, { why, width, ...options }: EngineOptions & ExplainOptions = {}): Promise<string> {
    const { flow, layout } = this.#run;
    const decisions = await this.#run.decide(options, bindInputs(asTable(data), flow.graph.inputs));
    return explain(layout, decisions, {
      ...(why === undefined ? {} : { why }),
      ...(width === undefined ? {} : { width }),
    });
  }

  /** The rows with the lowest and highest loss, for each task and overall. */
  async interpret(
    data: TableLike,
    { top = 10, ...options }: EngineOptions & { readonly top?: number } = {},
  ): Promise<Interpretation> {
    const { layout, thresholds } = this.#run;
    return this.#run.foldScores(options, bindTable(data, layout), () =>
      startInterpretation(layout, thresholds, { top }),
    );
  }

  /** Writes flow, weights and thresholds into a folder, replacing what was saved there whole or not at all. */
  save(folder: string): Promise<void> {
    return save(folder, this.#run.saved());
  }

  /** Reads what `save` wrote. The saved flow must be this project's: `FLOW_MISMATCH` names the first difference. */
  async load(folder: string): Promise<this> {
    const model = await load(folder, this.#run.declared());
    this.#run.restore(model);
    for (const note of model.notes) process.emitWarning(note, { code: 'HEADGATE_NOTE' });
    return this;
  }

  /**
   * Releases the network's memory; a pretrained model in its backbone stays its owner's. What needs the network throws
   * `DISPOSED` afterwards.
   */
  dispose(): void {
    this.#isDisposed = true;
    this.#runtime?.dispose();
    this.#runtime = null;
  }
}

export interface TuneProjectOptions<Path extends string> extends EngineOptions {
  /** What to maximise, for all tasks or by task path. Default `f1_score`. */
  readonly metric?: TuneMetric | { readonly [P in Path]?: TuneMetric };
}

/** What a prediction of a project is. */
export type Predictions<P> =
  P extends Project<infer _I, infer _T, infer _F, infer _Fl, infer Root> ? PredictionsOf<Root> : never;

function disposed(name: string): HeadgateError {
  return new HeadgateError({
    code: 'DISPOSED',
    path: name,
    problem: 'the project was disposed, and its weights with it',
    mend: 'Save before disposing, and load into a new project.',
  });
}

/**
 * Labels of one row for a project, all optional and nullable, by a task's name or full path. Other forms that the kinds
 * read (0 and 1, class indices, lists of class names) are for rows without this type.
 */
export type Labels<P> =
  P extends Project<infer _I, infer T, infer _F, infer _Fl, infer Root>
    ? { readonly [K in (keyof T & string) | PathsOf<Root>]?: LabelOf<T, LeafName<K>> | null }
    : never;

type LabelOf<T extends Kinds, Name extends string> = Name extends keyof T ? ValueOf<T[Name]> : never;
type LeafName<Path extends string> = Path extends `${string}.${infer Below}` ? LeafName<Below> : Path;
