/** @file Properties of unit graphs, over random networks. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { traceUnits, type UnitGraph, unitGraph } from '../../../src/model/units/graph.js';
import { tf } from '../../../src/tf.js';
import { modelOf, numbersFrom, randomiseWeights, randomTensor, run, runMasked } from '../../support/unit-masks.js';
import { inputShape, randomFeatures, steps } from '../../support/unit-networks.js';

const fixedUnits = ({ groups }: UnitGraph): Set<number> =>
  new Set(groups.flatMap(({ units, fixed }) => (fixed === null ? [] : [...units])));

test('whatever removed units are made of, what is left does not change', () => {
  fc.assert(
    fc.property(steps(5), steps(4), fc.nat(2 ** 30), (maps, vectors, seed) => {
      tf.tidy(() => {
        const features = randomFeatures(maps, vectors);
        const model = modelOf(features);
        const next = numbersFrom(seed + 1);
        randomiseWeights(model, next);
        const graph = unitGraph(features);
        const fixed = fixedUnits(graph);
        const kept = Array.from({ length: graph.count }, (_, unit) => fixed.has(unit) || next() > -0.2);
        const rows = [randomTensor([2, ...inputShape], next)];
        const zeros = runMasked(model, graph, kept, rows, { fill: 'zero', next });
        const garbage = runMasked(model, graph, kept, rows, { fill: 'garbage', next });
        for (const [i, units] of Object.values(graph.features).entries()) {
          for (const [j, value] of (zeros[i] ?? []).entries()) {
            const unit = units[j % units.length] ?? -1;
            if (unit >= 0 && !kept[unit]) continue;
            expect(Math.abs(value - (garbage[i]?.[j] ?? Number.NaN))).toBeLessThanOrEqual(1e-4 * (1 + Math.abs(value)));
          }
        }
      });
    }),
    { numRuns: 120 },
  );
});

test('nothing removed, nothing changed; and units are numbered through', () => {
  fc.assert(
    fc.property(steps(5), steps(4), fc.nat(2 ** 30), (maps, vectors, seed) => {
      tf.tidy(() => {
        const features = randomFeatures(maps, vectors);
        const model = modelOf(features);
        const next = numbersFrom(seed + 1);
        const graph = unitGraph(features);
        const kept = Array<boolean>(graph.count).fill(true);
        const rows = [randomTensor([2, ...inputShape], next)];
        expect(runMasked(model, graph, kept, rows, { fill: 'zero', next })).toEqual(run(model, rows));
        expect(graph.groups.flatMap(({ units }) => [...units])).toEqual([...kept.keys()]);
      });
    }),
    { numRuns: 40 },
  );
});

test('where zero stays zero: masked weights give what the layers give whose channels are multiplied by zero', () => {
  fc.assert(
    fc.property(steps(5), steps(4), fc.nat(2 ** 30), (maps, vectors, seed) => {
      tf.tidy(() => {
        const features = randomFeatures(maps, vectors, { keepsZero: true });
        const model = modelOf(features);
        const next = numbersFrom(seed + 1);
        randomiseWeights(model, next);
        const { graph, makers, calls } = traceUnits(features);
        const fixed = fixedUnits(graph);
        const kept = Array.from({ length: graph.count }, (_, unit) => fixed.has(unit) || next() > -0.5);
        const rows = [randomTensor([2, ...inputShape], next)];
        const masked = runMasked(model, graph, kept, rows, { fill: 'zero', next });
        for (const { layer } of makers) {
          const call = layer.call.bind(layer);
          const units = calls.find((one) => one.layer === layer)?.outputs[0]?.units ?? [];
          const line = tf.tensor1d(Array.from(units, (unit) => (kept[unit] ? 1 : 0)));
          layer.call = (inputs, kwargs) => ([call(inputs, kwargs)].flat()[0] as tf.Tensor).mul(line); // it has one output
        }
        const brute = run(model, rows);
        for (const [i, values] of masked.entries()) {
          for (const [j, value] of values.entries()) {
            expect(Math.abs(value - (brute[i]?.[j] ?? Number.NaN))).toBeLessThanOrEqual(1e-4 * (1 + Math.abs(value)));
          }
        }
      });
    }),
    { numRuns: 80 },
  );
});
