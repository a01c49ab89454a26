/** @file What a mask is worth: the network as it is, through the mask, and without what the mask keeps. */
import { createInputBatcher } from '../../data/batches.js';
import type { BoundRows } from '../../data/bound-rows.js';
import type { Dataset } from '../../data/dataset.js';
import { type LabelStatisticsFold, labelStatistics } from '../../data/label-statistics.js';
import { inputsOf } from '../../data/ports.js';
import { onBackend } from '../../engine/backend.js';
import type { Engine, EngineState, HostTensors, Step } from '../../engine/engine.js';
import { startEvaluation } from '../../evaluate/evaluation.js';
import type { EvaluationRow } from '../../evaluate/evaluation-table.js';
import { type Extension, effectiveThrough, extensionTensors, ownTensors } from '../../model/extension.js';
import type { Network } from '../../model/network.js';
import { foldScores, truthRows, withHiddenTokens } from '../../score/fold.js';
import { createScorer } from '../../score/scorer.js';
import { initialThresholds, type Scores, scoresOf, type Thresholds, thresholdsOf } from '../../score/scores.js';
import type { Layout } from '../../tasks/layout.js';
import { tf } from '../../tf.js';
import {
  type Answers,
  addAnswers,
  answerMetrics,
  isDecodedYes,
  majorityOf,
  metricsOf,
  noAnswers,
  totalOf,
} from './answers.js';
import { answerLogits } from './head.js';
import { type MaskableUnits, throughMask } from './maskable.js';
import type { Question } from './question.js';

/** One metric; null where it is not defined. */
export interface UnitMaskMetric {
  readonly task: string;
  readonly metric: string;
  /** Rows that count. */
  readonly rows: number;
  /** Of the network as it is. */
  readonly unmasked: number | null;
  /** Through the mask. */
  readonly masked: number | null;
  /** Without the units that the mask keeps, and with those that it leaves out. */
  readonly inverse: number | null;
  /** Of the same answer for every row: what most of them are, or their mean. */
  readonly baseline: number | null;
}

export interface MeasureFacts {
  readonly engine: Engine;
  readonly network: Network;
  readonly layout: Layout;
  readonly thresholds: Thresholds;
  readonly maskable: MaskableUnits;
  readonly weights: HostTensors;
  /** `[units]` of those that may be masked: 1 for what is kept. */
  readonly kept: Uint8Array;
  readonly paths: readonly string[];
  readonly rows: BoundRows<Dataset>;
  /** The question that a new head answers, and its tensors; null where tasks answer by their own. */
  readonly head: { readonly question: Question; readonly tensors: HostTensors } | null;
}

const ROWS = 256;

interface Measuring extends MeasureFacts {
  readonly state: EngineState;
  readonly extension: Extension;
}

type Views = Readonly<Record<'unmasked' | 'masked' | 'inverse', Uint8Array>>;

/**
 * Of tasks' own heads: their metrics, by the labels that count. Of a new head: how it answers its question through the
 * mask; `unmasked` and `inverse` are what the task's own head says of the same question.
 */
export async function measureMasks(facts: MeasureFacts): Promise<readonly UnitMaskMetric[]> {
  const { engine, weights, maskable, head, kept } = facts;
  const views: Views = { unmasked: kept.map(() => 1), masked: kept, inverse: kept.map((value) => 1 - value) };
  const extension: Extension = {
    name: 'unitMasks',
    tensors: { units: { shape: [kept.length], dtype: 'float32', data: Float32Array.from(kept) } },
    effective: (name, value, { units }) => throughMask(maskable, units as tf.Tensor)(name, value), // its own tensor
  };
  const state = await engine.createState({ ...weights, ...extensionTensors([extension]), ...head?.tensors });
  try {
    const measuring = { ...facts, state, extension };
    return head === null ? await ofTasks(measuring, views) : await ofQuestion(measuring, head.question, views);
  } finally {
    state.dispose();
  }
}

async function useMask({ state, extension }: Measuring, mask: Uint8Array): Promise<void> {
  const tensors = { units: { shape: [mask.length], dtype: 'float32', data: Float32Array.from(mask) } } as const;
  await state.write(extensionTensors([{ ...extension, tensors }]));
}

async function ofTasks(measuring: Measuring, views: Views): Promise<readonly UnitMaskMetric[]> {
  const { engine, network, layout, thresholds, paths, rows, state, extension } = measuring;
  const scorer = createScorer(engine, network, layout, ROWS, [extension]);
  const start = (by: Thresholds) => startEvaluation(layout, by, { views: ['given_truth'], tasks: paths });
  try {
    const results: Partial<Record<keyof Views, readonly EvaluationRow[]>> = {};
    for (const view of ['unmasked', 'masked', 'inverse'] as const) {
      await useMask(measuring, views[view]);
      results[view] = (await foldScores(scorer, state, rows, start(thresholds))).rows;
    }
    const labels = labelStatistics(layout.slots);
    for await (const dataset of rows.pieces(ROWS)) labels.see(dataset);
    const constant = start(initialThresholds(layout.flow.tasks));
    const scores = constantScores(layout, labels);
    for await (const dataset of rows.pieces(ROWS)) constant.add(withHiddenTokens(dataset), scores(dataset.rows));
    const baseline = constant.result().rows;
    return (results.unmasked ?? []).map((row, i) =>
      Object.freeze({
        ...{ task: row.task_path, metric: row.metric_name, rows: row.num_samples },
        unmasked: row.metric_res,
        masked: results.masked?.[i]?.metric_res ?? null,
        inverse: results.inverse?.[i]?.metric_res ?? null,
        baseline: baseline[i]?.metric_res ?? null,
      }),
    );
  } finally {
    scorer.dispose();
  }
}

