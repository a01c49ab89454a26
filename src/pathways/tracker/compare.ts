/** @file Representations of rows, compared: an engine computes the outputs of layers and their products, sums are taken here. */
import type { HostTensors } from '../../engine/engine.js';
import { HeadgateError } from '../../errors.js';
import {
  type CompareFacts,
  cosineStep,
  overBatches,
  productStep,
  representationStep,
  shiftPort,
  type View,
} from './compare-step.js';
import { addCosines, addTo, alignmentOf, type CosineSum, ckaOf, isConstant, type Products } from './moments.js';

/** Null where it is not defined: a representation that is the same for all rows, or one without a direction in any row. */
export interface PairResult {
  readonly value: number | null;
  readonly skipped: number;
}

/**
 * Linear CKA of each pair (Kornblith et al. 2019), of all rows together.
 *
 * @throws HeadgateError `NOT_COMPARABLE` for values that are not finite
 */
export async function ckaOfPairs(
  facts: CompareFacts,
): Promise<{ readonly rows: number; readonly results: readonly PairResult[] }> {
  const { views, pairs } = facts;
  const all = [...views.map((_, i) => ({ first: i, second: i })), ...pairs];
  const shifts = await firstRows(facts);
  const shiftTensors = Object.fromEntries(
    shifts.map((data, i) => [shiftPort(i), { shape: [1, data.length], dtype: 'float32' as const, data }]),
  );
  const sums = views.map(({ layer }) => new Float64Array(layer.channels));
  const crosses = all.map(
    ({ first, second }) => new Float64Array((sums[first]?.length ?? 0) * (sums[second]?.length ?? 0)),
  );
  const rows = await overBatches(facts, productStep(facts, all), shiftTensors, (outputs) => {
    for (const [i, sum] of sums.entries()) addTo(sum, finite(outputs, `sum/${i}`, views[i]));
    for (const [i, cross] of crosses.entries()) {
      addTo(cross, finite(outputs, `cross/${i}`, views[all[i]?.first ?? 0]));
    }
  });
  const products = all.map(({ first, second }, i): Products => {
    const [cross, sumX, sumY] = [crosses[i], sums[first], sums[second]];
    if (cross === undefined || sumX === undefined || sumY === undefined) throw new Error('a pair without its sums');
    return { cross, sumX, sumY };
  });
  const own = products.slice(0, views.length).map((one, i) => {
    return isConstant(one, shifts[i] ?? [], rows) ? null : alignmentOf(one, rows);
  });
  const results = pairs.map(({ first, second }, i): PairResult => {
    const [x, y, both] = [own[first] ?? null, own[second] ?? null, products[views.length + i]];
    const isKnown = x !== null && y !== null && both !== undefined;
    return { value: isKnown ? ckaOf(alignmentOf(both, rows), x, y) : null, skipped: 0 };
  });
  return { rows, results };
}

/**
 * The mean over rows of the cosine between a row's two representations; null for pairs of other widths.
 *
 * @throws HeadgateError `NOT_COMPARABLE` for values that are not finite
 */
export async function cosinesOfPairs(
  facts: CompareFacts,
): Promise<{ readonly rows: number; readonly results: readonly PairResult[] }> {
  const { views, pairs } = facts;
  const width = (place: number): number | undefined => views[place]?.layer.channels;
  const possible = pairs.map((pair) => (width(pair.first) === width(pair.second) ? pair : null));
  const sums = pairs.map((): CosineSum => ({ total: 0, counted: 0, skipped: 0 }));
  const rows = await overBatches(facts, cosineStep(facts, possible), {}, (outputs, count) => {
    possible.forEach((pair, i) => {
      const sum = sums[i];
      if (pair === null || sum === undefined) return;
      const of = (name: string, place: number) => finite(outputs, `${name}/${i}`, views[place]);
      const squares = { squaresX: of('x', pair.first), squaresY: of('y', pair.second) };
      addCosines(sum, count, { dots: of('dot', pair.first), ...squares });
    });
  });
  const results = sums.map(({ total, counted, skipped }, i): PairResult => {
    return { value: possible[i] === null || counted === 0 ? null : total / counted, skipped };
  });
  return { rows, results };
}

/** All rows' representations of each view, `[rows, channels]`. */
export async function representationsOf(
  facts: CompareFacts,
): Promise<{ readonly rows: number; readonly values: readonly Float32Array[] }> {
  const { views } = facts;
  const parts = views.map((): Float32Array[] => []);
  const rows = await overBatches(facts, representationStep(facts), {}, (outputs, count) => {
    parts.forEach((own, i) => {
      own.push(
        Float32Array.from(finite(outputs, `view/${i}`, views[i])).slice(0, count * (views[i]?.layer.channels ?? 0)),
      );
    });
  });
  return { rows, values: parts.map((own, i) => joined(own, rows * (views[i]?.layer.channels ?? 0))) };
}

function joined(parts: readonly Float32Array[], length: number): Float32Array {
  const whole = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What is subtracted before products are taken: near the values, and exactly them where they are the same for all rows. */
async function firstRows(facts: CompareFacts): Promise<readonly Float32Array[]> {
  const first: Float32Array[] = [];
  const step = representationStep(facts);
  await overBatches(
    facts,
    step,
    {},
    (outputs) => {
      for (const [i, view] of facts.views.entries()) {
        first.push(Float32Array.from(finite(outputs, `view/${i}`, view)).slice(0, view.layer.channels));
      }
    },
    1,
  );
  return first;
}

function finite(outputs: HostTensors, name: string, view: View | undefined): HostTensors[string]['data'] {
  const data = outputs[name]?.data;
  if (data === undefined) throw new Error(`the step gave no ${name}`);
  const wrong = data.find((value: number) => !Number.isFinite(value));
  if (wrong === undefined) return data;
  throw notComparable(view?.layer.name ?? name, 'the layer gives a value for these rows that is not finite', wrong);
}

/** @param path of the layer or the parameter */
function notComparable(path: string, problem: string, received: number): HeadgateError {
  return new HeadgateError({
    code: 'NOT_COMPARABLE',
    path,
    problem,
    expected: 'finite values',
    received: String(received),
    mend: 'Look for extreme inputs and weights.',
  });
}

/** @throws HeadgateError `NOT_COMPARABLE` */
export function finiteValues(name: string, values: ArrayLike<number>): ArrayLike<number> {
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!Number.isFinite(value)) throw notComparable(`${name}[${i}]`, 'it has a value that is not finite', value);
  }
  return values;
}
