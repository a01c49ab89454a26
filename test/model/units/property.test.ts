/** @file Properties of unit graphs, over random networks. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type UnitGraph, unitGraph } from '../../../src/model/units/graph.js';
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

test('a unit is what reads it: removed alone, the weights that it makes can be anything, those that read others cannot', () => {
  fc.assert(
    fc.property(steps(3), steps(2), fc.nat(2 ** 30), (maps, vectors, seed) => {
      tf.tidy(() => {
        const features = randomFeatures(maps, vectors);
        const model = modelOf(features);
        const next = numbersFrom(seed + 1);
        randomiseWeights(model, next);
        const graph = unitGraph(features);
        const rows = [randomTensor([2, ...inputShape], next)];
        // Elements of features that are no unit's depend on no removable unit's making.
        const removed = Math.floor(((next() + 1) / 2) * graph.count);
        const kept = Array.from({ length: graph.count }, (_, unit) => unit !== removed);
        if (fixedUnits(graph).has(removed)) return;
        const zeros = runMasked(model, graph, kept, rows, { fill: 'zero', next });
        const garbage = runMasked(model, graph, kept, rows, { fill: 'garbage', next });
        for (const [i, units] of Object.values(graph.features).entries()) {
          const changed = (zeros[i] ?? []).flatMap((value, j) =>
            Math.abs(value - (garbage[i]?.[j] ?? Number.NaN)) > 1e-4 * (1 + Math.abs(value)) ? [j % units.length] : [],
          );
          for (const j of changed) expect(units[j]).toBe(removed);
        }
      });
    }),
    { numRuns: 60 },
  );
});
