/** @file What was found: which units a task uses, of which layers, and what they are worth. */
import type { HostTensors } from '../../engine/engine.js';
import { formatNumber } from '../../evaluate/text-table.js';
import type { UnitGraph } from '../../model/units/graph.js';
import { padRight, shortenAll, visible } from '../../text.js';
import type { Pathway } from '../pathway.js';
import type { PartialUnitMaskEpoch, TrainedMasks, UnitMaskEpoch } from './loop.js';
import type { MaskableUnits } from './maskable.js';
import type { UnitMaskMetric } from './measure.js';
import type { ClassOf } from './question.js';

export interface UnitMaskLayer {
  /** The backbone path of the first layer that makes these units. */
  readonly name: string;
  /** Units that could be masked. */
  readonly units: number;
  /** Of these, those that are kept. */
  readonly kept: number;
  /** Units that no mask takes out. */
  readonly always: number;
  /** Of all of the layer's units: above 0 where one is kept, ∞ where it always is, -∞ where the tasks do not read it. */
  readonly logits: Float32Array;
  /** 1 for each of the layer's units that is in. */
  readonly set: Uint8Array;
}

export interface UnitMasks {
  /** What it is of: `face`, `digit[0]`. */
  readonly of: string;
  /** Paths, in flow order. */
  readonly tasks: readonly string[];
  /** The class whose head was new; null where tasks kept their own. */
  readonly class: ClassOf | null;
  /** In the order of the unit graph; those with units that the tasks read. */
  readonly layers: readonly UnitMaskLayer[];
  /** Units that could be masked, and those of them that are kept. */
  readonly maskable: number;
  readonly kept: number;
  /** Over the unit graph: 1 for each unit that is in; those that can never be masked are. */
  readonly units: Uint8Array;
  /** Over the unit graph, as in `layers`. */
  readonly logits: Float32Array;
  /** On `validation`, else on the rows that masks were trained on. */
  readonly metrics: readonly UnitMaskMetric[];
  readonly history: readonly UnitMaskEpoch[];
  /** The epoch in which the signal fired, where it fired between two of its steps; null otherwise. */
  readonly partial: PartialUnitMaskEpoch | null;
  readonly steps: number;
  /** All epochs done, or the signal fired: the masks are then as they were after the last step. */
  readonly ended: 'completed' | 'aborted';
  /** The new head's kernel `[size, 2]` and bias `[2]` (no, yes), by name; empty without one. */
  readonly head: HostTensors;
  /** The units that are in as a pathway of the tasks, by which a network can be compacted. @param name default `of` */
  readonly pathway: (name?: string) => Pathway;
  /** A table, at most 80 columns wide. */
  readonly toString: () => string;
  readonly print: () => void;
}

export interface ResultFacts {
  readonly graph: UnitGraph;
  readonly maskable: MaskableUnits;
  readonly trained: TrainedMasks;
  readonly tasks: readonly string[];
  readonly class: ClassOf | null;
  readonly metrics: readonly UnitMaskMetric[];
}

export function unitMasksOf(facts: ResultFacts): UnitMasks {
  const { graph, maskable, trained, tasks, metrics } = facts;
  const logits = Float32Array.from(maskable.always, (value) => (value === 1 ? 1 : -1) * Number.POSITIVE_INFINITY);
  for (const [i, unit] of maskable.units.entries()) logits[unit] = trained.logits[i] as number; // one each
  const units = Uint8Array.from(logits, (logit) => (logit > 0 ? 1 : 0));
  const layers = graph.groups.map((group): UnitMaskLayer => {
    const own = Float32Array.from(group.units, (unit) => logits[unit] ?? 0);
    const free = own.filter(Number.isFinite);
    return Object.freeze({
      name: group.name,
      units: free.length,
      kept: free.filter((logit) => logit > 0).length,
      always: own.filter((logit) => logit === Number.POSITIVE_INFINITY).length,
      logits: own,
      set: Uint8Array.from(own, (logit) => (logit > 0 ? 1 : 0)),
    });
  });
  const of = `${tasks.join('+')}${facts.class === null ? '' : `[${facts.class}]`}`;
  const result = {
    ...{ of, units, logits, metrics: Object.freeze(metrics) },
    tasks: Object.freeze([...tasks]),
    class: facts.class,
    layers: Object.freeze(layers.filter((layer) => layer.units + layer.always > 0)),
    maskable: maskable.units.length,
    kept: layers.reduce((sum, { kept }) => sum + kept, 0),
    ...{ history: trained.history, partial: trained.partial, steps: trained.steps, ended: trained.ended },
    head: Object.freeze(trained.head),
  };
  const text = (): string => render(result);
  const masks = Object.freeze<UnitMasks>({
    ...result,
    pathway: (name = of) => materialise(result, name),
    toString: text,
    print: () => console.log(text()),
  });
  backbones.set(masks.units, graph.groups.map((group) => `${group.name} ${group.units.length}`).join('\n'));
  return masks;
}

/** Of each result, by its units, which a copy with notes has too: the layers that make units, and how many. */
const backbones = new WeakMap<Uint8Array, string>();

/** Whether both results are of backbones whose layers make the same units. */
export function isSameBackbone(a: Pick<UnitMasks, 'units'>, b: Pick<UnitMasks, 'units'>): boolean {
  return a.units.length === b.units.length && backbones.get(a.units) === backbones.get(b.units);
}

/** A pathway of whole units, which shares its biases with the backbone; nothing has changed yet. */
export function materialise({ tasks, units }: Pick<UnitMasks, 'tasks' | 'units'>, name: string): Pathway {
  return { name, tasks, reads: new Map(), trains: new Map(), units: units.slice(), copies: [] };
}

type Shown = Omit<UnitMasks, 'pathway' | 'toString' | 'print'>;

function render({ of, layers, kept, maskable, metrics, steps, ended }: Shown): string {
  const end = ended === 'aborted' ? ', aborted' : '';
  const lines = [`${visible(of)}: ${kept} of ${maskable} units kept, after ${steps} steps${end}`, ''];
  const names = shortenAll(
    layers.map(({ name }) => name),
    40,
  );
  lines.push(`${''.padEnd(42)}${'kept'.padStart(8)}${'units'.padStart(8)}${'always'.padStart(8)}`);
  for (const [i, layer] of layers.entries()) {
    const counts = [layer.kept, layer.units, layer.always].map((count) => String(count).padStart(8)).join('');
    lines.push(`  ${padRight(names[i] ?? '', 40)}${counts}`);
  }
  const headings = ['unmasked', 'masked', 'inverse', 'baseline'].map((name) => name.padStart(11)).join('');
  lines.push('', `${''.padEnd(28)}${headings}${'rows'.padStart(8)}`);
  // Numbers of single classes are in `metrics`: here they would hide the others.
  for (const row of metrics.filter(({ metric }) => !metric.endsWith(']'))) {
    const [name = ''] = shortenAll([`${row.task} ${row.metric}`], 26);
    const values = [row.unmasked, row.masked, row.inverse, row.baseline].map((value) =>
      formatNumber(value).padStart(11),
    );
    lines.push(`  ${padRight(name, 26)}${values.join('')}${String(row.rows).padStart(8)}`);
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}
