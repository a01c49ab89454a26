/** @file How a model is to be compacted. */
import { invalidOption } from '../../options.js';
import type { tf } from '../../tf.js';

/** Units that stay, by their numbers in the unit graph of the model's outputs (`unitGraph(outputsByPlace(model))`). */
export interface KeepUnits {
  /** By unit: true for those that stay. */
  readonly keep: ArrayLike<boolean | number>;
  /**
   * What stands for a unit that goes: its mean, moved into the bias of what read it (`b += W[unit, :] · mean`).
   * Approximate, so that nothing is verified: `report.difference` says how far the outputs moved.
   */
  readonly fold: 'mean';
  /**
   * By path of a layer, the mean of each of its channels, after its activation: `{ stem: [0.2, …] }`. A layer that is
   * not here has the means that it has on the probes.
   */
  readonly means?: Readonly<Record<string, ArrayLike<number>>>;
}

export interface CompactOptions {
  /** `dead`: those that reach no output, or are the same for every input; nothing changes. Default `dead`. */
  readonly units?: 'dead' | KeepUnits;
  /** `keep`: outputs keep their width. `shrink`: they lose channels that go. Default `keep`. */
  readonly outputs?: 'keep' | 'shrink';
  /** One tensor for each input, all of as many rows. Default: 4 rows that are drawn from `seed`. */
  readonly probes?: readonly tf.Tensor[];
  /** Default 0. */
  readonly seed?: number;
  /** The largest difference of an output on the probes, in parts of that output's largest value. Default 1e-5. */
  readonly tolerance?: number;
}

export interface ReadOptions {
  readonly units: 'dead' | KeepUnits;
  readonly outputs: 'keep' | 'shrink';
  readonly probes: readonly tf.Tensor[] | null;
  readonly seed: number;
  readonly tolerance: number;
}

const NAMES = ['units', 'outputs', 'probes', 'seed', 'tolerance'];

/** @throws HeadgateError `INVALID_OPTIONS` */
export function readCompactOptions(given: CompactOptions, model: tf.LayersModel): ReadOptions {
  const unknown = Object.keys(given).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw invalidOption(`compact.${unknown}`, unknown, { expected: `some of: ${NAMES.join(', ')}` });
  }
  const { units = 'dead', outputs = 'keep', probes = null, seed = 0, tolerance = 1e-5 } = given;
  if (outputs !== 'keep' && outputs !== 'shrink') {
    throw invalidOption('compact.outputs', outputs, { expected: '"keep" or "shrink"' });
  }
  if (typeof tolerance !== 'number' || !(tolerance >= 0)) {
    throw invalidOption('compact.tolerance', tolerance, { expected: 'a number from 0 on' });
  }
  if (units !== 'dead' && (typeof units !== 'object' || units.fold !== 'mean')) {
    throw invalidOption('compact.units', units, { expected: '"dead", or { keep, fold: "mean" }' });
  }
  const rows = probes?.[0]?.shape[0] ?? 0;
  if (
    probes !== null &&
    (probes.length !== model.inputs.length || rows < 1 || probes.some((one) => one.shape[0] !== rows))
  ) {
    throw invalidOption(
      'compact.probes',
      probes.map(({ shape }) => shape),
      {
        expected: `${model.inputs.length} tensors of as many rows, at least one: ${model.inputNames.join(', ')}`,
      },
    );
  }
  return { units, outputs, probes, seed, tolerance };
}
