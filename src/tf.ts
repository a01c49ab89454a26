/** @file The single place that imports TensorFlow.js: two copies in one process corrupt each other. */
import * as tf from '@tensorflow/tfjs';

// tfjs greets Node users with an advertisement on the first tensor; it is noise on every line a user reads.
const cpu: unknown = tf.findBackend('cpu');
if (typeof cpu === 'object' && cpu !== null && 'firstUse' in cpu) cpu.firstUse = false;

export { tf };
