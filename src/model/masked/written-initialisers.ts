/** @file How layers of projections write their initialisers. */
import type { tf } from '../../tf.js';
import { serialised } from './tfjs-classes.js';
import type { Initialisers } from './transformer-parts.js';

/** `undefined` while the base class makes the layer and asks for the names of its options. */
export function writtenInitialisers(own: Initialisers | undefined): tf.serialization.ConfigDict {
  return {
    useBias: own?.bias !== null,
    kernelInitializer: own === undefined ? null : serialised(own.kernel),
    biasInitializer: own?.bias ? serialised(own.bias) : null,
  };
}
