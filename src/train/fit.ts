/** @file The training loop: epochs, batches, validation. It knows steps and tables, not how a step is executed. */
import { type Batcher, createBatcher, epochOrder, scalar } from '../data/batches.js';
import type { Batch, Dataset } from '../data/dataset.js';
import { LEARNING_RATE } from '../data/ports.js';
import type { Engine, EngineState, HostTensors } from '../engine/engine.js';
import { HeadgateError } from '../errors.js';
import type { Network } from '../model/network.js';
import { layoutOrder } from '../score/loss.js';
import { LossSums } from '../score/loss-sums.js';
import { createScorer, type NetworkScores } from '../score/scorer.js';
import type { Layout } from '../tasks/layout.js';
import { createHistory, type EpochRecord, type History, type MetricValues } from './history.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { createProgress } from './progress.js';
import { trainStep } from './step.js';

export interface TrainingOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: Optimizer;
  readonly seed: number;
  readonly clipNorm: number | null;
  readonly signal: AbortSignal | null;
  readonly progress: boolean;
  readonly onEpochEnd: ((record: EpochRecord) => unknown) | null;
}

export interface Training {
  readonly network: Network;
  readonly layout: Layout;
  readonly engine: Engine;
  readonly dataset: Dataset;
  readonly validation: {
    readonly dataset: Dataset;
    /** Metrics of the validation rows, by task path. */
    readonly measure: (scores: NetworkScores) => MetricValues<string>;
  } | null;
  readonly options: TrainingOptions;
  /** Sentences about the data, shown before the first epoch. */
  readonly notes: readonly string[];
}

/**
 * Trains the network and writes the new weights into it, also when the fit is aborted or fails: they are then those
 * of the last step that was accepted. Weights that are not finite are never written: the network keeps those from
 * before the fit.
 *
 * @throws HeadgateError `NO_COUNTED_LABELS` when no label of the table counts for any task, `NON_FINITE_LOSS` when a
 *   step's loss is not a finite number (that step is undone), `NON_FINITE_WEIGHTS` when the loss is finite to the end
 *   and its gradients were not
 */
export async function train({
  network,
  layout,
  engine,
  dataset,
  validation,
  options,
  notes,
}: Training): Promise<History> {
  requireCountedLabels(dataset);
  const { step, initialState } = trainStep({
    network,
    layout,
    optimizer: options.optimizer,
    clipNorm: options.clipNorm,
  });
  const compiled = engine.compile(step);
  const state = await engine.createState({ ...network.read(), ...initialState() });
  const size = Math.min(options.batchSize, dataset.rows);
  const scorer = createScorer(engine, network, layout, Math.max(size, 128));
  const progress = createProgress(options.progress, options.epochs);
  const stepsPerEpoch = Math.ceil(dataset.rows / size);
  const totalSteps = stepsPerEpoch * options.epochs;
  const records: EpochRecord[] = [];
  let steps = 0;
  let ended: History['ended'] = 'completed';
  let ruined: string | undefined;
  for (const note of notes) progress.note(note);

  try {
    const batchers = new Map<number, Batcher>();
    const batch = (rows: Uint32Array): Batch => {
      // A short batch is padded, unless its padding would reach the statistics of its rows.
      const padded = network.rowMixing.training ? rows.length : size;
      const batcher = batchers.get(padded) ?? createBatcher(dataset, padded);
      batchers.set(padded, batcher);
      return batcher(rows);
    };
    for (let epoch = 0; epoch < options.epochs && ended === 'completed'; epoch++) {
      const started = performance.now();
      const order = epochOrder(dataset.rows, options.seed, epoch);
      const sums = new LossSums(layout);
      let learningRate = 0;
      progress.epochStart(epoch + 1, stepsPerEpoch);
      for (let start = 0; start < dataset.rows; start += size) {
        if (options.signal?.aborted) {
          ended = 'aborted';
          break;
        }
        const rows = order.subarray(start, start + size);
        learningRate = rateAt(options.optimizer, { step: steps, totalSteps, epoch });
        const where = { epoch, step: start / size, rows };
        const outputs = await compiled.run(
          state,
          { ...batch(rows).tensors, [LEARNING_RATE]: scalar(learningRate) },
          { seed: options.seed, counter: steps },
          (values) => requireFinite(layout, values, where),
        );
        sums.add(outputs);
        steps++;
        progress.step(start / size + 1, sums.meanLoss());
      }
      if (ended === 'aborted') break;
      const record: EpochRecord = {
        epoch: epoch + 1,
        ...sums.record(),
        validation: validation === null ? null : await validate(scorer.score, state, layout, validation),
        learningRate,
        seconds: (performance.now() - started) / 1000,
      };
      records.push(record);
      progress.epochEnd(record);
      if ((await options.onEpochEnd?.(record)) === 'stop' && epoch + 1 < options.epochs) ended = 'stopped';
    }
  } finally {
    progress.end();
    const trained = await state.read(network.tensors.map(({ name }) => name));
    ruined = Object.keys(trained).find((name) => !trained[name]?.data.every(Number.isFinite));
    if (ruined === undefined) network.write(trained);
    scorer.dispose();
    compiled.dispose();
    state.dispose();
  }
  if (ruined !== undefined) throw nonFiniteWeights(ruined);
  return createHistory(records, ended, steps);
}

