/** @file The idea behind every masked layer: a layer of tfjs that reads its kernels and biases times 0/1 masks. */
import type { RowsApart } from '../../engine/layers/within.js';
import { tf } from '../../tf.js';
import { assign } from '../binding.js';
import { keepDataType, refuseUnknownOptions } from './layer-config.js';
import { invalidMask, type MaskLike, maskOf } from './mask-values.js';
import {
  type ClassOf,
  type Constraint,
  type Initializer,
  type InitializerIdentifier,
  initializerOf,
  type LayerClass,
  type Regularizer,
  serialised,
} from './tfjs-classes.js';
import { effectiveWeight, viewOf, withMembers } from './weight-view.js';

/** A weight and the mask that it is multiplied by, of one shape. */
export interface MaskedWeight {
  /** `kernel`, `bias`; the mask is called `kernel_mask`. */
  readonly name: string;
  readonly weight: tf.LayerVariable;
  readonly mask: tf.LayerVariable;
}

export interface MaskedLayer extends tf.layers.Layer, RowsApart {
  /** In the order of `setMasks`; empty before the layer is built. */
  readonly maskedWeights: readonly MaskedWeight[];
  /**
   * Replaces the masks and sets the stored weights under them to 0. A position that the mask before kept out and this
   * one keeps begins at 0.
   *
   * @param masks one for each of `maskedWeights`, kernels before their biases: 0 and 1, of the weight's shape
   * @throws HeadgateError `INVALID_MASK` for another number of masks, another shape or other values; none is changed then
   */
  setMasks(masks: readonly MaskLike[]): void;
}

export interface MaskConfig {
  /** How masks begin. Default: `'ones'`, nothing is masked. */
  readonly maskInitializer?: InitializerIdentifier;
  readonly dtype?: tf.DataType;
}

/** Of layers that no plain layer of tfjs stands for without masks. */
export interface OptionalMaskConfig extends MaskConfig {
  /** False for the same layer without masks. Default: true. */
  readonly masked?: boolean;
}

export type MaskedLayerClass<Config> = ClassOf<Config, MaskedLayer>;

/** The scales and offsets of normalisation are not masked: without one a channel would be dead. */
const MASKED_NAMES = /(^|_)(kernel|bias)$/;

/**
 * `Base` with a mask for each kernel and bias that it adds: a weight that no optimizer trains, float32, named after
 * what it masks. The layer computes with weight ⊙ mask alone, so that masked entries have a gradient of exactly 0, also
 * from regularisers.
 *
 * @param optional whether the layer has the option `masked`
 */
export function maskedLayer<Config extends OptionalMaskConfig>(
  Base: LayerClass,
  { optional = false }: { readonly optional?: boolean } = {},
): MaskedLayerClass<Config> {
  return class extends Base implements MaskedLayer {
    readonly treatsRowsApart = true;
    readonly maskedWeights: MaskedWeight[] = [];
    private readonly maskInitializer: Initializer;
    private readonly masked: boolean;

    constructor(config: Config) {
      const { maskInitializer = 'ones', masked = true, ...own } = config;
      super(own);
      this.maskInitializer = initializerOf(maskInitializer);
      this.masked = masked || !optional;
      keepDataType(this, config);
      refuseUnknownOptions(this, config);
    }

    protected override addWeight(
      name: string,
      shape: tf.Shape,
      dtype?: tf.DataType,
      initializer?: Initializer,
      regularizer?: Regularizer,
      trainable = true,
      constraint?: Constraint,
    ): tf.LayerVariable {
      const isMasked = this.masked && trainable && MASKED_NAMES.test(name);
      let mask: tf.LayerVariable | undefined;
      // The penalty is on what the layer computes with: one on stored values would have a gradient under the mask.
      const onEffective = (value: tf.Tensor): tf.Scalar => {
        if (regularizer === undefined || mask === undefined) throw new Error(`${name} has no regulariser and mask`);
        return regularizer.apply(value.mul(mask.read()));
      };
      const penalty = isMasked && regularizer ? withMembers(regularizer, { apply: onEffective }) : regularizer;
      const weight = super.addWeight(name, shape, dtype, initializer, penalty, trainable, constraint);
      if (!isMasked) return weight;
      const added = super.addWeight(`${name}_mask`, shape, 'float32', this.maskInitializer, undefined, false);
      mask = added;
      this.maskedWeights.push({ name, weight, mask });
      return viewOf(weight, () => effectiveWeight(weight, added));
    }

    setMasks(masks: readonly MaskLike[]): void {
      const names = this.maskedWeights.map(({ name }) => name);
      if (masks.length !== names.length || !this.built) {
        const known = names.length === 0 ? 'no masks: it has none' : `a mask for each of: ${names.join(', ')}`;
        const expected = this.built ? known : 'a layer that is built';
        throw invalidMask(this.name, 'the masks do not fit the layer', expected, `${masks.length} masks`);
      }
      tf.tidy(() => {
        const pairs = this.maskedWeights.map((one, i) => ({
          ...one,
          value: maskOf(masks[i] ?? [], one.weight.shape.map(Number), `${this.name}.${one.name}_mask`),
        }));
        for (const { weight, mask, value } of pairs) {
          assign(weight, weight.read().mul(value));
          assign(mask, value);
        }
      });
    }

    override getConfig(): tf.serialization.ConfigDict {
      const config = { ...super.getConfig(), maskInitializer: serialised(this.maskInitializer) };
      return optional ? { ...config, masked: this.masked } : config;
    }
  };
}

/** By what it has, so that layers of another copy of this package count, too. */
export function isMaskedLayer(layer: tf.layers.Layer): layer is MaskedLayer {
  return 'maskedWeights' in layer && 'setMasks' in layer;
}
