/** @file What the camera is asked, and which question counts only when another one holds. */
import { binary, boundedRegression, classification, image, multilabel, Project, tf } from 'headgate';
import { characteristics, shirtTypes, side } from './generator.js';

/** A place or a length in pixels. */
const pixels = boundedRegression({ min: 0, max: side });

/**
 * @param seed of the initial weights
 * @param width of each layer, in parts of the usual one
 */
export const declareCamera = (seed = 0, width = 1) =>
  new Project({
    name: 'security-camera',
    seed,
    inputs: { frame: image({ height: side, width: side, channels: 3 }) },
    tasks: {
      cameraBlocked: binary(),
      doorOpen: binary(),
      doorLocked: binary(),
      personPresent: binary(),
      faceX1: pixels,
      faceY1: pixels,
      faceWidth: pixels,
      faceHeight: pixels,
      facialCharacteristics: multilabel({ classes: characteristics }),
      bodyX1: pixels,
      bodyY1: pixels,
      bodyWidth: pixels,
      bodyHeight: pixels,
      shirtType: classification({ classes: shirtTypes }),
    },
    backbone: ({ frame }) => {
      // 64×64 -> 16×16 -> 8×8. Flattened rather than averaged, so that the dense layers still know where a thing is.
      const patches = convolution(16 * width, 4, 4).apply(frame);
      const scene = tf.layers.flatten().apply(convolution(32 * width, 3, 2).apply(patches));
      return {
        features: dense(64 * width).apply(scene),
        faceLocalization: dense(32 * width).apply(scene),
        bodyLocalization: dense(32 * width).apply(scene),
      };
    },
  })
    .flow('faceRegression', (task, x) => [
      task.faceX1(x.faceLocalization),
      task.faceY1(x.faceLocalization),
      task.faceWidth(x.faceLocalization),
      task.faceHeight(x.faceLocalization),
      task.facialCharacteristics(x.features),
    ])
    .flow('bodyRegression', (task, x) => [
      task.bodyX1(x.bodyLocalization),
      task.bodyY1(x.bodyLocalization),
      task.bodyWidth(x.bodyLocalization),
      task.bodyHeight(x.bodyLocalization),
      task.shirtType(x.features),
    ])
    .flow('personRegression', (task, x) => [task.faceRegression(x), task.bodyRegression(x)])
    .flow('full', (task, x) => {
      const blocked = task.cameraBlocked(x.features);
      const open = task.doorOpen(x.features).given(blocked.not());
      const locked = task.doorLocked(x.features).given(open.not());
      const person = task.personPresent(x.features).given(open);
      return [blocked, open, locked, person, task.personRegression(x).given(person)];
    });

export const camera = declareCamera();

function convolution(filters: number, kernelSize: number, strides: number) {
  return tf.layers.conv2d({ filters, kernelSize, strides, padding: 'same', activation: 'relu' });
}

function dense(units: number) {
  // Unlike relu, elu never falls silent for good.
  return tf.layers.dense({ units, activation: 'elu' });
}
