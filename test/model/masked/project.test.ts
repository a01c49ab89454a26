/** @file Masked layers in the backbone of a Headgate project, on the engine that compiles. */
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { adam, binary, Project, regression, tf, vector } from '../../../src/index.js';
import { MaskedDense } from '../../../src/model/masked/masked-dense.js';
import { MaskedTransformerEncoderLayer } from '../../../src/model/masked/masked-transformer-encoder-layer.js';
import { MultiMaskedDense } from '../../../src/model/masked/multi-masked-dense.js';
import { PositionalEncoding } from '../../../src/model/masked/positional-encoding.js';
import { rowMixing } from '../../../src/model/rows.js';
import { freshFolder } from '../../deploy/saved-model.js';
import { probe } from '../../support/training.js';
import { savedAndLoaded, values } from './layers.js';

type Symbolic = tf.SymbolicTensor;
const applied = (layer: tf.layers.Layer, x: Symbolic | Symbolic[]) => layer.apply(x) as Symbolic; // of symbolic inputs

const rows = Array.from({ length: 22 }, (_, i) => {
  const x = [Math.sin(i), Math.cos(2 * i), Math.sin(3 * i), i / 22];
  return { x, left: (x[0] ?? 0) > 0, right: (x[1] ?? 0) * 2 - (x[3] ?? 0) };
});

/** A masked stem, and for each task a part of one Multi layer. */
function declared() {
  const stem = new MaskedDense({ units: 8, activation: 'tanh', name: 'stem' });
  const trunk = new MultiMaskedDense({ units: 6, activation: 'tanh', name: 'trunk' });
  const project = new Project({
    name: 'masked',
    inputs: { x: vector({ size: 4 }) },
    tasks: { left: binary(), right: regression() },
    backbone: ({ x }) => {
      const features = applied(stem, x);
      const [left, right] = trunk.apply([features, features]) as Symbolic[];
      return { left: left as Symbolic, right: right as Symbolic }; // one a task
    },
    onNote: () => {},
  }).flow('full', (task, x) => [task.left(x.left), task.right(x.right)]);
  return { project, stem, trunk };
}

const mask = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed).step();
const options = { epochs: 8, batchSize: 8, progress: false, optimizer: adam({ learningRate: 0.05 }) } as const;

/** Declared, masked by half and fitted. */
async function fitted(engine: 'onnx' | 'cpu') {
  const made = declared();
  made.project.model; // builds it
  made.stem.setMasks([mask([4, 8], 1), tf.ones([8])]);
  made.trunk.setMasks([mask([2, 8, 6], 2), mask([2, 6], 3)]);
  const before = values(made.project.model.getWeights());
  const history = await made.project.fit(rows, { ...options, engine });
  return { ...made, before, history };
}

let trained: Awaited<ReturnType<typeof fitted>>;
beforeAll(async () => {
  trained = await fitted('onnx');
});

test('training learns, keeps every mask, and leaves what is masked at exactly 0', () => {
  const { project, stem, trunk, before, history } = trained;
  const losses = history.epochs.map(({ loss }) => loss);
  expect(losses.at(-1)).toBeLessThan(Number(losses[0]) * 0.8);
  expect(values(project.model.getWeights())).not.toEqual(before);
  const masks = [mask([4, 8], 1), tf.ones([8]), mask([2, 8, 6], 2), mask([2, 6], 3)];
  for (const [i, one] of [...stem.maskedWeights, ...trunk.maskedWeights].entries()) {
    expect(values([one.mask.read()]), one.name).toEqual(values([masks[i]]));
    const stored = values([one.weight.read()]);
    expect(
      stored.every((value, j) => values([masks[i]])[j] === 1 || value === 0),
      one.name,
    ).toBe(true);
    expect(stored.some((value) => value !== 0)).toBe(true);
  }
});

test('the compiled engine trains as tfjs itself does', async () => {
  const eager = await fitted('cpu');
  const [own, other] = [trained, eager].map(({ history }) => history.epochs.map(({ loss }) => loss));
  expect(own?.map((loss) => loss.toFixed(4))).toEqual(other?.map((loss) => loss.toFixed(4)));
});

test('masks are parameters of the project, saved and loaded', async () => {
  const folder = join(freshFolder(), 'model');
  await trained.project.save(folder);
  const again = declared();
  await again.project.load(folder);
  expect(values(again.project.model.getWeights())).toEqual(values(trained.project.model.getWeights()));
  expect(values([again.stem.maskedWeights[0]?.mask.read()])).toEqual(values([mask([4, 8], 1)]));
  const predict = (project: typeof again.project) => project.predict(rows.slice(0, 3), { engine: 'onnx' });
  expect(await predict(again.project)).toEqual(await predict(trained.project));
});

test('project.model is a plain model of tfjs, which tf.loadLayersModel reads', async () => {
  const loaded = await savedAndLoaded(trained.project.model);
  const x = tf.randomNormal([3, 4], 0, 1, 'float32', 4);
  expect(values(loaded.predict(x))).toEqual(values(trained.project.model.predict(x)));
  expect(loaded.getLayer('stem')).toBeInstanceOf(MaskedDense);
});

test('short batches are padded: masked layers treat rows apart', () => {
  expect(rowMixing(trained.project.model.getLayer('trunk'))).toEqual({ training: false, inference: false });
});

test.each(['cpu', 'onnx'] as const)('dropout of an encoder is a function of seed and step, on %s', async (engine) => {
  const backbone = (x: Symbolic) => {
    const steps = applied(tf.layers.reshape({ targetShape: [4, 4] }), x);
    const encoded = applied(new PositionalEncoding({ dropout: 0.3 }), steps);
    const own = applied(new MaskedTransformerEncoderLayer({ numHeads: 2, feedForwardSize: 8, dropout: 0.3 }), encoded);
    return applied(tf.layers.flatten(), own);
  };
  const { feature } = await probe([16], 16, backbone, engine);
  const inputs = rows.slice(0, 4).map(({ x }) => [...x, ...x, ...x, ...x]);
  const first = await feature(inputs, { seed: 7, counter: 3 });
  expect(await feature(inputs, { seed: 7, counter: 3 })).toEqual(first);
  expect(await feature(inputs, { seed: 7, counter: 4 })).not.toEqual(first);
  expect(await feature(inputs, { seed: 8, counter: 3 })).not.toEqual(first);
  const inference = await feature(inputs, 'inference');
  expect(inference).not.toEqual(first);
  expect(await feature(inputs, 'inference')).toEqual(inference);
});
