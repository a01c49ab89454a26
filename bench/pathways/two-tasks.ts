/**
 * @file Two tasks in one network at 90 % sparsity each, beside two dense networks of the same shape: digits, and digits with
 * their pixels in another order, which is another function of the same kind.
 *
 * Both tasks are trained together, from one table in which every row has the label of one of them; 16,000 of these 20,000 rows
 * train (8,000 of each task), the rest test. A pathway keeps a tenth of each kernel, chosen by gradients before the first step, and
 * owns it alone. The dense networks get the rows of their task, as many epochs, and the same optimizer: the default, whose rate falls to 0.
 *
 *   npx tsx bench/pathways/two-tasks.ts
 *   --data FOLDER    of the MNIST files. Default ../shared/data
 *   --seeds N        splits, weights, orders of rows. Default 5
 *   --epochs N       default 10
 *   --sparsity S     default 0.9
 *   --granularity G  weight or unit. Default weight
 *   --schedule       prunes while training, by magnitude, in place of choosing before
 */
import { parseArgs } from 'node:util';
import { classification, type PathwaySettings, Project, type Table } from 'headgate';
import { dataFolder, denseLayers, digits, permuted, pixels, printEstimate, readDigits, tableOf } from './mnist.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: dataFolder },
    seeds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '10' },
    units: { type: 'string', default: '500' },
    layers: { type: 'string', default: '5' },
    sparsity: { type: 'string', default: '0.9' },
    granularity: { type: 'string', default: 'weight' },
    schedule: { type: 'boolean', default: false },
  },
});
const names = ['plain', 'shuffled'] as const;
const silent = { onNote: () => {}, progress: false } as const;

function networkOf(tasks: readonly string[], seed: number, pathways: PathwaySettings | null) {
  return new Project({
    name: 'two-tasks',
    seed,
    onNote: () => {},
    inputs: { image: pixels() },
    tasks: Object.fromEntries(tasks.map((task) => [task, classification({ classes: digits })])),
    backbone: denseLayers(Array.from({ length: Number(options.layers) }, () => Number(options.units))),
    ...(pathways === null ? {} : { pathways }),
  }).flow('all', (task, x) => tasks.flatMap((name) => task[name]?.(x.features) ?? []));
}

/** Accuracies of the tasks, in their order. */
async function trained(
  tasks: readonly string[],
  seed: number,
  { pathways, train, tests }: { pathways: PathwaySettings | null; train: Table; tests: readonly Table[] },
): Promise<readonly number[]> {
  const network = networkOf(tasks, seed, pathways);
  await network.fit(train, { ...silent, epochs: Number(options.epochs), seed });
  const accuracies: number[] = [];
  for (const [i, task] of tasks.entries()) {
    const test = tests[i];
    const accuracy = test === undefined ? null : (await network.evaluate(test)).value(task, 'accuracy');
    if (accuracy === null) throw new Error(`${task} has no accuracy`);
    accuracies.push(accuracy);
  }
  network.dispose();
  return accuracies;
}

const settings: PathwaySettings = {
  sparsity: Number(options.sparsity),
  granularity: options.granularity as 'weight' | 'unit', // the project answers for other words
  ...(options.schedule ? { method: 'magnitude', schedule: {} } : { method: 'gradient' }),
};
const all = await readDigits(options.data);
const differences: number[][] = names.map(() => []);
const scores: { readonly sparse: number[]; readonly dense: number[] }[] = names.map(() => ({ sparse: [], dense: [] }));
for (let seed = 1; seed <= Number(options.seeds); seed++) {
  const splits = names.map((task, order) =>
    tableOf(permuted(all, order), task).split({ train: 0.8, test: 0.2 }, { seed }),
  );
  const tests = splits.map(({ test }) => test);
  const withBoth = splits.map(({ train }, i) => train.with(names[1 - i] ?? '', Array(train.rows).fill(null)));
  const [first, second] = withBoth;
  if (first === undefined || second === undefined) throw new Error('there are two tasks');
  const sparse = await trained(names, seed, { pathways: settings, train: first.concat(second), tests });
  for (const [i, task] of names.entries()) {
    const { train, test } = splits[i] ?? {};
    if (train === undefined || test === undefined) throw new Error(`${task} has no rows`);
    const [dense = Number.NaN] = await trained([task], seed, { pathways: null, train, tests: [test] });
    const own = sparse[i] ?? Number.NaN;
    scores[i]?.sparse.push(own);
    scores[i]?.dense.push(dense);
    differences[i]?.push(own - dense);
    console.log(`seed ${seed}, ${task}: sparse ${own.toFixed(4)}, dense ${dense.toFixed(4)}`);
  }
}
for (const [i, task] of names.entries()) {
  printEstimate(`${task}, sparse`, scores[i]?.sparse ?? []);
  printEstimate(`${task}, dense`, scores[i]?.dense ?? []);
  printEstimate(`${task}, sparse - dense`, differences[i] ?? []);
}
