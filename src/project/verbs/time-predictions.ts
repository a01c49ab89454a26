/** @file How long models take to predict the same rows. */
import { type DataLike, sourceIn } from '../../data/data-like.js';
import { invalidOption } from '../../options.js';
import type { Model } from '../model.js';
import type { EngineOptions } from '../options/engine.js';
import { SCORE_BATCH } from '../scoring.js';
import { type InputRows, type Reading, readInputs } from './reading.js';

/** The first are slower: they compile, and warm the caches. */
const WARM = 2;
const TURNS = 15;

/**
 * The median milliseconds that each model takes to decide all of the rows, over turns that they take one after another. What is
 * done once is left out: reading the rows, compiling.
 *
 * @param place of the rows, for messages
 * @throws HeadgateError `INVALID_OPTIONS` for rows that can be read once only, and what `predict` throws
 */
export async function timePredictions(
  models: readonly Model[],
  data: DataLike,
  options: EngineOptions,
  place: string,
): Promise<readonly number[]> {
  if (sourceIn(data) !== null) {
    throw invalidOption(place, data, { expected: 'a table or an array of records, which can be read again' });
  }
  const contestants = await Promise.all(models.map((model) => contestant(model, data, options)));
  const times = contestants.map((): number[] => []);
  for (let turn = 0; turn < WARM + TURNS; turn++) {
    for (const [i, decide] of contestants.entries()) {
      const start = performance.now();
      await decide();
      if (turn >= WARM) times[i]?.push(performance.now() - start);
    }
  }
  return times.map((own) => own.sort((a, b) => a - b)[TURNS >> 1] as number); // of an odd number of turns
}

async function contestant(model: Model, data: DataLike, options: EngineOptions): Promise<() => Promise<void>> {
  const call: Reading<InputRows> = readInputs(model, data, options);
  const pieces: InputRows[] = [];
  for await (const piece of call.rows.pieces(SCORE_BATCH)) pieces.push(piece);
  return () =>
    model.lock.reading('predict', async () => {
      for (const piece of pieces) await call.scoring.decide(call, piece);
    });
}
