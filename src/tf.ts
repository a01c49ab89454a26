/** @file The single place that imports TensorFlow.js: two copies in one process corrupt each other. */
import * as tf from '@tensorflow/tfjs';

// In Node the cpu backend greets its first tensor with an advertisement; it is noise on every line a user reads.
const entry = tf.engine().registryFactory.cpu;
if (entry !== undefined) {
  const make = entry.factory;
  entry.factory = () => {
    const backend = make();
    if ('firstUse' in backend) backend.firstUse = false;
    return backend;
  };
}

export { tf };
