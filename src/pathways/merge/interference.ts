/** @file How much two models would work against each other when they are merged. */
import type { HostTensors } from '../../engine/engine.js';

export interface Interference {
  /** Places in the list of models. */
  readonly first: number;
  readonly second: number;
  /**
   * With a base, `opposite-signs`: of the elements that both changed, the share that they changed in opposite directions, from 0 to 1.
   * Without, `cosine`: of all parameters as one vector each, from -1 to 1.
   */
  readonly measure: 'opposite-signs' | 'cosine';
  /** Null where nothing is changed by both, or one vector is 0. */
  readonly value: number | null;
}

/**
 * Of each two models, over these parameters.
 *
 * @param models all with the same parameters, and `base` too
 * @param names parameters of float32
 */
export function interferenceBetween(
  models: readonly HostTensors[],
  names: readonly string[],
  base?: HostTensors,
): readonly Interference[] {
  return models.flatMap((one, first) =>
    models.slice(first + 1).map((other, place): Interference => {
      const pair = { first, second: first + 1 + place };
      return base === undefined
        ? { ...pair, measure: 'cosine', value: cosine(one, other, names) }
        : { ...pair, measure: 'opposite-signs', value: oppositeSigns(one, other, names, base) };
    }),
  );
}

function oppositeSigns(
  one: HostTensors,
  other: HostTensors,
  names: readonly string[],
  base: HostTensors,
): number | null {
  let [opposite, both] = [0, 0];
  for (const name of names) {
    const [a, b] = [one[name]?.data ?? [], other[name]?.data ?? []];
    base[name]?.data.forEach((from, i) => {
      const signs = Math.sign((a[i] ?? from) - from) * Math.sign((b[i] ?? from) - from);
      if (signs !== 0) both++;
      if (signs < 0) opposite++;
    });
  }
  return both === 0 ? null : opposite / both;
}

function cosine(one: HostTensors, other: HostTensors, names: readonly string[]): number | null {
  let [dot, a, b] = [0, 0, 0];
  for (const name of names) {
    const second = other[name]?.data ?? [];
    one[name]?.data.forEach((x, i) => {
      const y = second[i] ?? 0;
      dot += x * y;
      a += x * x;
      b += y * y;
    });
  }
  return a > 0 && b > 0 ? dot / (Math.sqrt(a) * Math.sqrt(b)) : null;
}
