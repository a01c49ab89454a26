/** @file The verb `pathways.forget`. */
import { type BoundDataset, bindTable } from '../../data/bind.js';
import { sourceIn } from '../../data/data-like.js';
import { tableFeed } from '../../data/feed.js';
import { asTable, type Table } from '../../data/table.js';
import type { Engine } from '../../engine/engine.js';
import { HeadgateError, listed } from '../../errors.js';
import { decide } from '../../evaluate/decisions.js';
import { startEvaluation } from '../../evaluate/evaluation.js';
import { layersBehind } from '../../model/layers.js';
import type { HeldTensor } from '../../model/tensors.js';
import type { Noted } from '../../notes.js';
import { invalidOption } from '../../options.js';
import { inputMeans, tensorsRead } from '../../pathways/assign/inputs.js';
import { curveText, type ForgetCurve, type ForgetPoint } from '../../pathways/forget/curve.js';
import { type Forgetful, forgetful, without } from '../../pathways/forget/differences.js';
import { classTarget, countHits, requireBoth, splitRows, type Target } from '../../pathways/forget/target.js';
import { addScores } from '../../score/fold.js';
import { createScorer } from '../../score/scorer.js';
import { anyOf } from '../../train/name-patterns.js';
import { withEngine } from '../engines.js';
import type { Model } from '../model.js';
import { withNotes } from '../notes/channel.js';
import { readForget } from '../options/forget.js';
import { trainedBy } from '../pathways/seen.js';
import { tasksAt } from '../pathways/ways.js';
import type { Snapshot } from '../snapshot.js';
import { whole } from './reading.js';

/** What `pathways.forget` tried and did. */
export interface Forgetting extends ForgetCurve, Noted {
  /** The curve as a table. */
  readonly toString: () => string;
  readonly print: () => void;
}

type Options = ReturnType<typeof readForget>;

/** Prunes what the target needs more than the rest. See `ProjectPathways.forget`. */
export function forget(model: Model, given: unknown): Promise<Forgetting> {
  return model.lock.changing('forget', async () => {
    const options = readForget(given);
    const notes = model.notes.open(options.onNote);
    if (sourceIn(options.data) !== null) {
      throw invalidOption('pathways.forget.data', options.data, { expected: 'a table or an array of records' });
    }
    const table = asTable(whole(options.data));
    const snapshot = model.snapshot();
    const dataset = bindTable(table, snapshot.layout);
    notes.add(dataset.notes);
    const target = targetOf(model, snapshot, options);
    const until = untilOf(target, options);
    const kernels = kernelsToPrune(model, options);
    const facts = { model, snapshot, options, table, dataset, target, kernels };
    const { points, best } = await withEngine(options, notes, async (engine) => {
      const chosen = await chooseFrom(facts, engine);
      return sweep({ ...facts, engine }, chosen, until);
    });
    const kept = best === null ? null : (points[best.index] ?? null);
    if (best !== null) {
      const { pathways, learnt } = model;
      model.takeOver({ weights: best.weights, pathways, learnt, thresholds: new Map() });
    }
    const layers = kernels.map(({ name }) => name);
    const curve: ForgetCurve = { target: target.name, layers, points: Object.freeze(points), kept };
    const shown = curveText(curve);
    return withNotes({ ...curve, toString: () => shown, print: () => console.log(shown) }, notes);
  });
}

interface Facts {
  readonly model: Model;
  readonly snapshot: Snapshot;
  readonly options: Options;
  readonly table: Table;
  readonly dataset: BoundDataset;
  readonly target: Target;
  readonly kernels: readonly HeldTensor[];
}

function targetOf({ flow }: Model, { layout }: Snapshot, { class: one, task }: Options): Target {
  const path = one?.task ?? task ?? '';
  const where = one === undefined ? 'pathways.forget.task' : 'pathways.forget.class.task';
  const [first, ...others] = tasksAt(flow, path, where);
  const slot = layout.slots.find((candidate) => candidate.task.path === first);
  if (slot === undefined || others.length > 0) throw invalidOption(where, path, { expected: 'one task, no flow' });
  if (one !== undefined) return classTarget(slot, one.value);
  if (slot.task.kind.metrics[0]?.direction !== 'maximise') {
    throw invalidOption(where, path, { expected: 'a task whose first metric is the better the larger it is' });
  }
  return { slot, of: null, name: path };
}

interface Until {
  readonly target: number;
  readonly others: number;
}

function untilOf({ slot, of }: Target, { until }: Options): Until {
  const { classes, width } = slot.task.kind;
  const chance = of === null ? 0 : width === 1 && classes !== undefined ? 1 / classes.length : 0.5;
  return { target: until?.target ?? chance, others: until?.others ?? 0.05 };
}

