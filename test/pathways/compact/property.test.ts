/** @file Properties of compaction, over random networks whose weights are masked at random. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type UnitGraph, unitGraph } from '../../../src/model/units/graph.js';
import { compact } from '../../../src/pathways/compact/compact.js';
import { tf } from '../../../src/tf.js';
import {
  modelOf,
  numbersFrom,
  randomiseWeights,
  randomTensor,
  run,
  variablesOf,
  weightMask,
} from '../../support/unit-masks.js';
import { inputShape, randomFeatures, steps } from '../../support/unit-networks.js';

/** Whole units masked, or what a unit is made of but not what reads it, or single weights. */
function mask(model: tf.LayersModel, graph: UnitGraph, next: () => number): void {
  const kept = Array.from({ length: graph.count }, () => next() > -0.3);
  const isOpen = Array.from({ length: graph.count }, () => next() > -0.5);
  for (const variable of variablesOf(model)) {
    const last = variable.originalName.split('/').at(-1) ?? '';
    let value = variable.read().mul(weightMask(graph, variable, kept));
    if (last.includes('kernel')) value = value.mul(weightMask(graph, variable, isOpen, 'makes'));
    if (last.includes('kernel') && next() > 0.5) value = value.mul(randomTensor(value.shape, next).greater(0.2));
    if (last.includes('variance')) value = variable.read();
    variable.write(value);
  }
}

const maxOf = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);

test('compaction changes no output, and compacting again removes nothing', () => {
  const removed = { units: 0, of: 0 };
  fc.assert(
    fc.property(steps(5), steps(4), fc.nat(2 ** 30), (maps, vectors, seed) => {
      tf.tidy(() => {
        const features = randomFeatures(maps, vectors);
        const model = modelOf(features);
        const next = numbersFrom(seed + 1);
        randomiseWeights(model, next);
        mask(model, unitGraph(features), next);
        const rows = [randomTensor([2, ...inputShape], next)];
        const before = run(model, rows);
        const weights = model.getWeights().map((weight) => [...weight.dataSync()]);
        const { model: small, report } = compact(model, { tolerance: 1e-3 });
        for (const [i, found] of run(small, rows).entries()) {
          const expected = before[i] ?? [];
          expect(found).toHaveLength(expected.length);
          const scale = maxOf(expected) + 1e-3;
          for (const [j, value] of found.entries()) {
            expect(Math.abs(value - (expected[j] ?? Number.NaN)) / scale).toBeLessThan(1e-4);
          }
        }
        expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(weights);
        removed.units += report.units.before - report.units.after;
        removed.of += report.units.before;
        const again = compact(small, { tolerance: 1e-3 }).report;
        expect(again.units.after).toBe(again.units.before);
        expect(again.units.before).toBe(report.units.after);
        expect(again.parameters).toEqual({ before: report.parameters.after, after: report.parameters.after });
      });
    }),
    { numRuns: 80 },
  );
  expect(removed.units / removed.of).toBeGreaterThan(0.15);
});

test('a unit that a mask leaves out goes, where nothing keeps it', () => {
  fc.assert(
    fc.property(steps(4), steps(3), fc.nat(2 ** 30), (maps, vectors, seed) => {
      tf.tidy(() => {
        const features = randomFeatures(maps, vectors);
        const model = modelOf(features);
        const next = numbersFrom(seed + 1);
        randomiseWeights(model, next);
        const graph = unitGraph(Object.fromEntries(model.outputs.map((tensor, i) => [String(i), tensor])));
        const outside = new Set(Object.values(graph.features).flatMap((units) => [...units]));
        const fixed = new Set(graph.groups.flatMap(({ units, fixed: why }) => (why === null ? [] : [...units])));
        const kept = Array.from({ length: graph.count }, (_, u) => outside.has(u) || fixed.has(u) || next() > 0);
        for (const variable of variablesOf(model))
          variable.write(variable.read().mul(weightMask(graph, variable, kept)));
        for (const variable of variablesOf(model)) {
          if (variable.originalName.includes('variance')) variable.write(variable.read().add(0.5));
        }
        const { report } = compact(model, { tolerance: 1e-3 });
        const stays = new Set(report.kept.flatMap(({ units }) => units));
        const left = kept.filter((is, unit) => is || stays.has(unit)).length;
        expect(report.units.after).toBeLessThanOrEqual(left);
      });
    }),
    { numRuns: 60 },
  );
});

test('dead units that go by their means go exactly', () => {
  fc.assert(
    fc.property(steps(4), steps(3), fc.nat(2 ** 30), (maps, vectors, seed) => {
      tf.tidy(() => {
        const features = randomFeatures(maps, vectors);
        const model = modelOf(features);
        const next = numbersFrom(seed + 1);
        randomiseWeights(model, next);
        mask(model, unitGraph(features), next);
        const { removed, report } = compact(model, { tolerance: 1e-3 });
        const gone = new Set(removed);
        const keep = Array.from({ length: report.units.before }, (_, unit) => !gone.has(unit));
        const rows = [randomTensor([3, ...inputShape], next)];
        const byMeans = compact(model, { units: { keep, fold: 'mean' }, probes: rows });
        expect(byMeans.report.difference).toBeLessThan(1e-3);
        // A unit that is read where there is no bias for its mean stays.
        expect(byMeans.removed.length).toBeLessThanOrEqual(removed.length);
      });
    }),
    { numRuns: 40 },
  );
});
