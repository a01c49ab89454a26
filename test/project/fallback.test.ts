/** @file The fallback engine: the fit begins again from where it began, and everything that is said of it is true. */
import { expect, test } from 'vitest';
import { binary, type Note, Project, sgd, tf, vector } from '../../src/index.js';

/** Reads its data in inference only: training runs on `onnx`, the first validation does not. */
class Peek extends tf.layers.Layer {
  static className = 'HeadgateTestPeek';
  override call(inputs: tf.Tensor | tf.Tensor[], { training }: { training?: boolean }): tf.Tensor {
    const x = [inputs].flat()[0] as tf.Tensor;
    if (!training) x.dataSync();
    return x;
  }
}

function declared() {
  return new Project({
    name: 'fallback',
    inputs: { x: vector({ size: 3 }) },
    tasks: { open: binary() },
    backbone: ({ x }) => {
      const hidden = tf.layers.dense({ units: 4 }).apply(x);
      return { features: new Peek({}).apply(hidden) as tf.SymbolicTensor };
    },
  }).flow('full', (task, x) => [task.open(x.features)]);
}

const rows = Array.from({ length: 8 }, (_, i) => ({ x: [i % 3, i % 5, 1], open: i % 2 === 0 }));
const options = { epochs: 2, batchSize: 4, validation: rows, progress: false, optimizer: sgd({ learningRate: 0.1 }) };

test('a fit that falls back after an epoch goes on where it stopped: no step is taken twice, and the history says so', async () => {
  const project = declared();
  const asked: number[] = [];
  const learningRate = ({ step }: { step: number }) => {
    asked.push(step);
    return 0.1;
  };
  const heard: Note[] = [];
  const history = await project.fit(rows, {
    ...options,
    optimizer: sgd({ learningRate }),
    engine: 'onnx',
    fallback: 'cpu',
    onNote: (note) => heard.push(note),
  });
  expect(asked).toEqual([0, 1, 2, 3]);
  expect(history.steps).toBe(4);
  // What cpu alone would have said: the two engines agree to float32's roundings.
  const alone = await declared().fit(rows, { ...options, engine: 'cpu', onNote: () => {} });
  expect(history.epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
  for (const [i, { loss, validation }] of alone.epochs.entries()) {
    expect(history.epochs[i]?.loss).toBeCloseTo(loss, 5);
    expect(history.epochs[i]?.validation?.loss).toBeCloseTo(validation?.loss ?? Number.NaN, 5);
  }
  expect(heard).toEqual(history.notes);
  expect(heard).toEqual([
    {
      code: 'ENGINE_FALLBACK',
      path: expect.any(String),
      text: expect.stringMatching(/^DATA_READ_IN_STEP: .*"cpu"\.$/),
    },
  ]);
});

test('a prediction that falls back says so, each time', async () => {
  const project = declared();
  await project.fit(rows, { ...options, engine: 'cpu', onNote: () => {} });
  for (let i = 0; i < 2; i++) {
    const predictions = await project.predict(rows, { engine: 'onnx', fallback: 'cpu', onNote: () => {} });
    expect(predictions.notes.map(({ code }) => code)).toEqual(['ENGINE_FALLBACK']);
    expect(JSON.stringify(predictions)).toBe(JSON.stringify(await project.predict(rows, { engine: 'cpu' })));
  }
});
