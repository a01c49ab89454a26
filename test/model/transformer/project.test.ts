/** @file The encoder as a backbone: what its parameters are called, what it learns, its noise, its files, smaller copies. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  along,
  binary,
  maskedMean,
  Project,
  type TransformerEncoderOptions,
  tensor,
  tf,
  tokenMask,
  transformerEncoder,
} from '../../../src/index.js';
import { uniforms } from '../../../src/random.js';
import { freshFolder } from '../../deploy/saved-model.js';
import { probe } from '../../support/training.js';

const [LENGTH, VOCABULARY] = [16, 12];

/** Ids of 8 to 16 positions, padded; whether the first comes again later, which half of them say. */
function lines(rows: number, seed: number) {
  return Array.from({ length: rows }, (_, row) => {
    const drawn = uniforms({ seed, stream: 'lines', counter: row }, LENGTH + 3);
    const at = (i: number): number => drawn[i] ?? Number.NaN;
    const length = 8 + Math.floor(at(LENGTH) * 9);
    const id = (i: number): number => 1 + Math.floor(at(i) * (VOCABULARY - 1));
    const first = id(0);
    const line = Array.from({ length }, (__, t) => (t > 0 && id(t) === first ? 1 + (first % (VOCABULARY - 1)) : id(t)));
    const repeated = at(LENGTH + 1) < 0.5;
    if (repeated) line[1 + Math.floor(at(LENGTH + 2) * (length - 1))] = first;
    const isFirst = line.map((one) => one === first);
    return { line: pad(line, 0), repeated, isFirst: pad(isFirst, null) };
  });
}

const pad = <T, F>(values: readonly T[], fill: F): (T | F)[] =>
  Array.from({ length: LENGTH }, (_, t) => (t < values.length ? (values[t] as T) : fill)); // within it

function declared(options: Partial<TransformerEncoderOptions> = {}, seed = 1) {
  return new Project({
    name: 'lines',
    inputs: { line: tensor({ shape: [LENGTH], axes: ['token'] }) },
    tasks: { repeated: binary(), isFirst: along('token', binary()) },
    backbone: ({ line }) => {
      const mask = tokenMask().apply(line);
      const tokens = transformerEncoder({
        ...{ vocabulary: VOCABULARY, width: 32, layers: 2, heads: 4, dropout: 0 },
        ...options,
      }).apply([line, mask]);
      return { tokens, sentence: maskedMean().apply([tokens, mask]) };
    },
    seed,
    onNote: () => {},
  }).flow('full', (task, x) => [task.repeated(x.sentence), task.isFirst(x.tokens)]);
}

const small = { width: 8, layers: 1, heads: 2, feedForward: 12 } as const;
const quiet = { progress: false, batchSize: 50 } as const;

test('parameters are called by what they are', () => {
  const shapes = Object.fromEntries(
    Object.entries(declared(small).weights()).map(([name, { shape }]) => [name, shape.join()]),
  );
  expect(shapes).toMatchInlineSnapshot(`
    {
      "backbone/encoder/block1/attention/key/bias": "8",
      "backbone/encoder/block1/attention/key/kernel": "8,8",
      "backbone/encoder/block1/attention/norm/beta": "8",
      "backbone/encoder/block1/attention/norm/gamma": "8",
      "backbone/encoder/block1/attention/output/bias": "8",
      "backbone/encoder/block1/attention/output/kernel": "8,8",
      "backbone/encoder/block1/attention/query/bias": "8",
      "backbone/encoder/block1/attention/query/kernel": "8,8",
      "backbone/encoder/block1/attention/value/bias": "8",
      "backbone/encoder/block1/attention/value/kernel": "8,8",
      "backbone/encoder/block1/feedForward/first/bias": "12",
      "backbone/encoder/block1/feedForward/first/kernel": "8,12",
      "backbone/encoder/block1/feedForward/norm/beta": "8",
      "backbone/encoder/block1/feedForward/norm/gamma": "8",
      "backbone/encoder/block1/feedForward/second/bias": "8",
      "backbone/encoder/block1/feedForward/second/kernel": "12,8",
      "backbone/encoder/norm/beta": "8",
      "backbone/encoder/norm/gamma": "8",
      "backbone/encoder/positions/embeddings": "16,8",
      "backbone/encoder/tokens/embeddings": "12,8",
      "head/isFirst/bias": "1",
      "head/isFirst/kernel": "8,1",
      "head/repeated/bias": "1",
      "head/repeated/kernel": "8,1",
    }
  `);
});

