/** @file Which labels count where a condition is unknown: masks, evaluation and tuning against a naive recursion. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bindTable } from '../../src/data/bind.js';
import { evaluate } from '../../src/evaluate/evaluation.js';
import { tune } from '../../src/evaluate/tune.js';
import type { Scores } from '../../src/score/scores.js';
import { initialThresholds } from '../../src/score/scores.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { sigmoid } from '../../src/tasks/sigmoid.js';
import { applies, naiveLeaves } from '../support/naive-loss.js';
import { CLASSES, labelRows, type RandomFlow, randomFlow } from '../support/random-flow.js';

function scoresOf({ flow }: RandomFlow, rows: number, seed: number): Scores {
  const tasks = flow.tasks.map(({ path, kind }, t) => {
    const logits = Float32Array.from(
      { length: rows * kind.units },
      (_, i) => (((i + 1) * 37 + seed * (t + 1)) % 23) / 4 - 2.5,
    );
    return [path, { logits, activated: logits.map((x) => Math.fround(sigmoid(x))) }] as const;
  });
  return { rows, tasks: new Map(tasks) };
}

test('random flows, labels and choices: what evaluation and tuning count is what the recursion counts', () => {
  let included = 0;
  fc.assert(
    fc.property(randomFlow, fc.nat(), (random, seed) => {
      const { flow, graph } = random;
      const rows = labelRows(flow, 12, seed);
      const truth = bindTable(
        rows.map((row) => ({ x: [0, 0, 0], ...row })),
        layoutOf(flow),
      );
      const scores = scoresOf(random, rows.length, seed);
      const thresholds = initialThresholds(flow.tasks);
      const evaluation = evaluate(truth, scores, thresholds);
      const tuning = tune(truth, scores, thresholds);
      const leaves = naiveLeaves(graph);
      for (const leaf of leaves) {
        const { path, kind } = leaf.node;
        const counted = rows.filter((row) => applies(leaves, leaf, row)).map((row) => row[path] ?? null);
        if (leaf.includes.includes(true)) {
          const strict = { ...leaf, includes: leaf.includes.map(() => false) };
          included += counted.length - rows.filter((row) => applies(leaves, strict, row)).length;
        }
        const decisions = tuning.rows.filter((row) => row.task_path === path);
        if (kind === 'multilabel') {
          const perClass = CLASSES.map(
            (_, c) => counted.filter((label) => Array.isArray(label) && label[c] !== null).length,
          );
          expect(decisions.map((row) => row.num_samples)).toEqual(perClass);
          continue;
        }
        const count = counted.filter((label) => label !== null).length;
        for (const row of decisions) expect(row.num_samples).toBe(count);
        const shown = evaluation.rows.filter((row) => row.task_path === path && row.view === 'given_truth');
        const whole = shown.filter(({ metric_name }) => !metric_name.includes('['));
        expect(whole.length).toBeGreaterThan(0);
        for (const row of whole) expect([row.metric_name, row.num_samples]).toEqual([row.metric_name, count]);
      }
    }),
    { numRuns: 200 },
  );
  expect(included).toBeGreaterThan(200); // the choice made a difference
});
