/**
 * @file Permuted MNIST, one task after another, in one network of five hidden layers: each task reads the digits with
 * their pixels in an order of its own, takes a share of the weights that nobody has, and leaves the others as they are.
 *
 * The network of t + 1 tasks adopts what that of t tasks has learnt; the new task gets its pathway by the gradients of its own
 * rows, and `fitTasks` trains it. After each task, the probabilities of every earlier one on its own test rows must be the same
 * bytes as when it was trained. 8,000 of the 10,000 digits train, 2,000 test.
 *
 *   npx tsx bench/pathways/permuted.ts
 *   --data FOLDER    of the MNIST files. Default ../shared/data
 *   --seeds N        splits, weights, orders of rows. Default 5
 *   --first N        the first seed. Default 1
 *   --tasks N        default 10
 *   --units N        of each hidden layer. Default 500
 *   --layers N       hidden layers. Default 5
 *   --epochs N       of each task. Default 5
 *   --method NAME    what decides which weights a task takes. Default gradient
 *   --sparsity S     share of each kernel that a task leaves to others. Default 1 - 1 / tasks
 *   --reads          a task also sees, without training it, what earlier ones own
 */
import { parseArgs } from 'node:util';
import { adam, classification, type PathwayMethod, Project, type Table } from 'headgate';
import { dataFolder, denseLayers, digits, permuted, pixels, printEstimate, readDigits, tableOf } from './mnist.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: dataFolder },
    seeds: { type: 'string', default: '5' },
    first: { type: 'string', default: '1' },
    tasks: { type: 'string', default: '10' },
    units: { type: 'string', default: '500' },
    layers: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '5' },
    method: { type: 'string', default: 'gradient' },
    sparsity: { type: 'string' },
    reads: { type: 'boolean', default: false },
  },
});
const TASKS = Number(options.tasks);
const sparsity = options.sparsity === undefined ? 1 - 1 / TASKS : Number(options.sparsity);
const silent = { onNote: () => {}, progress: false } as const;

function networkOf(tasks: readonly string[], seed: number) {
  return new Project({
    name: 'permuted',
    seed,
    onNote: () => {},
    inputs: { image: pixels() },
    tasks: Object.fromEntries(tasks.map((task) => [task, classification({ classes: digits })])),
    backbone: denseLayers(Array.from({ length: Number(options.layers) }, () => Number(options.units))),
  }).flow('all', (task, x) => tasks.flatMap((name) => task[name]?.(x.features) ?? []));
}

type Network = ReturnType<typeof networkOf>;

/** What the task says of every row, to the bit. */
async function answers(network: Network, task: string, rows: Table): Promise<string> {
  const predictions: readonly unknown[] = await network.predict(rows, { probabilities: true });
  return JSON.stringify(predictions.map((row) => (row as Readonly<Record<string, unknown>>)[task])); // one leaf a task
}

const all = await readDigits(options.data);
const means: number[] = [];
const lowest: number[] = [];
let changed = 0;
for (let i = 0; i < Number(options.seeds); i++) {
  const seed = Number(options.first) + i;
  const started = performance.now();
  const tasks: string[] = [];
  const learnt = new Map<string, { readonly test: Table; readonly said: string; readonly accuracy: number }>();
  let network: Network | null = null;
  for (let order = 0; order < TASKS; order++) {
    const task = `order${order}`;
    tasks.push(task);
    const table = tableOf(permuted(all, order), task);
    const { train, test } = table.split({ train: 0.8, test: 0.2 }, { seed });
    const next = networkOf(tasks, seed);
    if (network !== null) await next.adopt(network);
    network?.dispose();
    network = next;
    await network.pathways.assign({
      ...{ data: train, ways: { [task]: [task] }, granularity: 'weight', sparsity, seed, readsOthers: options.reads },
      method: options.method as PathwayMethod, // `assign` answers for what is no name of a method
    });
    await network.fitTasks([task], train, { ...silent, optimizer: adam(), epochs: Number(options.epochs), seed });
    const accuracy = (await network.evaluate(test)).value(task, 'accuracy');
    if (accuracy === null) throw new Error(`${task} has no accuracy`);
    for (const [earlier, { test: rows, said }] of learnt) {
      if ((await answers(network, earlier, rows)) !== said) changed += 1;
    }
    learnt.set(task, { test, said: await answers(network, task, test), accuracy });
    console.log(`seed ${seed}, task ${order + 1}: ${accuracy.toFixed(4)}`);
  }
  const scores = [...learnt.values()].map(({ accuracy }) => accuracy);
  means.push(scores.reduce((sum, score) => sum + score, 0) / scores.length);
  lowest.push(Math.min(...scores));
  console.log(`seed ${seed}: mean ${means.at(-1)?.toFixed(4)}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  network?.dispose();
}
console.log(`old tasks whose answers changed: ${changed}`);
printEstimate(`mean accuracy of ${TASKS} tasks`, means);
printEstimate('lowest accuracy of a task', lowest);
