/**
 * @file What padding costs: steps on documents (as dnn_cool's second dataset has them) that are padded to their own shape, and to
 * larger ones, in turns of one process. Compare ratios, not milliseconds.
 *
 *   npx tsx bench/data/ragged-padding.ts
 *   --rounds N   Default 4
 */
import { parseArgs } from 'node:util';
import { adam, along, binary, Project, tensor, tf, uniforms } from 'headgate';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '4' } } });
const SHAPES = [
  [10, 19],
  [10, 38],
  [20, 38],
] as const;

/** 6 to 10 sentences of 2 to 19 tokens, each 0, 1 or 2. */
const rows = Array.from({ length: 256 }, (_, i) => {
  const drawn = uniforms({ seed: 1, stream: 'document', counter: i }, 1 + 10 * 20);
  let next = 0;
  const below = (bound: number): number => Math.floor((drawn[next++] ?? 0) * bound);
  const document = Array.from({ length: 6 + below(5) }, () => Array.from({ length: 2 + below(18) }, () => below(3)));
  return { document, isZero: document.map((sentence) => sentence.map((token) => token === 0)) };
});
const tokens = rows.reduce((sum, { document }) => sum + document.flat().length, 0);

function projectOf(shape: readonly [number, number]) {
  return new Project({
    name: 'documents',
    inputs: { document: tensor({ shape, axes: ['sentence', 'token'], ragged: true }) },
    tasks: { isZero: along(['sentence', 'token'], binary()) },
    backbone: ({ document }) => {
      const embedded = tf.layers.embedding({ inputDim: 3, outputDim: 64 }).apply(document);
      const hidden = tf.layers.dense({ units: 32, activation: 'relu' }).apply(embedded);
      return { tokens: tf.layers.dense({ units: 16, activation: 'relu' }).apply(hidden) as tf.SymbolicTensor }; // of one tensor
    },
    onNote: () => {},
  }).flow('full', (task, x) => [task.isZero(x.tokens)]);
}

for (let round = 0; round < Number(options.rounds); round++) {
  const times: number[] = [];
  for (const shape of SHAPES) {
    const project = projectOf(shape);
    const train = (epochs: number) =>
      project.fit(rows, { epochs, batchSize: 64, optimizer: adam({ learningRate: 0.01 }), progress: false });
    await train(1); // compiles the step
    const start = performance.now();
    await train(10);
    times.push((performance.now() - start) / 40);
  }
  const [first = Number.NaN] = times;
  const said = SHAPES.map((shape, i) => {
    const share = tokens / rows.length / (shape[0] * shape[1]);
    return `${shape.join('×')} (${(share * 100).toFixed(0)} % there) ${((times[i] ?? Number.NaN) / first).toFixed(2)}`;
  });
  console.log(`round ${round + 1}: ${said.join(', ')}; ${first.toFixed(1)} ms a step of the first`);
}
