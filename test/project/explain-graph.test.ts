import { expect, test } from 'vitest';
import { adam, binary, Project, tf, vector } from '../../src/index.js';

function headsOf(count: number) {
  const names = Array.from({ length: count }, (_, i) => `task${i}`);
  return new Project({
    name: 'heads',
    inputs: { x: vector({ size: 8 }) },
    tasks: Object.fromEntries(names.map((name) => [name, binary()])),
    backbone: ({ x }) => ({ features: tf.layers.dense({ units: 4, activation: 'relu' }).apply(x) }),
  }).flow('full', (task, x) => {
    const [first, ...others] = names.map((name) => task[name]?.(x.features)).filter((handle) => handle !== undefined);
    if (first === undefined) throw new Error('no heads');
    return [first, ...others.map((other) => other.given(first))];
  });
}

const linesOf = async (count: number) =>
  (await headsOf(count).explainGraph({ optimizer: adam(), batchSize: 16 })).split('\n');

test('64 heads are one product forward and two backward, and their masks are read once', async () => {
  const lines = await linesOf(64);
  const products = lines.filter((line) => line.includes('Gemm'));
  expect(products.filter((line) => line.includes('state/head/features/kernel'))).toHaveLength(2);
  expect(products.filter((line) => / float32\[4,64\] = Gemm/.test(line))).toHaveLength(1);
  expect(products).toHaveLength(5); // and the layer's own two: forward, and its kernel's gradient
  const shaped = lines.filter((line) => /= Reshape\(batch\/mask/.test(line)).length;
  expect(shaped).toBeLessThanOrEqual(1);
});

test('the graph does not grow with the number of heads', async () => {
  expect((await linesOf(64)).length).toBe((await linesOf(3)).length);
});

test('the masks of pathways of units stand in the graph once each, where the gradient is', async () => {
  const names = ['a', 'b'];
  const project = new Project({
    name: 'pathways',
    inputs: { x: vector({ size: 6 }) },
    tasks: Object.fromEntries(names.map((name) => [name, binary()])),
    backbone: ({ x }) => ({
      features: tf.layers
        .dense({ units: 4, name: 'second' })
        .apply(tf.layers.dense({ units: 8, activation: 'relu', name: 'first' }).apply(x)),
    }),
  }).flow('full', (task, x) => names.flatMap((name) => task[name]?.(x.features) ?? []));
  await project.pathways.assign({ method: 'random', sparsity: 0.75, granularity: 'unit', onNote: () => {} });
  const [, ...lines] = (await project.explainGraph({ batchSize: 16 })).split('\n');
  const graph = lines.join('\n');
  const masks = ['backbone/first/kernel', 'backbone/second/kernel', 'head/features/kernel'];
  for (const tensor of masks) {
    expect(graph.split(`state/mask/all/${tensor}`), tensor).toHaveLength(2);
    expect(graph, tensor).toMatch(new RegExp(`= Mul\\(%\\d+, state/mask/all/${tensor}\\)`));
  }
  expect(lines.filter((line) => line.includes('Gemm')).length).toBe(3 * 3 - 1); // as many products as without pathways
  project.dispose();
});
