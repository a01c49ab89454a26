/**
 * @file What a balancer of the step costs: `npx tsx bench/balancing.ts`. Steps of the same batch on `onnx`, in turns with
 * steps without a balancer; the median of the turns' ratios. Balancers of losses add nothing to a step.
 */
import { createBatcher } from '../src/data/batches.js';
import { bindTable } from '../src/data/bind.js';
import { createEngine } from '../src/engine/select.js';
import { adamW, binary, Project, regression, type StepBalancer, tf, uncertainty, vector } from '../src/index.js';
import { buildNetwork } from '../src/model/network.js';
import { layoutOf } from '../src/tasks/layout.js';
import { hyperTensors } from '../src/train/hyper.js';
import { trainProgram } from '../src/train/program.js';

const [BATCH, SIZE, TURNS, STEPS] = [128, 64, 60, 20];

const namesOf = (tasks: number): string[] => Array.from({ length: tasks }, (_, i) => `task${i}`);

const declare = (tasks: number, units: number) =>
  new Project({
    name: 'balancing',
    inputs: { x: vector({ size: SIZE }) },
    tasks: Object.fromEntries(
      Array.from({ length: tasks }, (_, i) => [`task${i}`, i % 2 === 0 ? binary() : regression()]),
    ),
    backbone: ({ x }) => {
      const hidden = tf.layers.dense({ units, activation: 'relu' }).apply(x);
      return { features: tf.layers.dense({ units, activation: 'relu' }).apply(hidden) as tf.SymbolicTensor };
    },
  }).flow('full', (task, x) => namesOf(tasks).flatMap((name) => task[name]?.(x.features) ?? []));

const rowsOf = (tasks: number) =>
  Array.from({ length: BATCH }, (_, row) => ({
    x: Array.from({ length: SIZE }, (_, i) => Math.sin(row * 7 + i * 3)),
    ...Object.fromEntries(
      Array.from({ length: tasks }, (_, i) => [`task${i}`, i % 2 === 0 ? (row + i) % 3 === 0 : Math.cos(row + i)]),
    ),
  }));

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Gives the milliseconds of one step, over some of them. */
async function contestant(tasks: number, units: number, balancer: StepBalancer | null): Promise<() => Promise<number>> {
  const { resolved, backbone } = declare(tasks, units);
  const layout = layoutOf(resolved);
  const network = buildNetwork({ flow: resolved, layout, backbone, seed: 1 });
  const program = trainProgram({ network, layout, optimizer: adamW(), clipNorm: null, balancer });
  const engine = await createEngine('onnx');
  const [state, step] = [await engine.createState(program.initialState()), engine.compile(program.whole)];
  const { tensors } = createBatcher(
    bindTable(rowsOf(tasks), layout),
    BATCH,
  )(Array.from({ length: BATCH }, (_, i) => i));
  let counter = 0;
  return async () => {
    const began = performance.now();
    for (let i = 0; i < STEPS; i++) {
      await step.run(
        state,
        { ...tensors, ...hyperTensors(layout, { learningRate: 1e-4 }) },
        { seed: 1, counter: counter++ },
      );
    }
    return (performance.now() - began) / STEPS;
  };
}

console.log('units  tasks  balancer     ms a step, without and with   ratio');
for (const units of [128, 512]) {
  for (const tasks of [2, 8, 32]) {
    const balancer = uncertainty();
    const [without, weighed] = [await contestant(tasks, units, null), await contestant(tasks, units, balancer)];
    for (const warm of [without, weighed]) await warm();
    const turns: (readonly [number, number])[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const isFirst = turn % 2 === 0; // neither always follows the other
      const before = isFirst ? await without() : 0;
      const second = await weighed();
      turns.push([isFirst ? before : await without(), second]);
    }
    const [a, b] = [median(turns.map(([one]) => one)), median(turns.map(([, two]) => two))];
    const ratio = median(turns.map(([one, two]) => two / one));
    const sizes = `${String(units).padStart(5)}  ${String(tasks).padStart(5)}`;
    console.log(`${sizes}  ${balancer.name}  ${a.toFixed(3)}  ${b.toFixed(3)}  ${ratio.toFixed(3)}`);
  }
}
process.exit(0);