test('it learns whether the first token comes again, which a bag of tokens cannot', async () => {
  const [train, held] = [lines(3000, 1), lines(500, 2)];
  const accuracy = async (project: ReturnType<typeof declared> | ReturnType<typeof bag>) => {
    await project.fit(train, { ...quiet, epochs: 10, engine: 'onnx' });
    const { rows } = await project.evaluate(held, { engine: 'onnx' });
    return rows.find((row) => row.metric_name === 'accuracy' && row.task_path === 'repeated')?.metric_res;
  };
  const bag = () =>
    new Project({
      name: 'bag',
      inputs: { line: tensor({ shape: [LENGTH] }) },
      tasks: { repeated: binary() },
      backbone: ({ line }) => {
        const tokens = tf.layers.embedding({ inputDim: VOCABULARY, outputDim: 32 }).apply(line) as tf.SymbolicTensor;
        const mean = maskedMean().apply([tokens, tokenMask().apply(line)]);
        return { mean: tf.layers.dense({ units: 64, activation: 'relu' }).apply(mean) };
      },
      onNote: () => {},
    }).flow('full', (task, x) => [task.repeated(x.mean)]);
  expect(await accuracy(declared())).toBeGreaterThan(0.95);
  expect(await accuracy(bag())).toBeLessThan(0.6);
});

test.each(['onnx', 'cpu', 'wasm'] as const)(
  '%s: dropout is a matter of the seed, and of training alone',
  async (engine) => {
    const rows = lines(20, 3);
    const weightsAfter = async (seed: number, dropout = 0.3) => {
      const project = declared({ ...small, dropout });
      await project.fit(rows, { ...quiet, batchSize: 10, epochs: 2, seed, engine });
      return JSON.stringify([project.weights(), await project.predict(rows, { engine })]);
    };
    const first = await weightsAfter(1);
    expect(await weightsAfter(1)).toBe(first);
    expect(await weightsAfter(2)).not.toBe(first);
    // Something was dropped.
    expect(await weightsAfter(1, 0)).not.toBe(first);
  },
);

test('each of its places of dropout draws by seed and step, and nothing in inference', async () => {
  const ids = Array.from({ length: 16 }, (_, row) =>
    Array.from({ length: 6 }, (__, t) => 1 + ((row * 7 + t * 3) % 11)),
  );
  const encoded = (dropout: number) =>
    probe(
      [6],
      6 * 8,
      (line) =>
        tf.layers
          .flatten()
          .apply(transformerEncoder({ ...small, vocabulary: VOCABULARY, dropout }).apply(line)) as tf.SymbolicTensor, // of one
    );
  const { feature } = await encoded(0.3);
  const first = await feature(ids, { seed: 7, counter: 3 });
  expect(await feature(ids, { seed: 7, counter: 3 })).toEqual(first);
  expect(await feature(ids, { seed: 7, counter: 4 })).not.toEqual(first);
  expect(await feature(ids, { seed: 8, counter: 3 })).not.toEqual(first);
  const inference = await feature(ids, 'inference');
  expect(inference).not.toEqual(first);
  expect(await feature(ids, 'inference')).toEqual(inference);
  // The same weights without dropout.
  expect(await (await encoded(0)).feature(ids, { seed: 7, counter: 3 })).toEqual(inference);
});

test('saved and loaded: the same weights and predictions, to the byte', async () => {
  const rows = lines(30, 4);
  const project = declared({ ...small, positions: 'sinusoidal', activation: 'relu' });
  await project.fit(rows, { ...quiet, epochs: 1, engine: 'cpu' });
  const folder = join(freshFolder(), 'model');
  await project.save(folder);
  const loaded = declared({ ...small, positions: 'sinusoidal', activation: 'relu' }, 9);
  await loaded.load(folder);
  expect(loaded.weights()).toEqual(project.weights());
  expect(await loaded.predict(rows, { engine: 'onnx' })).toEqual(await project.predict(rows, { engine: 'onnx' }));
  const other = declared({ ...small, heads: 4, positions: 'sinusoidal', activation: 'relu' });
  await expect(other.load(folder)).rejects.toMatchObject({ code: 'BACKBONE_MISMATCH' });
});

test('the first id of a vocabulary that is too small is named by its position', async () => {
  const rows = lines(4, 5).map((row, i) =>
    i === 2 ? { ...row, line: row.line.map((id, t) => (t === 1 ? 12 : id)) } : row,
  );
  for (const engine of ['onnx', 'cpu'] as const) {
    await expect(declared(small).fit(rows, { ...quiet, epochs: 1, engine })).rejects.toMatchObject({
      code: 'INDEX_OUT_OF_RANGE',
    });
  }
});

