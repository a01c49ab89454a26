/**
 * @file The project of `test/fixtures/saved-0.1.0`, for whichever version of Headgate it is given. Its backbone, flow
 * and options may not change: the folder was written by the code of 0.1.0 (d9e0ebe).
 */
type Headgate = Pick<
  typeof import('../../src/index.js'),
  'Project' | 'binary' | 'boundedRegression' | 'classification' | 'image' | 'multilabel' | 'regression' | 'tf'
>;

export const tuned = ['blocked', 'person.present', 'person.traits', 'person.talks'] as const;

export function savedProject(headgate: Headgate) {
  const { Project, binary, boundedRegression, classification, image, multilabel, regression, tf } = headgate;
  const apply = (layer: { apply(x: unknown): unknown }, x: unknown): ReturnType<typeof tf.input> =>
    layer.apply(x) as ReturnType<typeof tf.input>; // of one symbolic input
  return new Project({
    name: 'saved',
    inputs: { frame: image({ height: 8, width: 8, channels: 1 }) },
    // Options whose losses differ, so that heads do not lie in the order of the flow.
    tasks: {
      blocked: binary(),
      present: binary({ positiveWeight: 2 }),
      talks: binary({ weight: 3 }),
      shirt: classification({ classes: ['red', 'green', 'blue'] }),
      hat: classification({ classes: ['none', 'cap', 'straw'], labelSmoothing: 0.1 }),
      shoes: classification({ classes: ['a', 'b', 'c'] }),
      traits: multilabel({ classes: ['beard', 'glasses'], focal: { gamma: 2 } }),
      age: regression({ loss: 'huber', delta: 5, standardise: { mean: 30, deviation: 10 } }),
      weight: regression({ standardise: { mean: 70, deviation: 15 } }),
      height: regression({ loss: 'huber', delta: 0.5 }),
      faceX: boundedRegression({ min: 0, max: 8 }),
    },
    backbone: ({ frame }) => {
      const seen = [
        tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, activation: 'relu' }),
        tf.layers.batchNormalization(),
        tf.layers.dropout({ rate: 0.2 }),
        tf.layers.flatten(),
      ].reduce((at, layer) => apply(layer, at), frame as ReturnType<typeof tf.input>);
      const shared = apply(tf.layers.dense({ units: 8, activation: 'tanh' }), seen);
      const nested = tf.sequential({
        layers: [
          tf.layers.dense({ units: 6, activation: 'relu', inputShape: [8] }),
          tf.layers.dense({ units: 5, name: 'neck' }),
        ],
      });
      return { scene: shared, body: apply(nested as never, shared) };
    },
  })
    .flow('person', (task, x) => {
      const present = task.present(x.body);
      return [
        present,
        task.shirt(x.body).given(present),
        task.hat(x.body).given(present),
        task.shoes(x.scene).given(present),
        task.traits(x.body).given(present),
        task.age(x.body).given(present),
        task.weight(x.body).given(present),
        task.height(x.body).given(present),
        task.faceX(x.body).given(present),
        task.talks(x.body).given(present),
      ];
    })
    .flow('full', (task, x) => {
      const blocked = task.blocked(x.scene);
      return [blocked, task.person(x).given(blocked.not())];
    });
}

const choose = <T>(values: readonly T[], i: number): T => values[i % values.length] as T; // the remainder is within

export const savedRows = Array.from({ length: 24 }, (_, i) => ({
  frame: Uint8Array.from({ length: 64 }, (_, j) => (i * 37 + j * j * 11 + ((i * j) % 13) * 9) % 256),
  blocked: i % 4 === 0,
  present: i % 3 > 0,
  talks: i % 5 > 2,
  shirt: choose(['red', 'green', 'blue'], i),
  hat: choose(['none', 'cap', 'straw', 'cap'], i),
  shoes: choose(['c', 'a', 'b', 'b', 'a'], i),
  traits: choose([['beard'], [], ['beard', 'glasses'], ['glasses']], i),
  age: 20 + i,
  weight: 60 + ((i * 7) % 30),
  height: 1.5 + (i % 5) / 10,
  faceX: (i * 5) % 8,
}));
