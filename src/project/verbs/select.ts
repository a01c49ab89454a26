/** @file The verb `pathways.select`. */
import { sourceIn } from '../../data/data-like.js';
import type { HostTensor, HostTensors } from '../../engine/engine.js';
import { HeadgateError, listed } from '../../errors.js';
import type { Parameter } from '../../model/store.js';
import { invalidOption, type OptionsOf, readOptions } from '../../options.js';
import { gradientsOf } from '../../pathways/assign/evidence.js';
import { fullMask, maskAt } from '../../pathways/masks/mask.js';
import { chooseElements, type Pool } from '../../pathways/partial/choose.js';
import { selectionOf, type WeightSelection } from '../../pathways/partial/selection.js';
import { gradientMagnitude, magnitude, movement, negative, positive, taylor } from '../../pathways/score/criteria.js';
import { sizeOf } from '../../pathways/shape.js';
import { anyOf } from '../../train/name-patterns.js';
import { withEngine } from '../engines.js';
import type { Model } from '../model.js';
import { trivialLosses } from '../notes/trivial-loss.js';
import { selectSchema } from '../options/select.js';
import { liveMasks } from '../pathways/saved.js';
import { lookAt, trainingFeed } from './training-rows.js';

type Options = OptionsOf<typeof selectSchema>;

const BACKBONE = 'backbone/';

/** Chooses what a fit may move. See `ProjectPathways.select`. */
export function select(model: Model, given: unknown): Promise<WeightSelection> {
  return model.lock.reading('select', async () => {
    const options = readOptions('pathways.select', selectSchema, given);
    const { network, name } = model;
    const { parameters } = network.store;
    const { weights, biases } = poolOf(model, options);
    const scores = await scoresFor(model, weights, options);
    const live = liveMasks(model.pathways, network);
    const pools = weights.map((parameter): Pool => {
      const { name: own, shape, lies } = parameter;
      const seen = lies.columns === undefined ? live.get(own) : undefined;
      const allowed = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (seen === undefined ? 1 : maskAt(seen, i)));
      return { name: own, shape, scores: scores.get(own) ?? new Float64Array(0), allowed };
    });
    const chosen = chooseElements(pools, options);
    const masks = new Map([...chosen, ...biases.map(({ name: own, shape }) => [own, fullMask(shape)] as const)]);
    return selectionOf(name, parameters, masks);
  });
}

/** What is chosen from, and what moves whole. */
function poolOf({ network }: Model, { layers, parameters: names, biases }: Options) {
  const tensors = new Map(network.tensors.map((tensor) => [tensor.name, tensor]));
  const [isLayer, isName] = [layers === null ? null : anyOf(layers, '/'), names === null ? null : anyOf(names, '/')];
  const trainable = network.store.parameters.filter(({ lies }) => tensors.get(lies.tensor)?.trainable === true);
  const pool = trainable.filter(({ name }) => {
    const isInLayer = name.startsWith(BACKBONE) && isLayer?.(name.slice(BACKBONE.length)) === true;
    return (isLayer === null || isInLayer) && (isName === null || isName(name));
  });
  const weights = pool.filter(({ role }) => role === 'kernel' || biases === 'selected');
  if (weights.length > 0) {
    return { weights, biases: biases === 'all' ? pool.filter(({ role }) => role !== 'kernel') : [] };
  }
  throw new HeadgateError({
    code: 'EMPTY_GROUP',
    path: 'pathways.select',
    problem: 'no weight that is trained belongs to these layers and parameters',
    expected: `some of ${listed(trainable.map(({ name }) => name))}`,
    received: 'none of them',
  });
}

async function scoresFor(
  model: Model,
  parameters: readonly Parameter[],
  options: Options,
): Promise<ReadonlyMap<string, Float64Array>> {
  const { network } = model;
  const { criterion, take } = options;
  const values = network.store.split(model.snapshot().weights);
  const isRanked = take !== 'random';
  const drawn = criterion === 'movement' ? model.baseNetwork.store.split(model.baseNetwork.drawnAnew(model.seed)) : {};
  const needsRows = criterion === 'gradient' || criterion === 'gradientWeight' || criterion === 'fisher';
  const measured = needsRows && isRanked ? await gradientsIn(model, options) : {};
  const scoreOf = ({ name, shape }: Parameter): Float64Array => {
    if (!isRanked) return new Float64Array(sizeOf(shape));
    const weights = { shape, data: floats(values, name) };
    switch (criterion) {
      case 'magnitude':
        return magnitude(weights);
      case 'positive':
        return positive(weights);
      case 'negative':
        return negative(weights);
      case 'movement':
        // What a pathway has of its own began as the backbone's.
        return movement(weights, floats(drawn, drawn[name] === undefined ? ofBackbone(name) : name));
      case 'gradientWeight':
        return taylor(weights, floats(measured, name));
      case 'gradient':
      case 'fisher':
        return gradientMagnitude(floats(measured, name));
    }
  };
  return new Map(parameters.map((parameter) => [parameter.name, scoreOf(parameter)]));
}

/** Of all tasks' losses, by parameter: means, or of `fisher` the means of squares. */
async function gradientsIn(model: Model, options: Options): Promise<HostTensors> {
  const { data, criterion, batchSize, scoreBatches, seed, onNote } = options;
  if (data === undefined) {
    throw invalidOption('pathways.select.data', data, { expected: `rows: the criterion ${criterion} looks at them` });
  }
  const { network, flow, layout } = model;
  const notes = model.notes.open(onNote);
  const rows = { data, source: sourceIn(data), only: null };
  const { dataset } = await lookAt(model, rows, notes);
  const { feed } = trainingFeed(model, rows, {
    ...{ layout, dataset, batchSize, seed, notes },
    trivial: trivialLosses(layout),
  });
  const tensors = network.tensors.filter(({ trainable }) => trainable).map(({ name }) => name);
  const ways = new Map([['all', new Set(flow.tasks.map((_, index) => index))]]);
  const found = await withEngine(options, notes, (engine) =>
    gradientsOf({ network, layout, engine, feed, seed, batches: scoreBatches, tensors, ways }),
  );
  const own = found.get('all');
  const zeros = network.read();
  const next = Object.entries(zeros).map(([name, value]): [string, HostTensor] => {
    const values = criterion === 'fisher' ? own?.meanSquare.get(name) : own?.mean.get(name);
    return [name, { ...value, data: values === undefined ? value.data : Float32Array.from(values) }];
  });
  return network.store.split(Object.fromEntries(next));
}

/** `pathway/<name>/backbone/…` stands for `backbone/…`. */
const ofBackbone = (name: string): string => name.slice(name.indexOf(`/${BACKBONE}`) + 1);

function floats(values: HostTensors, name: string): Float32Array {
  const data = values[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`there are no weights ${name}`);
  return data;
}
