/** @file An encoder as a step that gives its outputs and the gradients of all its weights, on any engine. */
import type { BatchTensors, HostTensor, HostTensors, Step } from '../../../src/engine/engine.js';
import { createEngine, type EngineName } from '../../../src/engine/select.js';
import { type LayerVariable, withBound } from '../../../src/model/binding.js';
import { layersInOrder } from '../../../src/model/layers.js';
import { transformerEncoder } from '../../../src/model/transformer/encoder.js';
import type { TransformerEncoderOptions } from '../../../src/model/transformer/options.js';
import { tf } from '../../../src/tf.js';

export interface EncoderCase {
  readonly options: TransformerEncoderOptions;
  /** Of ids without the batch, `[length]`; of vectors `[length, size]`. */
  readonly shape: readonly number[];
  /** Whether a mask is given beside the values. */
  readonly isMasked: boolean;
}

export interface EncoderStep {
  readonly model: tf.LayersModel;
  /** By name, as they were drawn. */
  readonly weights: HostTensors;
  /** Reads the batch's `values` and `mask`; gives `tokens`, `loss`, and of each weight `gradient/<name>`. */
  readonly step: Step;
}

/** The loss is the sum of output i times cos(i). */
export function encoderStep({ options, shape, isMasked }: EncoderCase): EncoderStep {
  const [x, mask] = [tf.input({ shape: [...shape] }), tf.input({ shape: [shape[0] ?? 0] })];
  const outputs = transformerEncoder(options).apply(isMasked ? [x, mask] : x);
  const model = tf.model({ inputs: isMasked ? [x, mask] : [x], outputs });
  // Reason for the assertion: tfjs-layers declares most of a LayerVariable as protected parts of its API.
  const variables = new Map(
    layersInOrder([outputs]).flatMap((layer) =>
      (layer.weights as unknown as LayerVariable[]).map(
        (variable) => [`${layer.name}/${variable.originalName.split('/').at(-1)}`, variable] as const,
      ),
    ),
  );
  const names = [...variables.keys()];
  const lossOf = (tokens: tf.Tensor): tf.Scalar =>
    tokens.mul(tf.range(0, tokens.size, 1, 'float32').cos().reshape(tokens.shape)).sum();
  const run: Step['run'] = ({ state, batch }) => {
    const given = [batch.values as tf.Tensor, ...(isMasked ? [batch.mask as tf.Tensor] : [])];
    const forward = (values: readonly tf.Tensor[]): tf.Tensor => {
      const bindings = [...variables.values()].map((variable, i) => ({ variable, tensor: values[i] as tf.Tensor }));
      return withBound(
        bindings,
        () => {},
        () => model.apply(given, { training: true }) as tf.Tensor, // of values, one output
      );
    };
    const weights = names.map((name) => state[name] as tf.Tensor);
    const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) => lossOf(forward(values)))(weights);
    const gradients = Object.fromEntries(names.map((name, i) => [`gradient/${name}`, grads[i] as tf.Tensor]));
    return { state: {}, outputs: { tokens: forward(weights), loss: value, ...gradients } };
  };
  const weights = Object.fromEntries(
    [...variables].map(([name, variable]): [string, HostTensor] => {
      const tensor = variable.read();
      return [name, { shape: tensor.shape, dtype: 'float32', data: tensor.dataSync<'float32'>() }];
    }),
  );
  return { model, weights, step: { name: 'encoder', run } };
}

/** One run of it. */
export async function runEncoder(
  name: EngineName,
  { step }: EncoderStep,
  weights: HostTensors,
  batch: BatchTensors,
): Promise<HostTensors> {
  const engine = await createEngine(name);
  const state = await engine.createState(weights);
  const compiled = engine.compile(step);
  try {
    return await compiled.run(state, batch, { seed: 1, counter: 0 });
  } finally {
    compiled.dispose();
    state.dispose();
  }
}
