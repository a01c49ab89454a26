/** @file Raw rows of every kind of trouble, and a project that takes them as they are. */
import { binary, boundedRegression, classification, Project, regression, tf, vector } from '../../src/index.js';
import { uniforms } from '../../src/random.js';

export const learningColumns = ['age', 'income', 'admitted', 'always'] as const;

/** Years, a heavy tail, seconds since 1970, and a column of one value; a third of the labels are missing. */
export const learningRows = Array.from({ length: 40 }, (_, row) => {
  const [a = 0, b = 0, c = 0, d = 0] = uniforms({ seed: 5, stream: 'learning', counter: row }, 4);
  const hidden = (task: number): boolean => (row + task) % 3 === 0;
  return {
    age: Math.round(20 + 60 * a),
    income: Math.round(Math.exp(8 + 6 * b)),
    admitted: 1.7e9 + Math.round(1e5 * c),
    always: 7,
    open: hidden(0) ? null : a + c / 2 > 0.9,
    days: hidden(1) ? null : 100 + 40 * c + 5 * d,
    share: hidden(2) ? null : 5 + 2 * a,
    sort: hidden(3) ? null : ['red', 'green', 'blue'][Math.floor(2.9 * b * b)],
  };
});

export const learningProject = () =>
  new Project({
    name: 'learning',
    seed: 3,
    inputs: { x: vector({ columns: learningColumns }) },
    tasks: {
      open: binary({ positiveWeight: 'balanced' }),
      days: regression(),
      share: boundedRegression({ min: 0, max: 100 }),
      sort: classification({ classes: ['red', 'green', 'blue'] }),
    },
    backbone: ({ x }) => ({
      body: tf.layers.dense({ units: 4, activation: 'tanh' }).apply(x) as tf.SymbolicTensor,
    }),
    onNote: () => {},
  }).flow('full', (task, x) => [task.open(x.body), task.days(x.body), task.share(x.body), task.sort(x.body)]);
