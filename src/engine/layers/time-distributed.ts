/**
 * @file timeDistributed as one call over `[batch × steps, …]`. tfjs calls the layer once a step, so that a compiled step
 * grew with the length of the sequence.
 */
import { tf } from '../../tf.js';
import type { Call } from './call.js';
import { layersWithin, saysRowsApart } from './within.js';

/** Those that tfjs itself brings; only of them is it known that they treat rows apart. */
const KNOWN = new Set(Object.keys(tf.serialization.SerializationMap.getMap().classNameMap));

export function timeDistributed(original: Call): Call {
  return function call(this: tf.layers.Layer, inputs, kwargs) {
    const inner = Reflect.get(this, 'layer') as tf.layers.Layer; // what the wrapper wraps
    if (!treatsRowsApart(inner)) return original.call(this, inputs, kwargs);
    return tf.tidy(() => {
      const x = [inputs].flat()[0] as tf.Tensor; // the layer takes one tensor
      const [batch = 0, steps = 0, ...rest] = x.shape;
      const y = [inner.call(x.reshape([batch * steps, ...rest]), kwargs)].flat()[0] as tf.Tensor; // and gives one
      return y.reshape([batch, steps, ...y.shape.slice(1)]);
    });
  };
}

/** Statistics over rows, states from call to call and noise of a given shape would come out otherwise. */
function treatsRowsApart(layer: tf.layers.Layer): boolean {
  return layersWithin(layer).every((one) => {
    const name = one.getClassName();
    if (!(KNOWN.has(name) || saysRowsApart(one)) || name === 'BatchNormalization') return false;
    return Reflect.get(one, 'stateful') !== true && !Reflect.get(one, 'noiseShape');
  });
}
