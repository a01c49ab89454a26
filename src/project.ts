/** @file The Project: what a user declares. Each verb that trains or uses it is a file of its own, in `project/verbs`. */
import type { DanfoLike } from './data/danfo.js';
import { type DataLike, type StreamLike, sourceIn } from './data/data-like.js';
import type { Table } from './data/table.js';
import type { HostTensors } from './engine/engine.js';
import type { Evaluation } from './evaluate/evaluation-table.js';
import type { Interpretation } from './evaluate/interpretation-table.js';
import type { Tuning } from './evaluate/tuning-table.js';
import { readClass } from './flow/class-declaration.js';
import type { FlowOptions, UntypedFlowFunction } from './flow/declare.js';
import type { Features } from './flow/features.js';
import type { Flow } from './flow/flow.js';
import type { FlowGraph } from './flow/graph.js';
import type { AnyMember, DetailedOf, PathsOf, PredictionsOf } from './flow/handles.js';
import { toMermaid } from './flow/mermaid.js';
import { printGraph } from './flow/print.js';
import type { MembersOf, OnlyMembers } from './flow/wrong.js';
import { defaultBackbone } from './model/default-backbones.js';
import type { Backbone } from './model/network.js';
import type { Noted } from './notes.js';
import { readOptions } from './options.js';
import type { DataReport } from './project/data-report/report.js';
import { Declaration } from './project/declaration.js';
import type { Callables, Flows, Inputs, Kinds, NetworkOptions, Paths, ProjectOptions } from './project/declared.js';
import { type Description, describe } from './project/description.js';
import { createLock, type Lock } from './project/lock.js';
import type { Merging } from './project/merging.js';
import { Model } from './project/model.js';
import type { DescribeDataOptions } from './project/options/describe-data.js';
import type { EngineOptions, NoteOptions } from './project/options/engine.js';
import type { ExplainOptions } from './project/options/explain.js';
import type { ExtractOptions } from './project/options/extract.js';
import type { FindLearningRateOptions } from './project/options/find-learning-rate.js';
import type { ExplainGraphOptions, FitOptions } from './project/options/fit.js';
import type { InterpretOptions } from './project/options/interpret.js';
import type { MergeOptions } from './project/options/merge.js';
import type { PredictOptions } from './project/options/predict.js';
import { networkSchema } from './project/options/project.js';
import type { TuneOptions } from './project/options/tune.js';
import { type ProjectPathways, pathwaysOf } from './project/pathways/verbs.js';
import type { ProjectRow } from './project/rows.js';
import { adopt } from './project/verbs/adopt.js';
import { describeData } from './project/verbs/describe-data.js';
import { dispose } from './project/verbs/dispose.js';
import { evaluate } from './project/verbs/evaluate.js';
import { explain } from './project/verbs/explain.js';
import { explainGraph } from './project/verbs/explain-graph.js';
import { extract } from './project/verbs/extract.js';
import { fit as fitModel } from './project/verbs/fit.js';
import { fitTasks } from './project/verbs/fit-tasks.js';
import { interpret } from './project/verbs/interpret.js';
import { load } from './project/verbs/load.js';
import type { Extraction } from './project/verbs/meld.js';
import { mergeProjects } from './project/verbs/merge.js';
import { predict, predictStream } from './project/verbs/predict.js';
import { save } from './project/verbs/save.js';
import { tune } from './project/verbs/tune.js';
import type { Thresholds } from './score/scores.js';
import type { TaskKind } from './tasks/kind.js';
import type { tf } from './tf.js';
import type { History } from './train/history.js';
import type { LearningRateCurve } from './train/rate-range/curve.js';

