/** @file The base of initialisers that tfjs does not have. */
import type { tf } from '../../tf.js';
import { initializerBase } from '../masked/tfjs-classes.js';

export abstract class OwnInitializer extends initializerBase {
  /** tfjs's reader of files hands its custom objects on among the options. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    { customObjects: _, ...config }: tf.serialization.ConfigDict,
  ): T {
    return new cls(config);
  }
}

/** The seed of a draw: the given one, else by chance, which is the project's seed while a project draws its weights. */
export function seedOf(given: number | undefined): number {
  return given ?? Math.floor(Math.random() * 2 ** 32);
}
