/**
 * @file The security camera with pathways at 80 % sparsity: do its tasks keep the bars of the demo, and what does the extraction of one of
 * them give? The demo's rows, epochs and backbone; four pathways of whole units, each with a fifth of every layer, trained together
 * by one `fit`. The bars are those of `npm run demo`: accuracy at least 0.99 where decisions are made, errors of positions at most 0.03 of
 * the range.
 *
 *   npx tsx bench/pathways/camera.ts
 *   --seeds N         data, weights, orders of rows. Default 5
 *   --first N         the first seed. Default 1
 *   --warm N          epochs without pathways before they are assigned. Default 0
 *   --epochs N        of the fit under the masks. Default 10
 *   --sparsity S      default 0.8
 *   --width N         the demo's units times N. Default 1
 *   --method NAME     default gradient
 *   --granularity G   unit or weight. Default unit
 *   --dense           without pathways
 *   --extract PATHS   tasks or flows, with commas. Default cameraBlocked
 *   --threads N       of what is timed. Default 2
 */
import { parseArgs } from 'node:util';
import type { PathwayMethod } from 'headgate';
import { generate } from '../../flows/security-camera/generator.js';
import { declareCamera } from '../../flows/security-camera/project.js';
import { printEstimate } from './mnist.js';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    first: { type: 'string', default: '1' },
    warm: { type: 'string', default: '0' },
    epochs: { type: 'string', default: '10' },
    sparsity: { type: 'string', default: '0.8' },
    width: { type: 'string', default: '1' },
    method: { type: 'string', default: 'gradient' },
    granularity: { type: 'string', default: 'unit' },
    dense: { type: 'boolean', default: false },
    extract: { type: 'string', default: 'cameraBlocked' },
    threads: { type: 'string', default: '2' },
  },
});
const silent = { onNote: () => {}, progress: false } as const;
const ways = {
  scene: ['cameraBlocked', 'doorOpen', 'doorLocked', 'personPresent'],
  face: ['personRegression.faceRegression'],
  body: ['personRegression.bodyRegression'],
};
const bars = {
  accuracy: { worst: Math.min, bar: 0.99 },
  normalised_mean_absolute_error: { worst: Math.max, bar: 0.03 },
} as const;

const worst = new Map<string, number[]>();
const keep = (name: string, value: number): void => void worst.set(name, [...(worst.get(name) ?? []), value]);
const first = Number(options.first);
for (let seed = first; seed < first + Number(options.seeds); seed++) {
  const { train, validation, test } = generate({ rows: 6000, seed }).split(
    { train: 0.7, validation: 0.1, test: 0.2 },
    { seed },
  );
  const camera = declareCamera(seed, Number(options.width));
  const warm = Number(options.warm);
  if (warm > 0) await camera.fit(train, { ...silent, epochs: warm, batchSize: 64, validation, seed });
  if (!options.dense) {
    await camera.pathways.assign({
      ...{ data: train, ways, sparsity: Number(options.sparsity), seed, onNote: silent.onNote },
      method: options.method as PathwayMethod, // `assign` answers for other words
      granularity: options.granularity as 'unit' | 'weight', // likewise
    });
  }
  await camera.fit(train, { ...silent, epochs: Number(options.epochs), batchSize: 64, validation, seed });
  await camera.tune(validation, { onNote: silent.onNote });
  const rows = (await camera.evaluate(test)).rows.filter(({ view }) => view === 'given_truth');
  for (const [metric, { worst: worstOf }] of Object.entries(bars)) {
    const own = rows.filter(({ metric_name }) => metric_name === metric);
    const values = own.map(({ metric_res }) => metric_res ?? Number.NaN);
    keep(metric, worstOf(...values));
    const each = own.map(({ task_path, metric_res }) => `${task_path.split('.').at(-1)} ${metric_res?.toFixed(4)}`);
    console.log(`seed ${seed}, ${metric}: ${each.join(', ')}`);
  }
  const { project: small, report } = await camera.extract(options.extract.split(','), {
    ...{ timeOn: test, threads: Number(options.threads), onNote: silent.onNote },
  });
  const { parameters, multiplyAdds, milliseconds } = report;
  if (seed === first) report.print();
  keep('parameters before / after', parameters.before / parameters.after);
  keep('multiply-adds before / after', multiplyAdds.before / multiplyAdds.after);
  if (milliseconds !== null) keep('milliseconds before / after', milliseconds.before / milliseconds.after);
  keep('largest difference of an output', Math.max(...report.parts.map(({ difference }) => difference)));
  small.dispose();
  camera.dispose();
}
for (const [name, values] of worst) printEstimate(name, values);
