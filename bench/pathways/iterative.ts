/**
 * @file Iterative sparsification: a network of MNIST pruned while it trains, beside the same one dense.
 *
 * Magnitudes decide, the share of zeros rises as a cubic of the progress (Zhu and Gupta 2017), from `--begin` to `--end` of the run.
 * 8,000 of the 10,000 digits train, 2,000 test; the dense network trains as many epochs.
 *
 *   npx tsx bench/pathways/iterative.ts
 *   --data FOLDER    of the MNIST files. Default ../shared/data
 *   --seeds N        splits, weights, orders of rows. Default 5
 *   --epochs N       default 20
 *   --units N        of each hidden layer. Default 500
 *   --layers N       hidden layers. Default 5
 *   --sparsity LIST  default 0.95
 *   --scope S        layer, global or erk. Default layer
 *   --begin SHARE    default 0.1
 *   --end SHARE      default 0.7
 */
import { parseArgs } from 'node:util';
import { adam, classification, type PathwaySettings, Project, type Table } from 'headgate';
import { dataFolder, denseLayers, digits, pixels, printEstimate, readDigits, tableOf } from './mnist.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: dataFolder },
    seeds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '20' },
    units: { type: 'string', default: '500' },
    layers: { type: 'string', default: '5' },
    sparsity: { type: 'string', default: '0.95' },
    scope: { type: 'string', default: 'layer' },
    begin: { type: 'string', default: '0.1' },
    end: { type: 'string', default: '0.7' },
  },
});

function settingsOf(sparsity: number): PathwaySettings {
  return {
    ...{ method: 'magnitude', granularity: 'weight', sparsity },
    scope: options.scope as 'layer' | 'global' | 'erk', // the project answers for other words
    schedule: { kind: 'cubic', begin: Number(options.begin), end: Number(options.end), every: 'epoch' },
  };
}

async function accuracyOf(train: Table, test: Table, seed: number, pathways: PathwaySettings | null): Promise<number> {
  const project = new Project({
    name: 'iterative',
    seed,
    onNote: () => {},
    inputs: { image: pixels() },
    tasks: { digit: classification({ classes: digits }) },
    backbone: denseLayers(Array.from({ length: Number(options.layers) }, () => Number(options.units))),
    ...(pathways === null ? {} : { pathways }),
  }).flow('all', (task, x) => [task.digit(x.features)]);
  await project.fit(train, { optimizer: adam(), epochs: Number(options.epochs), seed, progress: false });
  const accuracy = (await project.evaluate(test)).value('digit', 'accuracy');
  if (accuracy === null) throw new Error('the digit has no accuracy');
  if (pathways !== null) requireSparse(project, pathways.sparsity ?? 0);
  project.dispose();
  return accuracy;
}

/** Counts what is 0 in the kernels: the figure is of the network as it is, not of its settings. */
function requireSparse(project: Pick<Project, 'weights'>, sparsity: number): void {
  const kernels = Object.entries(project.weights()).filter(([name]) => /^backbone\/.*\/kernel$/.test(name));
  let zeros = 0;
  let size = 0;
  for (const [, { data }] of kernels) {
    size += data.length;
    for (const value of data) if (value === 0) zeros += 1;
  }
  if (zeros < Math.floor(size * sparsity))
    throw new Error(`${zeros} of ${size} weights are 0, not ${sparsity} of them`);
}

const table = tableOf(await readDigits(options.data), 'digit');
const levels = options.sparsity.split(',').map(Number);
const dense: number[] = [];
const sparse = new Map<number, number[]>(levels.map((level) => [level, []]));
for (let seed = 1; seed <= Number(options.seeds); seed++) {
  const { train, test } = table.split({ train: 0.8, test: 0.2 }, { seed });
  dense.push(await accuracyOf(train, test, seed, null));
  for (const [level, scores] of sparse) scores.push(await accuracyOf(train, test, seed, settingsOf(level)));
  const each = [...sparse].map(([level, scores]) => `${level}: ${scores.at(-1)?.toFixed(4)}`).join(', ');
  console.log(`seed ${seed}: dense ${dense.at(-1)?.toFixed(4)}, ${each}`);
}
printEstimate('dense', dense);
for (const [level, scores] of sparse) {
  printEstimate(`sparsity ${level}`, scores);
  printEstimate(
    `sparsity ${level} - dense`,
    scores.map((score, i) => score - (dense[i] ?? Number.NaN)),
  );
}
