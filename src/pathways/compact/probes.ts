/** @file Rows on which a model and its compacted copy are compared. */
import { isContainer } from '../../model/layers.js';
import { normals, uniforms } from '../../random.js';
import { tf } from '../../tf.js';
import { elementsOf } from './weights.js';

/** Rows that are drawn; every layer runs on them in plain JavaScript. */
const ROWS = 4;
/** The size of an axis that a model leaves open. */
const OPEN = 8;

/**
 * One tensor for each input of the model: normal numbers; for what an embedding reads, rows of its table; whole numbers
 * from 0 to 255 for other inputs of type int32. The same for the same seed.
 */
export function drawProbes(model: tf.LayersModel, seed: number): tf.Tensor[] {
  return model.inputs.map((input, i) => {
    const [rows, ...sizes] = input.shape;
    const shape = [rows ?? ROWS, ...sizes.map((size) => size ?? OPEN)];
    const key = { seed, stream: `compaction probe ${i}`, counter: 0 };
    const count = elementsOf(shape);
    const table = rowsRead(input);
    if (table === null && input.dtype !== 'int32') return tf.tensor(normals(key, count), shape, 'float32');
    const below = table ?? 256;
    return tf.tensor(
      Int32Array.from(uniforms(key, count), (value) => Math.floor(value * below)),
      shape,
      input.dtype,
    );
  });
}

/** How many rows the smallest of the embeddings that read this tensor has; null where none does. */
function rowsRead(input: tf.SymbolicTensor): number | null {
  const sizes = input.sourceLayer.outboundNodes.flatMap((node) => {
    const layer = node.outboundLayer;
    const at = node.inputTensors.indexOf(input);
    if (at < 0) return [];
    if (isContainer(layer)) {
      const inner = layer.inputs[at];
      return inner === undefined ? [] : (rowsRead(inner) ?? []);
    }
    const name = layer.getClassName();
    if (name === 'MaskedPositions' && at === 0) return node.outputTensors.flatMap((kept) => rowsRead(kept) ?? []); // as they are
    return name === 'Embedding' ? Number(layer.getConfig().inputDim) : [];
  });
  return sizes.length === 0 ? null : Math.min(...sizes);
}

/** What a model gives, inference. */
export function outputsOf(model: tf.LayersModel, probes: readonly tf.Tensor[]): tf.Tensor[] {
  const [first, ...rest] = probes;
  if (first === undefined) throw new Error('a model without inputs');
  return [model.apply(rest.length === 0 ? first : [first, ...rest]) as tf.Tensor | tf.Tensor[]].flat(); // of tensors
}