/**
 * A declaration of tasks, inputs and flows, and the network that it makes. Declaring is immutable: `flow` and `root`
 * give new projects, which share nothing with the old one; weights and thresholds belong to the project that was fit.
 *
 * @example
 * const shop = new Project({
 *   name: 'shop',
 *   inputs: { visit: vector({ columns: ['minutes', 'pages'] }) },
 *   tasks: { buys: binary(), product: classification({ classes: ['book', 'film'] }) },
 * }).flow('visitor', (task, x) => {
 *   const buys = task.buys(x.features);
 *   return [buys, task.product(x.features).given(buys)];
 * });
 * await shop.fit(train, { epochs: 20, validation });
 * (await shop.evaluate(test)).print();
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
  #declaration: Declaration;
  readonly #lock: Lock;
  #model: Model | null = null;

  /**
   * Checks what is declared; the network is made when it is first needed.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `INVALID_NAME`, `NO_TASKS`, `NO_INPUTS`, `NOT_AN_INPUT`, `NOT_A_TASK`,
   *   `INVALID_KIND`
   */
  constructor(options: ProjectOptions<I, T, F>) {
    this.#options = options;
    this.#declaration = new Declaration(options);
    this.name = this.#declaration.name;
    this.#lock = createLock(this.name);
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
    readOptions('Project.from', networkSchema, options);
    const { tasks, flows, root } = readClass(declared);
    // `@Task` takes any declaration, since `flow/` knows no more of a kind; the constructor checks what it needs.
    let project: Project<I, Kinds, F, Record<string, AnyMember>, AnyMember> = new Project({
      ...options,
      tasks: Object.fromEntries(tasks) as Kinds,
    });
    for (const [name, run] of flows) project = project.#declared(name, run);
    return root === null ? project : project.root(root);
  }

  /**
   * Declares a flow. The function runs once, now. The last flow declared is the root, unless `root` names another.
   *
   * @throws HeadgateError `INVALID_NAME`, `DUPLICATE_NAME`, `UNKNOWN_TASK`, `NOT_A_FEATURE`, `NOT_A_MEMBER`, `NOT_RETURNED`,
   *   `LOST_CONDITION`, `DUPLICATE_PATH`, `EMPTY_FLOW`, `NOT_A_CONDITION`, `CONDITION_ON_ABSENT_TASK`, `CONDITION_CYCLE`,
   *   `FLOW_TOO_LARGE`
   * @example
   * project.flow('full', (task, x) => {
   *   const open = task.doorOpen(x.features);
   *   return [open, task.doorLocked(x.features).given(open.not())];
   * });
   */
  flow<const Name extends string, const R>(
    name: Name,
    run: (task: Callables<T, F, Fl>, features: Features<F>) => OnlyMembers<R>,
    options: FlowOptions = {},
  ): Project<I, T, F, Fl & { readonly [K in Name]: MembersOf<R> }, MembersOf<R>> {
    // The function's own types were checked above; `declareFlow` gives it the same functions without them.
    return this.#declared(name, run as unknown as UntypedFlowFunction, options);
  }

  /**
   * Makes another flow the root. Flows that the root does not reach take no part.
   *
   * @throws HeadgateError `UNKNOWN_FLOW`
   */
  root<Name extends keyof Fl & string>(name: Name): Project<I, T, F, Fl, Fl[Name]> {
    return this.#derived(this.#declaration.withRoot(name));
  }

  #declared<Flows2 extends Flows, Root2>(
    name: string,
    run: UntypedFlowFunction,
    options: FlowOptions = {},
  ): Project<I, T, F, Flows2, Root2> {
    return this.#derived(this.#declaration.withFlow(name, run, options));
  }

  #derived<Flows2 extends Flows, Root2>(declaration: Declaration): Project<I, T, F, Flows2, Root2> {
    const project = new Project<I, T, F, Flows2, Root2>(this.#options);
    project.#declaration = declaration;
    return project;
  }

  /**
   * The flow ready to be walked.
   *
   * @throws HeadgateError `NO_FLOW`, and what `flow` throws
   */
  get resolved(): Flow<TaskKind> {
    return this.#declaration.resolved;
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

  get backbone(): Backbone {
    // The types of the user's function are those of the declared inputs, which are what it will be given.
    return (this.#options.backbone ?? defaultBackbone(this.#options.inputs)) as Backbone;
  }

  /** @throws HeadgateError `DISPOSED`, and what `resolved` throws */
  get #live(): Model {
    this.#lock.requireLive();
    this.#model ??= new Model({
      flow: this.resolved,
      backbone: this.backbone,
      seed: this.#options.seed ?? 0,
      lock: this.#lock,
      onNote: this.#options.onNote,
      pathways: this.#declaration.pathways,
    });
    return this.#model;
  }

  /** The network: outputs are logits by task path, in flow order. It shares its weights with the project. */
  get model(): tf.LayersModel {
    return this.#live.network.model;
  }

  /** By task path: a task's thresholds, its own until `tune` has set better ones. */
  get thresholds(): Thresholds {
    return new Map(this.#live.thresholds); // what a caller does to it must not decide predictions
  }

  /** Copies of the network's parameters, by name: `backbone/stem/kernel`, `head/person.faceX1/bias`. */
  weights(): HostTensors {
    return this.#live.network.store.read();
  }

  /** The tasks' own ways through the network, and what can be done with them. */
  get pathways(): ProjectPathways {
    return pathwaysOf(() => this.#live, Project.#modelOf);
  }

  /** What was learnt of the data besides the weights: how inputs are standardised, what losses are measured in. */
  describe(): Description {
    return describe(this.#live);
  }

  /**
   * What rows are to this declaration, before any fit: how many labels each task has along the flow and how many of them
   * count, what inputs are like, cells that `fit` would refuse (counted, not thrown), suspected leaks, rows that come
   * twice, what is left out and why.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `EMPTY_DATASET`, `INVALID_DATA`, `INVALID_RECORD`, and what a source throws
   * @example (await project.describeData(train, { compareWith: test })).print();
   */
  async describeData(
    data: DataLike<ProjectRow<I, T, PathsOf<Root>>>,
    options: DescribeDataOptions<ProjectRow<I, T, PathsOf<Root>>> = {},
  ): Promise<DataReport> {
    return describeData(this.#live, data, options);
  }

  /**
   * Trains the network on a table, an array of records or a source of rows, going on from the weights that it has. Label columns are
   * found by full task path, else by task name. The loss of a task is Σ masked element losses / number of counted
   * elements, in units of its best constant answer; the total is Σ weight × task loss. The first fit learns from its rows
   * how inputs and labels are standardised. The initial weights are drawn by the project's seed; `seed` is of the order of
   * rows and of dropout.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `PROJECT_BUSY` while another verb changes the project; of the data
   *   `EMPTY_DATASET`, `UNKNOWN_COLUMN`, `WRONG_SHAPE`, `INVALID_INPUT`, `NO_LABELS`, `INVALID_LABEL`, `UNKNOWN_CLASS`,
   *   `LABEL_OUT_OF_RANGE`,
   *   `NO_COUNTED_LABELS`; of the network `INVALID_BACKBONE`, `FEATURE_SHAPE`, `LAYER_CANNOT_TRAIN`,
   *   `UNSUPPORTED_KERNEL`; of the run `NON_FINITE_LOSS`, `NON_FINITE_WEIGHTS`, `INVALID_LEARNING_RATE`, `EMPTY_GROUP`,
   *   `CANNOT_CONTINUE`; of checkpoints `NO_CHECKPOINT`, `CHECKPOINTS_EXIST`, `RUN_IN_USE`, `SAVE_FAILED`, `NEWER_FORMAT`
   * @example
   * const history = await project.fit(train, { epochs: 20, validation, optimizer: adamW({ learningRate: 3e-4 }) });
   * console.log(String(history));
   */
  async fit(
    data: DataLike<ProjectRow<I, T, PathsOf<Root>>>,
    options: FitOptions<Paths<Root>, ProjectRow<I, T, PathsOf<Root>>> = {},
  ): Promise<History<Paths<Root>>> {
    return (await fitModel(this.#live, data, options)) as History<Paths<Root>>; // the records have this root's paths
  }

  /**
   * Trains these tasks alone: whatever the others see, their heads and what of the backbone their pathways read, stays as
   * it is, to the bit. A task without a pathway sees the whole backbone, which then rests.
   *
   * @param tasks paths of tasks, or of flows for all tasks in them
   * @throws HeadgateError `UNKNOWN_TASK`, and what `fit` throws
   * @example await project.fitTasks(['shirt'], train, { epochs: 10 })
   */
  async fitTasks(
    tasks: readonly string[],
    data: DataLike<ProjectRow<I, T, PathsOf<Root>>>,
    options: FitOptions<Paths<Root>, ProjectRow<I, T, PathsOf<Root>>> = {},
  ): Promise<History<Paths<Root>>> {
    return (await fitTasks(this.#live, tasks, data, options)) as History<Paths<Root>>; // the records have this root's paths
  }

  /**
   * A smaller project with only what these tasks need, and the tasks that their conditions ask about: the parts of the
   * network that they see, without units that are dead for them. It predicts the same; that is verified before it is given.
   * What its tasks could not see or train in the whole, they cannot in it: it has their pathways. Trained, it can be
   * written back: `meld`.
   *
   * @param tasks paths of tasks, or of flows for all tasks in them
   * @throws HeadgateError `UNKNOWN_TASK`, `INVALID_OPTIONS`, `COMPACTION_DIFFERS`, `LAYER_NOT_REBUILT`, and with `timeOn` what
   *   `predict` throws
   * @example
   * const { project: small, report } = await project.extract(['shirt'], { timeOn: test });
   * report.print();
   * @example
   * const { project: small, meld } = await project.extract(['shirt']);
   * await small.fit(train, { epochs: 20 });
   * await meld();
   */
  async extract(
    tasks: readonly string[],
    options: ExtractOptions<ProjectRow<I, T, PathsOf<Root>>> = {},
  ): Promise<Extraction<Project<I, Kinds, string, Flows, never>>> {
    const model = this.#live;
    const extracted = await extract(model, tasks, options);
    const { network } = extracted;
    const { name, inputs, seed, onNote } = this.#options;
    const declaration = this.#declaration.pruned(extracted.tasks, (path) => network.features.get(path) ?? '');
    const project = new Project<I, Kinds, string, Flows, never>({
      ...{ name, inputs, seed, onNote, tasks: Object.fromEntries(declaration.kinds) as Kinds }, // of any names
      backbone: network.backbone as never, // its inputs are the declared ones
    });
    project.#declaration = declaration;
    const { fillExtracted, meld } = await import('./project/verbs/meld.js');
    const { extractReport } = await import('./project/verbs/extract-report.js');
    const state = fillExtracted(model, project.#live, extracted);
    const report = await extractReport(model, project.#live, extracted).catch((error: unknown) => {
      project.dispose();
      throw error;
    });
    return Object.freeze({ project, report, meld: async (given: NoteOptions = {}) => meld(state, given) });
  }

  /**
   * Takes over what another project has learnt of the tasks that both have: weights, pathways, statistics of inputs and
   * labels, thresholds. What nobody sees there is as it was drawn here: room for new tasks, which `fitTasks` trains without
   * touching the others. A task may have more classes here, and in another order: they are matched by name, and those that
   * are new begin as drawn, as improbable as the rarest of the others.
   *
   * @param from a project, or a folder that one was saved in
   * @throws HeadgateError `BACKBONE_MISMATCH`, `FLOW_MISMATCH` when inputs differ, no task is in both, or a class is
   *   not declared here, `WEIGHTS_MISMATCH`,
   *   `PATHWAYS_MISMATCH` when a pathway has a task that is not here, `PROJECT_BUSY`, and of a folder what `load` throws
   * @example
   * await other.adopt(project); // `other` declares one task more
   * await other.fitTasks(['alarm'], train);
   */
  async adopt(from: AnyProject | string, options: NoteOptions = {}): Promise<this> {
    await adopt(this.#live, from instanceof Project ? from.#live : from, options);
    return this;
  }

  /**
   * The training step as one compiled graph, in text: what `fit` with these options runs on `onnx`, for 8-bit images. The
   * elementwise end of the update runs apart from it, as WebAssembly.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `EMPTY_GROUP`, `UNSUPPORTED_KERNEL`
   */
  async explainGraph(options: ExplainGraphOptions = {}): Promise<string> {
    return explainGraph(this.#live, options);
  }

  /**
   * Trains a copy of the weights with a rate that rises from step to step until the loss diverges, and says at which rate
   * it falls fastest (the range test of Smith 2017, arXiv 1506.01186). The project stays as it is, to the bit. Moments
   * begin at 0, and heads where a fit lets them begin.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `EMPTY_GROUP`, `NON_FINITE_LOSS` where the loss is not finite before the first
   *   step, and what `fit` throws of the data and the network
   * @example
   * const curve = await project.findLearningRate(train, { batchSize: 64 });
   * curve.print();
   * if (curve.suggestion !== null) await project.fit(train, { optimizer: adamW({ learningRate: oneCycle({ peak: curve.suggestion }) }) });
   */
  async findLearningRate(
    data: DataLike<ProjectRow<I, T, PathsOf<Root>>>,
    options: FindLearningRateOptions = {},
  ): Promise<LearningRateCurve> {
    const model = this.#live;
    return model.lock.reading('findLearningRate', async () => {
      const { network } = model;
      const asCalled = { ...model.snapshot(), network };
      // Most programs look for no rate.
      const verb = await import('./project/verbs/find-learning-rate.js');
      return verb.findLearningRate(model, data, options, asCalled);
    });
  }

  /**
   * Metrics of every task, given the truth and end to end.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `NON_FINITE_SCORE`, and what `fit` throws of the data
   * @example
   * const evaluation = await project.evaluate(test);
   * evaluation.print();
   */
  async evaluate(
    data: DataLike<ProjectRow<I, T, PathsOf<Root>>>,
    options: EngineOptions = {},
  ): Promise<Evaluation<Paths<Root>>> {
    return evaluate(this.#live, data, options);
  }

  /**
   * Looks for a better threshold of every decision on these rows, and keeps those whose gain holds on rows that did not
   * choose them.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `PROJECT_BUSY`, `UNKNOWN_METRIC`, `UNKNOWN_TASK`, `NO_THRESHOLDS`,
   *   `NON_FINITE_SCORE`, and what `fit` throws of the data
   * @example await project.tune(validation, { metric: 'balanced_accuracy' })
   */
  async tune(data: DataLike<ProjectRow<I, T, PathsOf<Root>>>, options: TuneOptions<Paths<Root>> = {}): Promise<Tuning> {
    return tune(this.#live, data, options);
  }

  /** Of a source: one typed object a row, one after another, as it is read. Throws as it is read, too. */
  predict<P extends boolean = false>(
    data: StreamLike<ProjectRow<I, T, PathsOf<Root>>>,
    options?: PredictOptions<P>,
  ): AsyncIterable<P extends true ? DetailedOf<Root> : PredictionsOf<Root>> & Noted;
  /**
   * One typed object a row; null where a task does not apply by the decoded values of the tasks it depends on. A source
   * gives them one after another, by the weights of now; a table or records, a list. Either has the call's `notes` as a
   * property of its own.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `EMPTY_DATASET`, `UNKNOWN_COLUMN`, `WRONG_SHAPE`, `INVALID_INPUT`,
   *   `NON_FINITE_SCORE`; for a source `INVALID_OPTIONS` and `DISPOSED` before anything is awaited
   * @example const [row] = await project.predict([{ minutes: 4, pages: 9 }], { probabilities: true });
   */
  predict<P extends boolean = false>(
    data: Table | DanfoLike | readonly ProjectRow<I, T, PathsOf<Root>>[],
    options?: PredictOptions<P>,
  ): Promise<readonly (P extends true ? DetailedOf<Root> : PredictionsOf<Root>)[] & Noted>;
  predict(data: DataLike, options: PredictOptions = {}): unknown {
    return sourceIn(data) === null
      ? this.#predictAll(data, options)
      : predictStream(this.#live, data as StreamLike, options);
  }

  async #predictAll(data: DataLike, options: PredictOptions): Promise<unknown> {
    return predict(this.#live, data, options);
  }

  /**
   * The rows as text trees: what each task decided, and with `why`, why a branch was cut off.
   *
   * @throws HeadgateError what `predict` throws
   * @example console.log(await project.explain(test.slice(0, 2), { why: true }))
   */
  async explain(data: DataLike<ProjectRow<I, T, PathsOf<Root>>>, options: ExplainOptions = {}): Promise<string> {
    return explain(this.#live, data, options);
  }

  /**
   * The rows with the lowest and highest loss, for each task and overall.
   *
   * @throws HeadgateError what `evaluate` throws
   */
  async interpret(
    data: DataLike<ProjectRow<I, T, PathsOf<Root>>>,
    options: InterpretOptions = {},
  ): Promise<Interpretation<Paths<Root>>> {
    return interpret(this.#live, data, options);
  }

  /**
   * Writes flow, weights and thresholds into a folder, replacing what was saved there whole or not at all.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `NOT_A_MODEL_FOLDER`, `SAVE_FAILED`, `FILE_TOO_LARGE`
   */
  async save(folder: string, options: NoteOptions = {}): Promise<void> {
    await save(this.#live, folder, options);
  }

  /**
   * Reads what `save` wrote: weights and thresholds together, or nothing changes. The saved flow must be this project's:
   * `FLOW_MISMATCH` names the first difference.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `PROJECT_BUSY`, `MODEL_NOT_FOUND`, `FLOW_MISMATCH`, `BACKBONE_MISMATCH`,
   *   `WEIGHTS_MISMATCH`, `THRESHOLDS_MISMATCH`, `NEWER_FORMAT`, and codes of files that are damaged
   */
  async load(folder: string, options: NoteOptions = {}): Promise<this> {
    await load(this.#live, folder, options);
    return this;
  }

  /**
   * Merges the weights of other projects of the same declaration into this one's, biases too: what `method` says, computed
   * in float64 and rounded once. The project's own weights take part as the first. Moving means and variances are merged
   * by means, whatever the method; thresholds stay as they are (`tune` afterwards); what inputs and labels were
   * standardised by stays, and is taken over for what the project has not learnt itself. The others are read, as they are now.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `PROJECT_BUSY`, `MERGE_MISMATCH` at the first difference of flow, layers or
   *   parameters, `INVALID_SCORE` for an importance below 0, `INVALID_MASK`, `MASK_MISMATCH`, `NON_FINITE_WEIGHTS`; nothing
   *   has changed then
   * @example
   * await project.merge([other], { method: 'ties', base, density: 0.2 }); // both were fit on from the base
   * await project.tune(validation);
   */
  async merge(
    others: readonly Project<I, T, F, Fl, Root>[],
    options: MergeOptions<Project<I, T, F, Fl, Root>>,
  ): Promise<Merging> {
    return mergeProjects(this.#live, others, options, Project.#modelOf);
  }

  static #modelOf(project: unknown): Model | undefined {
    return typeof project === 'object' && project !== null && #model in project ? project.#live : undefined;
  }

  /**
   * Releases the network's memory; a pretrained model in its backbone stays its owner's. What needs the network throws
   * `DISPOSED` afterwards.
   *
   * @throws HeadgateError `PROJECT_BUSY` while a verb runs
   */
  dispose(): void {
    dispose(this.#lock, this.#model);
  }
}

/** A project, whatever it declares. */
export type AnyProject = Pick<Project, 'name' | 'weights' | 'toString'>;
