/** @file A fit to be run on a terminal: `tsx fit-on-terminal.ts HOW [tasks]`. */
import { binary, Project, sgd, vector } from '../../../src/index.js';

const [how] = process.argv.slice(2);
const rows = Array.from({ length: 64 }, (_, i) => ({ x: [i / 32 - 1, i % 3], open: i % 2 === 0 }));
const project = new Project({ name: 'terminal', inputs: { x: vector({ size: 2 }) }, tasks: { open: binary() } }).flow(
  'full',
  (task, x) => [task.open(x.features)],
);
const isWithTasks = process.argv[3] === 'tasks';
if (how === 'listens') process.on('SIGINT', () => process.exit(9));
if (how === 'uncaught') setTimeout(() => Promise.reject(new Error('nobody waits for this')), 300);
const history = await project.fit(rows, {
  engine: 'cpu',
  epochs: how === 'ends' ? 2 : 1_000_000,
  batchSize: 4,
  validation: rows,
  progress: { tasks: isWithTasks },
  optimizer: sgd({ learningRate: 1e-4 }),
  onEpochEnd: () => {
    if (how === 'throws') throw new Error('of the callback');
    if (how === 'exits') process.exit(3);
  },
});
console.log(`${history.ended}, ${process.listenerCount('SIGINT')} listeners`);
if (how === 'waits') setTimeout(() => {}, 60_000);
