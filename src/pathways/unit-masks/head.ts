/** @file A new head that answers one question, is it this class or not, from what the task reads, through the mask. */
import type { HostTensors, Tensors } from '../../engine/engine.js';
import type { ForwardArguments, Network } from '../../model/network.js';
import { uniforms } from '../../random.js';
import { softmaxCrossEntropy } from '../../tasks/losses/softmax-cross-entropy.js';
import { tf } from '../../tf.js';
import { type MaskableUnits, rowFactors, withEnds } from './maskable.js';
import type { Question } from './question.js';

export interface NewHead {
  readonly question: Question;
  /** Of the loss of rows whose answer is no, and of those whose answer is yes. */
  readonly weights: readonly [no: number, yes: number];
  /** Its first values, by their names in the state. */
  readonly tensors: HostTensors;
}

const KERNEL = 'unitMasks/head/kernel';
const BIAS = 'unitMasks/head/bias';

/** A softmax of no and yes: a kernel `[size, 2]` by Glorot and Bengio (2010), and a bias of zeros. */
export function newHeadTensors(size: number, seed: number): HostTensors {
  const limit = Math.sqrt(6 / (size + 2));
  const data = uniforms({ seed, stream: 'unitMasks/head', counter: 0 }, size * 2).map((u) => limit * (2 * u - 1));
  return {
    [KERNEL]: { shape: [size, 2], dtype: 'float32', data },
    [BIAS]: { shape: [2], dtype: 'float32', data: new Float32Array(2) },
  };
}

export interface SeenArguments extends Omit<ForwardArguments, 'random'> {
  readonly network: Pick<Network, 'probe' | 'features'>;
  readonly maskable: MaskableUnits;
  /** `[units]` */
  readonly unitMask: tf.Tensor;
}

/** Logits of no and yes, `[instances, 2]`. */
export function answerLogits({ question }: Pick<NewHead, 'question'>, seen: SeenArguments): tf.Tensor2D {
  const { network, maskable, unitMask, state } = seen;
  const { feature } = question.slot.task;
  const symbol = network.features.get(feature);
  const rows = maskable.features.get(feature);
  if (symbol === undefined || rows === undefined) throw new Error(`the backbone gave no ${feature}`);
  const [value] = network.probe([symbol], seen);
  if (value === undefined) throw new Error(`the trunk gave no ${feature}`);
  const instances = value.reshape<tf.Tensor2D>([-1, rows.places.length]);
  const kernel = own(state, KERNEL).mul<tf.Tensor2D>(rowFactors(rows, withEnds(unitMask), 2));
  return instances.matMul<tf.Tensor2D>(kernel).add(own(state, BIAS));
}

/** Answers that count, `[rows, layout.width]` -> scalar: one element of a label answers, whatever else counts of it. */
export function answersCounted({ question }: Pick<NewHead, 'question'>, mask: tf.Tensor2D): tf.Tensor {
  return elementOf(question, mask).sum();
}

/**
 * Σ over these rows of weight × cross-entropy, divided by the answers of the whole batch that count; scalar.
 *
 * @param count scalar, of the whole batch
 */
export function answerLoss(
  head: NewHead,
  seen: SeenArguments,
  { targets, mask }: { readonly targets: tf.Tensor2D; readonly mask: tf.Tensor2D },
  count: tf.Tensor,
): tf.Tensor {
  const { question, weights } = head;
  const yes = elementOf(question, targets).equal(question.value).cast('float32');
  const hot = yes
    .neg()
    .add(1)
    .concat(yes, 1)
    .mul(tf.tensor1d([...weights]));
  const losses = softmaxCrossEntropy(answerLogits(head, seen), hot);
  const counted = tf.where(elementOf(question, mask).greater(0), losses, tf.zerosLike(losses));
  return counted.sum().div(count.maximum(1));
}

/** The element that answers, `[rows, layout.width]` -> `[instances, 1]`. */
function elementOf({ slot, element }: Question, matrix: tf.Tensor2D): tf.Tensor {
  return matrix.slice([0, slot.offset], [-1, slot.columns]).reshape([-1, slot.width]).slice([0, element], [-1, 1]);
}

function own(tensors: Tensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the masks’ step was not given ${name}`);
  return tensor;
}