/** The answer that is best for every row, by what the labels say as a whole. */
function constantScores(layout: Layout, labels: LabelStatisticsFold): (rows: number) => Scores {
  const statistics = labels.result();
  const answers = layout.slots.map((slot) => {
    const { kind, path } = slot.task;
    const own = statistics.get(slot);
    const prior = (own === undefined ? undefined : kind.prior?.(own)) ?? Array.from({ length: kind.units }, () => 0);
    const { summary } = kind;
    const { logits, activated } = onBackend('cpu', () =>
      tf.tidy(() => {
        const whole = tf.tensor2d([...prior], [1, kind.units]);
        const told = summary?.of(whole) ?? whole;
        return { logits: told.dataSync(), activated: (summary?.activate ?? kind.activate)(told).dataSync() };
      }),
    );
    return { path, positions: slot.positions, logits, activated };
  });
  const repeated = (values: ArrayLike<number>, times: number): Float32Array => {
    const all = new Float32Array(values.length * times);
    for (let i = 0; i < times; i++) all.set(values, i * values.length);
    return all;
  };
  return (rows) => ({
    rows,
    tasks: new Map(
      answers.map(({ path, positions, logits, activated }) => [
        path,
        { logits: repeated(logits, rows * positions), activated: repeated(activated, rows * positions) },
      ]),
    ),
  });
}

async function ofQuestion(measuring: Measuring, question: Question, views: Views): Promise<readonly UnitMaskMetric[]> {
  const { task } = question.slot;
  const found = {
    unmasked: await ownAnswers(measuring, question, views.unmasked),
    masked: await newAnswers(measuring, question, views.masked),
    inverse: await ownAnswers(measuring, question, views.inverse),
  };
  const [unmasked, masked, inverse] = [found.unmasked, found.masked, found.inverse].map(metricsOf);
  const baseline = metricsOf(majorityOf(found.masked));
  return answerMetrics.map((metric) =>
    Object.freeze({
      ...{ task: task.path, metric, rows: totalOf(found.masked) },
      unmasked: unmasked?.[metric] ?? null,
      masked: masked?.[metric] ?? null,
      inverse: inverse?.[metric] ?? null,
      baseline: baseline[metric],
    }),
  );
}

/** What the task's own head says. */
async function ownAnswers(measuring: Measuring, question: Question, mask: Uint8Array): Promise<Answers> {
  const { engine, network, layout, thresholds, rows, state, extension } = measuring;
  const { slot } = question;
  const scorer = createScorer(engine, network, layout, ROWS, [extension]);
  const answers = noAnswers();
  await useMask(measuring, mask);
  try {
    return await foldScores(scorer, state, rows, {
      add: (truth, scores) => {
        const own = scoresOf(scores, slot.task.path);
        const of = { rows: truth.rows * slot.positions, ...own };
        const decoded = slot.task.kind.decode(of, thresholdsOf(slot.task, thresholds));
        addAnswers(answers, question, truth, isDecodedYes(question, decoded));
      },
      result: () => answers,
    });
  } finally {
    scorer.dispose();
  }
}

/** What the new head says. */
async function newAnswers(measuring: Measuring, question: Question, mask: Uint8Array): Promise<Answers> {
  const { engine, network, rows, state } = measuring;
  const answers = noAnswers();
  await useMask(measuring, mask);
  const step = engine.compile(answerStep(measuring, question));
  try {
    for await (const dataset of rows.pieces(ROWS)) {
      const size = network.rowMixing.inference ? dataset.rows : Math.min(ROWS, dataset.rows);
      const batcher = createInputBatcher(dataset.inputs, size);
      for (let start = 0; start < dataset.rows; start += size) {
        const end = Math.min(dataset.rows, start + size);
        const { tensors } = batcher(Uint32Array.from({ length: end - start }, (_, i) => start + i));
        const { yes } = await step.run(state, tensors, { seed: 0, counter: 0 });
        addAnswers(answers, question, truthRows(dataset, start, end), (instance) => Number(yes?.data[instance]) > 0);
      }
    }
    return answers;
  } finally {
    step.dispose();
  }
}

/** Output: `yes`, `[instances]`, above 0 where the answer is. */
function answerStep({ network, layout, maskable, extension }: Measuring, question: Question): Step {
  return {
    name: 'answers',
    run: ({ state, batch }) => {
      const { units } = ownTensors(extension, state);
      const logits = answerLogits(
        { question },
        {
          ...{ network, maskable, state, tasks: new Set([question.slot.index]) },
          inputs: inputsOf(batch),
          specs: layout.flow.graph.inputs,
          effective: effectiveThrough([extension], state),
          unitMask: units as tf.Tensor, // its own tensor
        },
      );
      return {
        state: {},
        outputs: {
          yes: logits
            .slice([0, 1], [-1, 1])
            .sub(logits.slice([0, 0], [-1, 1]))
            .reshape([-1]),
        },
      };
    },
  };
}
