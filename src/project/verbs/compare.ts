/** @file The verb `pathways.compare`. */
import type { Engine } from '../../engine/engine.js';
import { HeadgateError, listed } from '../../errors.js';
import { requireSameParameters } from '../../pathways/parameters.js';
import { finiteValues } from '../../pathways/tracker/compare.js';
import { cosineOf } from '../../pathways/tracker/moments.js';
import {
  type Similarity,
  type SimilarityFacts,
  type SimilarityPair,
  similarityOf,
} from '../../pathways/tracker/similarity-table.js';
import { anyOf } from '../../train/name-patterns.js';
import { withEngine } from '../engines.js';
import type { Model } from '../model.js';
import { withNotes } from '../notes/channel.js';
import { neverTrained } from '../notes/weights.js';
import { readCompare } from '../options/compare.js';
import { gradientSimilarity } from '../pathways/compare-gradients.js';
import { rowSimilarity } from '../pathways/compare-rows.js';
import type { Comparing } from '../pathways/comparing.js';
import type { Resolved } from '../pathways/resolved.js';
import { resolvedOther } from '../pathways/resolved-folder.js';

/** Compares layers, tasks, checkpoints. See `ProjectPathways.compare`. Both were read when it was called; see `readingBoth`. */
export async function compare(
  model: Model,
  given: unknown,
  own: Resolved,
  second: Resolved | null,
): Promise<Similarity> {
  const options = readCompare(given);
  const notes = model.notes.open(options.onNote);
  if (own.isDrawn) notes.add(neverTrained(model.name));
  const { with: target } = options;
  const other = target === undefined ? null : await resolvedOther(model, 'pathways.compare.with', target, second);
  try {
    if (other !== null) notes.add(other.notes);
    const facts = await found({ model, options, own, other, notes });
    return withNotes(similarityOf(facts), notes);
  } finally {
    other?.dispose();
  }
}

function found(comparing: Comparing): Promise<SimilarityFacts> {
  const { options, notes } = comparing;
  if (options.between === 'weights') return Promise.resolve(weightSimilarity(comparing));
  return withEngine(options, notes, (engine: Engine) =>
    options.between === 'gradients' ? gradientSimilarity(comparing, engine) : rowSimilarity(comparing, engine),
  );
}

/** @throws HeadgateError `PARAMETER_MISMATCH`, `NOT_COMPARABLE`, `EMPTY_GROUP` */
function weightSimilarity({ own, other, options }: Comparing): SimilarityFacts {
  if (other === null) throw new Error('weights are compared with those of another model');
  const [x, y] = [own.network.store.split(own.weights), other.network.store.split(other.weights)];
  requireSameParameters('PARAMETER_MISMATCH', x, y, other.name);
  const isIn = options.layers === null ? null : anyOf(options.layers, '/');
  const names = Object.keys(x).filter((name) => isIn === null || isIn(name.replace(/^backbone\//, '')));
  if (names.length === 0) {
    throw new HeadgateError({
      code: 'EMPTY_GROUP',
      path: 'pathways.compare.layers',
      problem: 'no parameter belongs to these layers',
      expected: `some of ${listed(Object.keys(x))}`,
      received: 'none of them',
    });
  }
  const valuesOf = (values: typeof x): ReadonlyMap<string, ArrayLike<number>> =>
    new Map(names.map((name) => [name, finiteValues(name, values[name]?.data ?? [])]));
  const [first, second] = [valuesOf(x), valuesOf(y)];
  const pair = (at: string | null, value: number | null): SimilarityPair => {
    return { at, first: own.name, second: other.name, value, skipped: 0 };
  };
  const of = (map: ReadonlyMap<string, ArrayLike<number>>, name: string) => [map.get(name) ?? []];
  const pairs = [
    pair(null, cosineOf(first.values(), second.values())),
    ...names.map((name) => pair(name, cosineOf(of(first, name), of(second, name)))),
  ];
  return { between: 'weights', measure: 'cosine', rows: 0, pairs };
}
