/** @file The verb `fit`. */
import { bindTable } from '../data/bind.js';
import { tableFeed } from '../data/feed.js';
import type { TableLike } from '../data/table.js';
import { HeadgateError } from '../errors.js';
import { train } from '../train/fit.js';
import type { History } from '../train/history.js';
import { type FitState, requireSameWeights } from '../train/state.js';
import { validation } from '../train/watchers/validation.js';
import { withEngine } from './engines.js';
import { type FitOptions, fitOptions } from './fit-options.js';
import type { Runtime } from './runtime.js';

/** Trains the network, going on from the weights that it has. See `Project.fit`. */
export function fitProject(runtime: Runtime, data: TableLike, options: FitOptions<never>): Promise<History> {
  return runtime.fitting(async () => {
    const from = options.continue === true ? continued(runtime) : null;
    const { epochs, batchSize, watchers, ...settings } = fitOptions(options, from);
    const { layout, thresholds } = runtime;
    const dataset = bindTable(data, layout);
    const validated = options.validation === undefined ? null : bindTable(options.validation, layout);
    for (const note of dataset.notes) process.emitWarning(note);
    const network = runtime.network(options.seed);
    const { seed } = settings;
    const feed = tableFeed(dataset, { batchSize, seed, mixesRows: network.rowMixing.training });
    const trainedBefore = runtime.lastFit !== null;
    // A fallback goes on where the first engine stopped: no step is taken twice.
    let state = from;
    return withEngine(options, (engine) =>
      train(
        {
          ...settings,
          network,
          layout,
          engine,
          feed,
          epochs: (from?.cursor.epoch ?? 0) + epochs,
          watchers: [...(validated === null ? [] : [validation({ dataset: validated, thresholds })]), ...watchers],
          trainedBefore,
          keep: (ended) => {
            state = ended;
            runtime.lastFit = ended;
          },
        },
        state,
      ),
    );
  });
}

/** Throws `CANNOT_CONTINUE` where no fit has ended, or the weights are no longer those that it ended with. */
function continued(runtime: Runtime): FitState {
  const state = runtime.lastFit;
  if (state === null) {
    throw new HeadgateError({
      code: 'CANNOT_CONTINUE',
      path: 'fit.continue',
      problem: 'this project has not been fit yet, so there is nothing to continue',
      expected: 'a fit before this one, in this process',
      mend: 'Fit without `continue` first; weights that were loaded bring no moments and no place in the data.',
    });
  }
  requireSameWeights(state, runtime.network().read());
  return state;
}
