/** @file Finds pathways of a model on an engine: evidence where the method asks for it, then the choice. */
import type { Feed } from '../../data/feed.js';
import type { Engine } from '../../engine/engine.js';
import { type Note, note } from '../../notes.js';
import { assignPathways, kernelsOf } from '../../pathways/assign/assign.js';
import { type Gradients, gradientsOf } from '../../pathways/assign/evidence.js';
import { inputMeans } from '../../pathways/assign/inputs.js';
import type { PathwayMethod, Settings } from '../../pathways/assign/settings.js';
import type { Pathway } from '../../pathways/pathway.js';
import type { Layout } from '../../tasks/layout.js';
import type { Model } from '../model.js';
import type { NoteCollector } from '../notes/channel.js';

export interface FindFacts {
  readonly engine: Engine;
  /** Null where the method needs no rows. */
  readonly feed: Feed | null;
  readonly layout: Layout;
  readonly seed: number;
  readonly ways: ReadonlyMap<string, readonly string[]>;
  readonly settings: Settings;
  readonly notes: Pick<NoteCollector, 'add'>;
}

const EVIDENCE: Readonly<Record<PathwayMethod, 'gradients' | 'inputs' | 'none'>> = {
  gradient: 'gradients',
  gradientWeight: 'gradients',
  fisher: 'gradients',
  magnitude: 'none',
  activation: 'inputs',
  movement: 'none',
  random: 'none',
};

/** Whether the method looks at training rows. */
export const needsRows = (method: PathwayMethod): boolean => EVIDENCE[method] !== 'none';

/** The new pathways; the model is as it was. @param looked is told how many batches scores were computed from */
export async function findPathways(
  model: Model,
  facts: FindFacts,
  looked: (batches: number) => void = () => {},
): Promise<readonly Pathway[]> {
  const { engine, layout, seed, ways, settings, notes } = facts;
  let read = 0;
  const feed = facts.feed === null ? null : told(facts.feed, () => read++);
  const { network, flow } = model;
  const kernels = kernelsOf(network, settings);
  const indices = new Map(flow.tasks.map(({ path }, index) => [path, index]));
  const evidence = feed === null ? 'none' : EVIDENCE[settings.method];
  const tasksOf = (paths: readonly string[]): ReadonlySet<number> =>
    new Set(paths.map((path) => indices.get(path)).filter((index) => index !== undefined));
  const gradients =
    evidence !== 'gradients' || feed === null
      ? null
      : await gradientsOf({
          ...{ network, layout, engine, feed, seed },
          batches: settings.scoreBatches,
          tensors: kernels.map(({ name }) => name),
          ways: new Map([...ways].map(([name, paths]) => [name, tasksOf(paths)])),
        });
  notes.add([...(gradients ?? [])].flatMap(([name, own]) => (isNothing(own) ? [nothingScored(name, settings)] : [])));
  const inputs =
    evidence !== 'inputs' || feed === null
      ? null
      : await inputMeans({ network, layout, engine, feed, batches: settings.scoreBatches, kernels });
  looked(Math.min(read, settings.scoreBatches)); // one more is read to see the end
  const drawn = settings.method === 'movement' ? network.drawnAnew(model.seed) : null;
  return assignPathways({
    ...{ flow, network, gradients, inputs, drawn, ways, settings },
    weights: network.read(),
    existing: model.pathways,
  });
}

/** Whether no weight would change the losses, of which then no element counted. */
const isNothing = ({ meanSquare }: Gradients): boolean =>
  [...meanSquare.values()].every((values) => values.every((value) => value === 0));

function nothingScored(pathway: string, { scoreBatches }: Settings): Note {
  const text =
    `No label of its tasks counted in the batches that scores were computed from, ${scoreBatches} at most: all scores are 0, and ` +
    'the first weights or units of each layer are kept. Give rows with such labels, or raise `scoreBatches`.';
  return note('NOTHING_SCORED', `pathways.${pathway}`, text);
}

/** A feed that tells of each batch that is read. */
function told(feed: Feed, tell: () => void): Feed {
  return {
    ...feed,
    batches: async function* (epoch, from) {
      for await (const batch of feed.batches(epoch, from)) {
        tell();
        yield batch;
      }
    },
  };
}
