/** @file The mask of weights that was found, and what else was tried. */
import { formatNumber } from '../../evaluate/text-table.js';
import type { Note } from '../../notes.js';
import { padRight, shortenAll, visible } from '../../text.js';
import type { Pathway } from '../pathway.js';
import { type MaskPool, type WeightMask, wholeMask } from './pools.js';
import type { SearchMethod } from './settings.js';

/** One mask that was measured: a candidate, or that of an epoch. */
export interface SearchTry {
  /** On the rows that masks are looked for with; null where it is not defined. */
  readonly value: number | null;
  /** Mean loss of the epoch's steps; null for a candidate. */
  readonly loss: number | null;
}

export interface WeightMaskLayer {
  /** The kernel: `backbone/stem/kernel`. */
  readonly name: string;
  /** Weights that could stay: those that the tasks see. */
  readonly weights: number;
  readonly kept: number;
}

export interface WeightMasks {
  /** What it is of: `face`, `red+size`. */
  readonly of: string;
  /** Paths, in flow order. */
  readonly tasks: readonly string[];
  readonly method: SearchMethod;
  readonly layers: readonly WeightMaskLayer[];
  /** By kernel, 1 for each weight that stays. */
  readonly masks: WeightMask;
  /** Weights that could stay, and those that do. */
  readonly maskable: number;
  readonly kept: number;
  /** Name of what is best: `loss`, `red.accuracy (given_truth)`. */
  readonly monitor: string;
  /** On `validation`, else on the rows that masks were looked for with: of the network as it is, and through the mask. */
  readonly unmasked: number | null;
  readonly masked: number | null;
  /** In the order in which they were made. */
  readonly tries: readonly SearchTry[];
  /** The place of the one that is given; null where none was measured, and the mask leaves nothing out. */
  readonly best: number | null;
  /** Of `edge-popup`. */
  readonly steps: number;
  readonly ended: 'completed' | 'aborted';
  readonly notes: readonly Note[];
  /** What is kept as a pathway of the tasks, which shares its biases with the backbone. @param name default `of` */
  readonly pathway: (name?: string) => Pathway;
  /** A table, at most 80 columns wide. */
  readonly toString: () => string;
  readonly print: () => void;
}

export interface SearchFacts
  extends Pick<
    WeightMasks,
    'tasks' | 'method' | 'monitor' | 'unmasked' | 'masked' | 'tries' | 'best' | 'steps' | 'ended'
  > {
  readonly pools: readonly MaskPool[];
  /** Null: nothing is left out. */
  readonly mask: WeightMask | null;
}

export function weightMasksOf({ pools, mask, ...facts }: SearchFacts): WeightMasks {
  const masks = mask ?? wholeMask(pools);
  const count = (values: Uint8Array): number => values.reduce((sum, value) => sum + value, 0);
  const layers = pools.map(({ name, allowed }) =>
    Object.freeze({ name, weights: count(allowed), kept: count(masks.get(name) ?? new Uint8Array(0)) }),
  );
  const of = facts.tasks.join('+');
  const result = {
    ...{ ...facts, of, masks, layers: Object.freeze(layers) },
    tasks: Object.freeze([...facts.tasks]),
    tries: Object.freeze(facts.tries.map((one) => Object.freeze({ ...one }))),
    maskable: layers.reduce((sum, { weights }) => sum + weights, 0),
    kept: layers.reduce((sum, { kept }) => sum + kept, 0),
  };
  const text = (): string => textOf(result);
  return Object.freeze<WeightMasks>({
    ...result,
    notes: [],
    pathway: (name = of) => {
      const reads = new Map([...masks].map(([kernel, values]) => [kernel, values.slice()]));
      return { name, tasks: facts.tasks, reads, trains: new Map(), units: null, copies: [] };
    },
    toString: text,
    print: () => console.log(text()),
  });
}

type Shown = Pick<
  WeightMasks,
  'of' | 'method' | 'layers' | 'kept' | 'maskable' | 'monitor' | 'unmasked' | 'masked' | 'tries' | 'best' | 'ended'
>;

function textOf({ of, method, layers, kept, maskable, monitor, unmasked, masked, tries, best, ended }: Shown): string {
  const what = method === 'random' ? 'candidates' : 'epochs';
  const chosen = best === null ? 'none was measured' : `the ${best + 1}. is best`;
  const end = ended === 'aborted' ? ', aborted' : '';
  const lines = [
    `${visible(of)}: ${kept} of ${maskable} weights kept`,
    `${method}, ${tries.length} ${what}, ${chosen}${end}`,
    '',
    `${''.padEnd(46)}${'kept'.padStart(12)}${'weights'.padStart(12)}`,
  ];
  const names = shortenAll(
    layers.map(({ name }) => name),
    44,
  );
  for (const [i, layer] of layers.entries()) {
    const counts = [layer.kept, layer.weights].map((one) => String(one).padStart(12)).join('');
    lines.push(`  ${padRight(names[i] ?? '', 44)}${counts}`);
  }
  const [name = ''] = shortenAll([monitor], 44);
  lines.push('', `${''.padEnd(46)}${'unmasked'.padStart(12)}${'masked'.padStart(12)}`);
  const values = [unmasked, masked].map((value) => formatNumber(value).padStart(12)).join('');
  return [...lines, `  ${padRight(name, 44)}${values}`].join('\n');
}
