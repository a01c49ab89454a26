/** @file Options of a layer that it does not have: tfjs passes them over, and what they were to do is lost. */
import { didYouMean, HeadgateError, listed, show } from '../../errors.js';
import { tf } from '../../tf.js';

/** Those of any layer; `customObjects` comes from tfjs's reader of files. */
const OF_ANY = [
  ...['name', 'trainable', 'dtype', 'inputShape', 'batchInputShape', 'batchSize', 'inputDType', 'inputDim', 'weights'],
  ...['updatable', 'customObjects'],
];

/**
 * @param layer the layer made with `config`: it has the options that its own `getConfig` names
 * @throws HeadgateError `INVALID_OPTIONS` at `layer.option`
 */
export function refuseUnknownOptions(layer: tf.layers.Layer, config: object): void {
  const own = Object.keys(layer.getConfig());
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined || value === null || own.includes(name) || OF_ANY.includes(name)) continue;
    throw new HeadgateError({
      code: 'INVALID_OPTIONS',
      path: `${layer.name}.${name}`,
      problem: `${layer.getClassName()} has no option ${show(name)}`,
      expected: `some of: ${listed([...own].sort())}`,
      received: show(value),
      suggestion: didYouMean(name, own),
    });
  }
}

/** tfjs keeps the data type of layers that have an input shape alone; `getConfig` of the others would lose it. */
export function keepDataType(layer: tf.layers.Layer, config: { readonly dtype?: tf.DataType | undefined }): void {
  if (config.dtype !== undefined && (layer.dtype ?? undefined) === undefined) layer.dtype = config.dtype;
}

/** `build`, `call` and `computeOutputShape` are given one thing or a list of them: always a list. */
export function shapesIn(shape: tf.Shape | tf.Shape[]): tf.Shape[] {
  const isList = (given: tf.Shape | tf.Shape[]): given is tf.Shape[] => Array.isArray(given[0]);
  return isList(shape) ? shape : [shape];
}

export function tensorsIn(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
  return inputs instanceof tf.Tensor ? [inputs] : inputs;
}

/** `[batch, 3, 4]`. */
export const shapeText = (shape: readonly (number | null)[]): string =>
  `[${shape.map((size) => size ?? 'batch').join(', ')}]`;

export function wrongShape(
  layer: tf.layers.Layer,
  facts: { readonly problem: string; readonly expected: string; readonly received: string; readonly mend?: string },
): HeadgateError {
  return new HeadgateError({ code: 'WRONG_SHAPE', path: layer.name, ...facts });
}