test('pathways mask units between the dense layers, and say what everybody has whole; extract cuts them out', async () => {
  const rows = lines(60, 6);
  const project = declared(small);
  await project.fit(rows, { ...quiet, epochs: 1, engine: 'cpu' });
  await project.pathways.assign({ data: rows, method: 'magnitude', sparsity: 0.5, granularity: 'unit', engine: 'cpu' });
  await project.fit(rows, { ...quiet, epochs: 1, engine: 'cpu' });
  const kernel = project.pathways.seenBy('repeated', 'backbone/encoder/block1/feedForward/first/kernel');
  expect(kernel?.filter((one) => one === 1).length).toBe(8 * 6);
  const whole = project.pathways.seenBy('repeated', 'backbone/encoder/block1/attention/query/kernel');
  expect(whole === null || whole.every((one) => one === 1)).toBe(true);
  const { project: cut } = await project.extract(['repeated'], { onNote: () => {} });
  const sizes = Object.entries(cut.weights()).map(([name, { shape }]) => `${name} ${shape.join()}`);
  expect(sizes).toContain('backbone/encoder/block1/feedForward/first/kernel 8,6');
  const [before, after] = [await project.predict(rows, { engine: 'cpu' }), await cut.predict(rows, { engine: 'cpu' })];
  expect(after.map((row) => Reflect.get(row, 'repeated'))).toEqual(before.map((row) => row.repeated));
});

test('two encoders of one backbone need two names', async () => {
  const twice = (names: readonly [string | undefined, string | undefined]) =>
    new Project({
      name: 'twice',
      inputs: { line: tensor({ shape: [4] }) },
      tasks: { a: binary() },
      backbone: ({ line }) => {
        const mask = tokenMask().apply(line);
        const encoded = names.map((name) =>
          transformerEncoder({ ...small, vocabulary: 5, ...(name === undefined ? {} : { name }) }).apply([line, mask]),
        );
        return { x: maskedMean().apply([tf.layers.concatenate().apply(encoded) as tf.SymbolicTensor, mask]) };
      },
      onNote: () => {},
    }).flow('full', (task, x) => [task.a(x.x)]);
  expect(() => twice([undefined, undefined]).model).toThrow(expect.objectContaining({ code: 'LAYER_NAME' }));
  const names = Object.keys(twice(['question', 'answer']).weights());
  expect(names.filter((name) => name.endsWith('tokens/embeddings'))).toEqual([
    'backbone/question/tokens/embeddings',
    'backbone/answer/tokens/embeddings',
  ]);
});

test.each(['onnx', 'cpu'] as const)(
  '%s: a fit on vectors: what stands where nothing is changes no byte of it',
  async (engine) => {
    const fitted = async (rubbish: number) => {
      const project = new Project({
        name: 'rides',
        inputs: { speed: tensor({ shape: [5, 2], axes: ['second', null] }), there: tensor({ shape: [5] }) },
        tasks: { far: binary(), brakes: along('second', binary()) },
        backbone: ({ speed, there }) => {
          const encoder = transformerEncoder({ ...small, positions: 'sinusoidal', dropout: 0.2 });
          const seconds = encoder.apply([speed, there]);
          return { seconds, ride: maskedMean().apply([seconds, there]) };
        },
        onNote: () => {},
      }).flow('full', (task, x) => {
        const far = task.far(x.ride);
        return [far, task.brakes(x.seconds).given(far)];
      });
      const rows = Array.from({ length: 24 }, (_, row) => {
        const drawn = uniforms({ seed: 8, stream: 'rides', counter: row }, 11);
        const length = Math.floor((drawn[10] ?? 0) * 6); // of some rows nothing is there
        const at = (i: number): number => drawn[i] ?? Number.NaN;
        return {
          speed: Array.from({ length: 5 }, (__, t) => (t < length ? [at(2 * t), at(2 * t + 1)] : [rubbish, -rubbish])),
          there: Array.from({ length: 5 }, (__, t) => Number(t < length)),
          far: length > 2,
          brakes: Array.from({ length: 5 }, (__, t) => (t < length ? at(2 * t) > 0.5 : null)),
        };
      });
      const { epochs } = await project.fit(rows, { ...quiet, batchSize: 7, epochs: 3, engine });
      const predictions = await project.predict(rows, { engine });
      const learnt = JSON.stringify([epochs.map(({ loss }) => loss), project.weights()]);
      expect(learnt).not.toContain('null'); // as JSON writes NaN
      return learnt + JSON.stringify(predictions);
    };
    const plain = await fitted(0);
    for (const rubbish of [1, -5e5, 3e38]) expect(await fitted(rubbish)).toBe(plain);
  },
);
