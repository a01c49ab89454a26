/** @file The configuration of a layer with fewer units. */
import { GIVEN_VALUES } from '../../model/initialisers/name.js';
import type { tf } from '../../tf.js';

type Layer = tf.layers.Layer;
export type Configuration = Record<string, unknown>;

/** By class, the setting that says how many units a layer makes; null for those that make as many as they read. */
const SIZES: ReadonlyMap<string, string | null> = new Map(
  Object.entries({
    Dense: 'units',
    DropConnectDense: 'units',
    Embedding: 'outputDim',
    Conv1D: 'filters',
    Conv2D: 'filters',
    Conv3D: 'filters',
    Conv2DTranspose: 'filters',
    Conv3DTranspose: 'filters',
    SeparableConv2D: 'filters',
    DepthwiseConv2D: null,
    SimpleRNN: 'units',
    GRU: 'units',
    LSTM: 'units',
    ConvLSTM2D: 'filters',
  }),
);

/** Settings that tfjs leaves out of the configuration of a layer, or gives wrongly; the layer holds them by these names. */
const LEFT_OUT: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    Conv1D: ['dataFormat'],
    DepthwiseConv2D: ['depthwiseConstraint'],
    SeparableConv2D: ['depthMultiplier', 'depthwiseConstraint', 'pointwiseConstraint'],
    UpSampling2D: ['interpolation'],
  }),
);

/** Whether a layer that makes units can be rebuilt with fewer. */
export const canResize = (layer: Layer): boolean => SIZES.has(layer.getClassName());

export interface Resize {
  /** How many units it makes now. */
  readonly units: number | null;
  /** It needs a bias that it had not. */
  readonly needsBias: boolean;
  /** Of a reshaping layer, how many channels there are now along which axis of its output. */
  readonly channels: { readonly axis: number; readonly size: number } | null;
}

export function resizedConfiguration(layer: Layer, { units, needsBias, channels }: Resize): Configuration {
  const config: Configuration = { ...layer.getConfig() };
  // What it reads says so itself.
  delete config.batchInputShape;
  for (const name of LEFT_OUT.get(layer.getClassName()) ?? []) config[name] = Reflect.get(layer, name);
  const size = SIZES.get(layer.getClassName());
  if (units !== null && size) config[size] = units;
  if (needsBias) config.useBias = true;
  for (const [name, value] of Object.entries(config)) if (isOfOneShape(value)) config[name] = 'zeros';
  const { targetShape } = config;
  if (channels !== null && Array.isArray(targetShape)) {
    config.targetShape = targetShape.map((old: unknown, i) => (i === channels.axis - 1 ? channels.size : old));
  }
  return config;
}

/** An initialiser that gives one shape alone. What it gave is among the weights that are moved. */
function isOfOneShape(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Reflect.get(value, 'className') === GIVEN_VALUES;
}