function rateAt(optimizer: Optimizer, progress: { step: number; totalSteps: number; epoch: number }): number {
  const { learningRate } = optimizer;
  return typeof learningRate === 'function' ? learningRate(progress) : learningRate;
}

async function validate(
  score: ReturnType<typeof createScorer>['score'],
  state: EngineState,
  layout: Layout,
  { dataset, measure }: NonNullable<Training['validation']>,
): Promise<EpochRecord['validation']> {
  const scores = await score(state, dataset);
  const sums = new LossSums(layout);
  sums.addElements(dataset, scores.elementLosses ?? new Float32Array(0));
  return { ...sums.record(), metrics: measure(scores) };
}

function requireCountedLabels(dataset: Dataset): void {
  if (dataset.mask.includes(1)) return;
  throw new HeadgateError({
    code: 'NO_COUNTED_LABELS',
    path: 'train',
    problem: 'no label of this table counts for any task, so there is nothing to learn from',
    expected: 'at least one row where a task has a label and its condition is true',
    received: `${dataset.rows} rows without one`,
    mend: 'Check the label columns, and that the tasks which conditions ask about are labelled too.',
  });
}

function requireFinite(
  layout: Layout,
  outputs: HostTensors,
  where: { epoch: number; step: number; rows: ArrayLike<number> },
): void {
  const loss = outputs.loss?.data[0] ?? Number.NaN;
  if (Number.isFinite(loss)) return;
  const sums = outputs.sums?.data ?? [];
  const place = layoutOrder(layout).findIndex((_, i) => !Number.isFinite(sums[i]));
  const task = layout.slots[layoutOrder(layout)[place] ?? -1]?.task.path;
  const rows = Array.from({ length: Math.min(5, where.rows.length) }, (_, i) => where.rows[i]);
  throw new HeadgateError({
    code: 'NON_FINITE_LOSS',
    path: task ?? 'regularisation',
    problem: `the loss became ${loss} in epoch ${where.epoch + 1}, step ${where.step + 1} (rows ${rows.join(', ')}, …)`,
    expected: 'a finite loss',
    received: String(loss),
    mend: 'The step was undone. Lower the learning rate, set `clipNorm`, or look at these rows.',
  });
}

function nonFiniteWeights(parameter: string): HeadgateError {
  return new HeadgateError({
    code: 'NON_FINITE_WEIGHTS',
    path: parameter,
    problem: 'a gradient was too large for float32, though the loss was not',
    expected: 'finite weights',
    mend: 'The weights from before the fit were kept. Lower the learning rate, set `clipNorm`, or scale the inputs.',
  });
}
