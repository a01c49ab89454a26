/** @file Classes of tfjs that it registers by name and does not export. */
import { tf } from '../../tf.js';

export type Initializer = ReturnType<typeof tf.initializers.ones>;
export type Regularizer = ReturnType<typeof tf.regularizers.l2>;
export type Constraint = ReturnType<typeof tf.constraints.nonNeg>;

/** What stands for an initialiser in a layer's configuration: a name, an object, or what `getConfig` made of one. */
export type InitializerIdentifier = NonNullable<Parameters<typeof tf.layers.dense>[0]['kernelInitializer']>;
/** The name of an activation, or an activation. */
export type ActivationIdentifier = NonNullable<Parameters<typeof tf.layers.dense>[0]['activation']>;

interface SerialisedObject {
  readonly className: string;
  readonly config: object;
}

/** A layer class as `new` takes it. */
export type LayerClass = ClassOf<object, tf.layers.Layer>;

/** A class that tfjs can register. */
export interface ClassOf<Config, Layer> {
  new (config: Config): Layer;
  readonly fromConfig: typeof tf.layers.Layer.fromConfig;
}

function registered(className: string): new (config: object) => tf.serialization.Serializable {
  const [found] = tf.serialization.SerializationMap.getMap().classNameMap[className] ?? [];
  if (found === undefined) throw new Error(`tfjs has no class ${className}`);
  return found;
}

/** A layer class of tfjs, such as `Dense`, to be extended: what the layer computes and may be told stays tfjs's own. */
export function layerClass(className: string): LayerClass {
  return registered(className) as unknown as LayerClass; // the caller names a layer
}

/** The base class of layers, which is abstract in its types alone. */
export const PlainLayer = tf.layers.Layer as unknown as LayerClass;

/**
 * A class to extend for an initialiser of one's own: tfjs takes nothing else for one, and exports no base class. What it
 * draws and writes is to be overridden.
 */
export const initializerBase = registered('Zeros') as unknown as {
  new (): Initializer; // it takes nothing
  readonly fromConfig: typeof tf.serialization.Serializable.fromConfig;
};

/** As tfjs reads `kernelInitializer`. */
export function initializerOf(identifier: InitializerIdentifier): Initializer {
  if (typeof identifier === 'string') {
    return new (registered(identifier.charAt(0).toUpperCase() + identifier.slice(1)))({}) as Initializer; // so named
  }
  if ('apply' in identifier && typeof identifier.apply === 'function') return identifier as Initializer; // it is one
  const { className, config } = identifier as unknown as SerialisedObject; // so tfjs reads it, too
  return new (registered(className))(config) as Initializer; // so named
}

/** How tfjs writes an object with a configuration. */
export function serialised(object: tf.serialization.Serializable): tf.serialization.ConfigDict {
  return { className: object.getClassName(), config: object.getConfig() };
}

export interface Activation extends tf.serialization.Serializable {
  apply(x: tf.Tensor): tf.Tensor;
}

/** As tfjs reads `activation`. */
export function activationOf(identifier: ActivationIdentifier): Activation {
  if (typeof identifier !== 'string') return identifier as unknown as Activation; // it is one
  return new (registered(identifier))({}) as Activation; // so named
}
