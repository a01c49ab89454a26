import type { RowsApart } from '../../engine/layers/within.js';
import { wholeNumber } from '../../options.js';
import { tf } from '../../tf.js';
import { keepDataType, refuseUnknownOptions, shapesIn, shapeText, tensorsIn, wrongShape } from './layer-config.js';

type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface SelectorConfig extends LayerConfig {
  /** Which of the inputs, from 0 on. */
  readonly index: number;
}

/**
 * One of several inputs, as it is: one task's features out of a Multi layer's list.
 *
 * @throws HeadgateError `INVALID_OPTIONS` for an index that is no whole number from 0 on, `WRONG_SHAPE` when it is given
 *   fewer inputs than that
 * @example
 * const inputs = [tf.input({ shape: [8] }), tf.input({ shape: [8] })];
 * const second = new SelectorLayer({ index: 1 }).apply(new MultiMaskedDense({ units: 4 }).apply(inputs));
 */
export class SelectorLayer extends tf.layers.Layer implements RowsApart {
  static readonly className = 'SelectorLayer';
  readonly treatsRowsApart = true;
  private readonly index: number;

  constructor(config: SelectorConfig) {
    super(config);
    this.index = wholeNumber({ least: 0 }).read(config.index, `${this.name}.index`);
    this.supportsMasking = true;
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const shapes = shapesIn(inputShape);
    const selected = shapes[this.index];
    if (selected !== undefined) return selected;
    throw wrongShape(this, {
      problem: 'the selector has no input of its index',
      expected: `at least ${this.index + 1} inputs, for index ${this.index}`,
      received: shapes.map(shapeText).join(', '),
    });
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tensorsIn(inputs)[this.index] as tf.Tensor; // `computeOutputShape` and `build` have seen that it is there
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    this.computeOutputShape(inputShape);
    super.build(inputShape);
  }

  override computeMask(_inputs: tf.Tensor | tf.Tensor[], mask?: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return ([mask ?? []].flat()[this.index] ?? null) as tf.Tensor; // tfjs reads null as none
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), index: this.index };
  }
}

tf.serialization.registerClass(SelectorLayer);
