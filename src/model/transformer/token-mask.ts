import type { RowsApart } from '../../engine/layers/within.js';
import { number, optional, readOptions, text, wholeNumber, withDefault } from '../../options.js';
import { tf } from '../../tf.js';
import { keepDataType, refuseUnknownOptions, tensorsIn } from '../masked/layer-config.js';
import { applied, type Composed } from './composed.js';

type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface TokenMaskConfig extends LayerConfig {
  /** The id that fills up short rows. Default: 0. */
  readonly padding?: number;
}

/**
 * Which positions are there: of ids `[batch, length]` 1 where the id is not `padding`, else 0, as float32.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example
 * const mask = new TokenMask({ padding: 0 }).apply(tf.input({ shape: [64] }));
 */
export class TokenMask extends tf.layers.Layer implements RowsApart {
  static readonly className = 'TokenMask';
  readonly treatsRowsApart = true;
  private readonly padding: number;

  constructor(config: TokenMaskConfig = {}) {
    super(config);
    this.padding = number().read(config.padding ?? 0, `${this.name}.padding`);
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const [ids] = tensorsIn(inputs) as [tf.Tensor]; // the layer takes one tensor
      return ids.cast('float32').notEqual(this.padding).cast('float32');
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), padding: this.padding };
  }
}

tf.serialization.registerClass(TokenMask);

export interface TokenMaskOptions {
  /** Of the layer. */
  readonly name?: string | undefined;
  /** The id that fills up short rows. Default: 0. */
  readonly padding?: number | undefined;
}

/**
 * Which positions of ids `[batch, length]` are there: 1 where the id is not `padding`, else 0, `[batch, length]`.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example
 * const mask = tokenMask({ padding: 0 }).apply(tf.input({ shape: [64] }));
 */
export function tokenMask(options: TokenMaskOptions = {}): Composed<tf.SymbolicTensor> {
  const { name, padding } = readOptions(
    'tokenMask',
    { name: optional(text), padding: withDefault(wholeNumber({ least: 0 }), 0) },
    options,
  );
  const layer = new TokenMask({ padding, ...(name === undefined ? {} : { name }) });
  return { apply: (ids) => applied(layer, ids) };
}
