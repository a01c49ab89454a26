import type { RowsApart } from '../../engine/layers/within.js';
import { flag, number, wholeNumber } from '../../options.js';
import { tf } from '../../tf.js';
import { attend, broadcastMask, mergeHeads, splitHeads } from './attention.js';
import { keepDataType, refuseUnknownOptions, shapesIn, shapeText, tensorsIn, wrongShape } from './layer-config.js';
import { type Dropping, dropped } from './transformer-parts.js';

type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface DotProductAttentionConfig extends LayerConfig {
  /** Whether scores are scaled by 1/√d of one head. Default: true; Keras's `Attention` by default does not. */
  readonly scaled?: boolean;
  /** Into how many parts query, key and value are cut, each of which attends by itself. Default: 1. */
  readonly heads?: number;
  /** Share of attention weights dropped in training. Default: 0. */
  readonly dropout?: number;
  /** Whether the last of the inputs is an attention mask. Default: false. */
  readonly attentionMask?: boolean;
}

/**
 * softmax(Q Kᵀ / √d) V of the inputs `[query, key, value]`, in this order: `[batch, targets, d]`,
 * `[batch, sources, d]`, `[batch, sources, e]` -> `[batch, targets, e]`. It has no weights. Keras's `Attention` takes
 * `[query, value, key]`.
 *
 * With `attentionMask: true` one more input says where a target may attend: not 0, or 0 for not, `[batch, sources]`,
 * `[batch, targets, sources]` or `[batch, heads, targets, sources]`. A target that may attend to nothing gets zeros.
 *
 * @throws HeadgateError `WRONG_SHAPE` for other inputs, or when the heads do not divide d and e; `INVALID_OPTIONS`
 * @example
 * const [query, memory] = [tf.input({ shape: [8, 32] }), tf.input({ shape: [16, 32] })];
 * const attended = new DotProductAttention().apply([query, memory, memory]);
 */
export class DotProductAttention extends tf.layers.Layer implements Dropping, RowsApart {
  static readonly className = 'DotProductAttention';
  readonly treatsRowsApart = true;
  dropoutFunc: Dropping['dropoutFunc'] = null;
  private readonly scaled: boolean;
  private readonly heads: number;
  private readonly dropout: number;
  private readonly attentionMask: boolean;

  constructor(config: DotProductAttentionConfig = {}) {
    super(config);
    const at = (option: string): string => `${this.name}.${option}`;
    this.scaled = flag.read(config.scaled ?? true, at('scaled'));
    this.heads = wholeNumber({ least: 1 }).read(config.heads ?? 1, at('heads'));
    this.dropout = number({ least: 0, below: 1 }).read(config.dropout ?? 0, at('dropout'));
    this.attentionMask = flag.read(config.attentionMask ?? false, at('attentionMask'));
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const shapes = shapesIn(inputShape);
    const [query, key, value, mask] = shapes;
    const vectors = shapes.slice(0, 3);
    const isFitting = shapes.length === (this.attentionMask ? 4 : 3) && vectors.every((shape) => shape.length === 3);
    const isCut = [query, value].every((shape) => Number(shape?.[2]) % this.heads === 0);
    const isMasked = !this.attentionMask || mask?.at(-1) === key?.[1];
    if (isFitting && isCut && isMasked && query?.[2] === key?.[2] && key?.[1] === value?.[1]) {
      return [...(query ?? []).slice(0, 2), value?.[2] ?? null];
    }
    throw wrongShape(this, {
      problem: isFitting && !isCut ? 'the heads do not divide the sizes' : 'these are no query, key and value',
      expected: `[batch, targets, d], [batch, sources, d], [batch, sources, e]${this.heads === 1 ? '' : `, d and e multiples of ${this.heads}`}${this.attentionMask ? ', and an attention mask [batch, sources]' : ''}`,
      received: shapes.map(shapeText).join(', '),
    });
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    this.computeOutputShape(inputShape);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Parameters<tf.layers.Layer['call']>[1]): tf.Tensor {
    return tf.tidy(() => {
      const given = tensorsIn(inputs);
      const vectors = given.slice(0, 3) as [tf.Tensor, tf.Tensor, tf.Tensor]; // `build` has seen three
      const [query, key, value] = this.heads === 1 ? vectors : vectors.map((x) => splitHeads(x, this.heads));
      if (query === undefined || key === undefined || value === undefined) throw new Error('there are three');
      const mask = this.attentionMask ? given.at(-1) : undefined;
      const attended = attend(query, key, value, {
        scale: this.scaled ? 1 / Math.sqrt(query.shape.at(-1) ?? 1) : 1,
        mask: mask === undefined ? null : this.broadcast(mask.notEqual(0)),
        dropout: (weights) => dropped(this, weights, this.dropout, kwargs?.training === true),
      });
      return this.heads === 1 ? attended : mergeHeads(attended);
    });
  }

  /** A single head's scores have no axis of heads. */
  private broadcast(mask: tf.Tensor): tf.Tensor {
    if (this.heads > 1) return broadcastMask(mask);
    return mask.rank === 2 ? mask.expandDims(1) : mask;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { scaled, heads, dropout, attentionMask } = this;
    return { ...super.getConfig(), scaled, heads, dropout, attentionMask };
  }
}

tf.serialization.registerClass(DotProductAttention);
