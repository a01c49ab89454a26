/** @file Do tasks agree? The cosines of the gradients that their losses have on the shared weights. */
import { sourceIn } from '../../data/data-like.js';
import type { Engine } from '../../engine/engine.js';
import { HeadgateError, listed } from '../../errors.js';
import { gradientsOf } from '../../pathways/assign/evidence.js';
import { finiteValues } from '../../pathways/tracker/compare.js';
import { cosineOf } from '../../pathways/tracker/moments.js';
import type { SimilarityFacts, SimilarityPair } from '../../pathways/tracker/similarity-table.js';
import { anyOf } from '../../train/name-patterns.js';
import { trivialLosses } from '../notes/trivial-loss.js';
import { lookAt, trainingFeed } from '../verbs/training-rows.js';
import { comparedTasks } from './compare-rows.js';
import type { Comparing } from './comparing.js';

/**
 * Of each task, the mean gradient of its own loss over batches, by tensor of the backbone that is trained.
 *
 * @throws HeadgateError `EMPTY_GROUP`, `NOT_COMPARABLE`, and of the data what `fit` throws
 */
export async function gradientSimilarity(comparing: Comparing, engine: Engine): Promise<SimilarityFacts> {
  const { model, own, options, notes } = comparing;
  const { network, layout, weights } = own;
  const { data, seed, scoreBatches, batchSize = 32 } = options;
  if (data === undefined) throw new Error('gradients are of rows'); // the options said so
  const tensors = tensorsIn(comparing);
  const tasks = comparedTasks(comparing);
  const training = { data, source: sourceIn(data), only: null };
  const { dataset } = await lookAt(model, training, notes);
  const facts = { layout, dataset, batchSize, seed, notes, trivial: trivialLosses(layout) };
  const { feed } = trainingFeed(model, training, facts);
  const measured = await gradientsOf({
    ...{ network, layout, engine, feed, seed, tensors, values: weights, batches: scoreBatches },
    ways: new Map(tasks.map(({ path, index }) => [path, new Set([index])])),
  });
  const of = (path: string, names: readonly string[]): readonly ArrayLike<number>[] =>
    names.map((name) => finiteValues(`${name} of ${path}`, measured.get(path)?.mean.get(name) ?? []));
  const pairs = tasks.flatMap(({ path: first }, i) =>
    tasks.slice(i + 1).flatMap(({ path: second }): SimilarityPair[] => {
      const pair = (at: string | null, names: readonly string[]): SimilarityPair => {
        return { at, first, second, value: cosineOf(of(first, names), of(second, names)), skipped: 0 };
      };
      return [pair(null, tensors), ...tensors.map((name) => pair(name, [name]))];
    }),
  );
  const seen = feed.steps === null ? scoreBatches : Math.min(scoreBatches, feed.steps);
  const rows = feed.rows === null ? seen * feed.batchSize : Math.min(feed.rows, seen * feed.batchSize);
  return { between: 'gradients', measure: 'cosine', rows, pairs: [...pairs].sort(byPlace(tensors)) };
}

/** All together first, then parameter by parameter; pairs in the order of the flow. */
function byPlace(tensors: readonly string[]): (a: SimilarityPair, b: SimilarityPair) => number {
  const place = ({ at }: SimilarityPair): number => (at === null ? -1 : tensors.indexOf(at));
  return (a, b) => place(a) - place(b);
}

function tensorsIn({ own: { network }, options: { layers } }: Comparing): readonly string[] {
  const shared = network.tensors.filter(({ part, trainable }) => part === 'backbone' && trainable);
  const isIn = layers === null ? null : anyOf(layers, '/');
  const names = shared.map(({ name }) => name).filter((name) => isIn === null || isIn(name.replace(/^backbone\//, '')));
  if (names.length > 0) return names;
  throw new HeadgateError({
    code: 'EMPTY_GROUP',
    path: 'pathways.compare.layers',
    problem: 'no trained weight of the backbone belongs to these layers',
    expected: shared.length === 0 ? 'a backbone with weights' : `some of ${listed(shared.map(({ name }) => name))}`,
    received: 'none of them',
  });
}