/** @throws HeadgateError `NOTHING_TO_MASK` */
function kernelsToPrune({ network }: Model, { layers }: Options): readonly HeldTensor[] {
  const all = network.held.filter(({ part, role, trainable }) => part === 'backbone' && role === 'kernel' && trainable);
  const read = tensorsRead(network, all);
  const isKernels = new Set(all.map(({ variable }) => variable));
  const isIn = layers === undefined ? null : anyOf(layers, '/');
  const kernels = all.filter(({ name }) => {
    const input = read.get(name);
    if (input === undefined) return false; // it is called in several places: what it reads is not known as one
    if (isIn !== null) return isIn(name.slice('backbone/'.length));
    const weights: unknown[] = [...layersBehind(input)].flatMap((layer) => layer.weights);
    return weights.some((variable) => isKernels.has(variable as HeldTensor['variable'])); // as the set has them
  });
  if (kernels.length > 0) return kernels;
  throw new HeadgateError({
    code: 'NOTHING_TO_MASK',
    path: 'pathways.forget.layers',
    problem: 'no kernel of the backbone is left to prune',
    expected: `some of ${listed([...read.keys()].map((name) => name.slice('backbone/'.length)))}`,
    received: 'none of them',
    mend: 'Name layers; by default only those that read other layers are pruned.',
  });
}

/** What each kernel reads over the target's rows and over the rest, as the target's task sees it: two true means. */
async function chooseFrom(facts: Facts, engine: Engine): Promise<readonly Forgetful[]> {
  const { model, snapshot, table, dataset, target, kernels, options } = facts;
  const { network } = model;
  const { layout, weights } = snapshot;
  const split = splitRows(dataset, target);
  requireBoth(target, split);
  const means = async (rows: readonly number[]) => {
    const settings = { batchSize: options.batchSize, seed: 0, mixesRows: network.rowMixing.inference };
    const feed = tableFeed(bindTable(table.select(rows), layout), settings);
    const batches = Number.MAX_SAFE_INTEGER;
    return inputMeans({ network, layout, engine, feed, batches, kernels, task: target.slot.index });
  };
  const [own, rest] = [await means(split.own), await means(split.rest)];
  const pathway = model.pathways.find(({ tasks }) => tasks.includes(target.slot.task.path));
  return kernels.flatMap(({ name }) => {
    const [of, against, value] = [own.get(name), rest.get(name), weights[name]];
    if (of === undefined || against === undefined || !(value?.data instanceof Float32Array)) return [];
    const trained = pathway === undefined ? null : trainedBy(model, pathway, name);
    return [forgetful(name, { ...value, dtype: 'float32', data: value.data }, [of, against], trained)];
  });
}

interface Sweep {
  readonly points: readonly ForgetPoint[];
  readonly best: { readonly index: number; readonly weights: ReturnType<typeof without>['weights'] } | null;
}

/** On a state of its own: the project's weights stay as they are. */
async function sweep(
  facts: Facts & { readonly engine: Engine },
  kernels: readonly Forgetful[],
  until: Until,
): Promise<Sweep> {
  const { engine, model, snapshot, options } = facts;
  const state = await engine.createState(snapshot.weights);
  const scorer = createScorer(engine, model.network, snapshot.layout, options.batchSize);
  const points: ForgetPoint[] = [];
  let best: Sweep['best'] = null;
  try {
    for (let step = 0; step <= options.steps; step++) {
      const share = (options.most * step) / options.steps;
      const { weights, count } = without(kernels, share);
      await state.write({ ...snapshot.weights, ...weights });
      const measured = await measure(facts, scorer, state);
      const lost = points[0] === undefined ? 0 : lossAgainst(points[0].others, measured.others, facts);
      points.push(Object.freeze({ share, weights: count, ...measured, lost }));
      const isMet = measured.target !== null && measured.target <= until.target && lost <= until.others;
      if (best === null && isMet && count > 0) best = { index: step, weights };
    }
    return { points, best };
  } finally {
    scorer.dispose();
    state.dispose();
  }
}

type Measured = Pick<ForgetPoint, 'target' | 'others'>;

async function measure(
  { snapshot, dataset, target }: Facts,
  scorer: ReturnType<typeof createScorer>,
  state: Awaited<ReturnType<Engine['createState']>>,
): Promise<Measured> {
  const { layout, thresholds } = snapshot;
  const hits = { own: 0, ownRight: 0, rest: 0, restRight: 0 };
  const evaluation = startEvaluation(layout, thresholds, { views: ['given_truth'] });
  await addScores(scorer, state, dataset, {
    add: (truth, scores) => {
      countHits(truth, decide(layout, scores, thresholds, truth.ids).decoded, target, hits);
      evaluation.add(truth, scores);
    },
  });
  const first = new Map<string, number | null>();
  for (const { task_path: path, metric_res: value } of evaluation.result().rows) {
    if (!first.has(path)) first.set(path, value);
  }
  const { path } = target.slot.task;
  if (target.of === null) {
    return { target: first.get(path) ?? null, others: new Map([...first].filter(([task]) => task !== path)) };
  }
  const own = hits.own === 0 ? null : hits.ownRight / hits.own;
  return { target: own, others: first.set(path, hits.rest === 0 ? null : hits.restRight / hits.rest) };
}

function lossAgainst(
  before: Measured['others'],
  now: Measured['others'],
  { snapshot: { layout }, target }: Pick<Facts, 'snapshot' | 'target'>,
): number {
  const losses = layout.slots.flatMap(({ task: { path, kind } }) => {
    const isMaximised = path === target.slot.task.path || kind.metrics[0]?.direction === 'maximise';
    const [was, is] = [before.get(path), now.get(path)];
    return isMaximised && typeof was === 'number' && typeof is === 'number' ? [was - is] : [];
  });
  return Math.max(0, ...losses);
}
