import type { RowsApart } from '../../engine/layers/within.js';
import { flag } from '../../options.js';
import { tf } from '../../tf.js';
import { keepDataType, refuseUnknownOptions, tensorsIn } from './layer-config.js';

type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface FilterConfig extends LayerConfig {
  /** Whether it lets its input through. Default: true. */
  readonly isOn?: boolean;
}

/**
 * Its input while it is on, zeros of the same shape while it is off; then no gradient passes either. Whether it is on
 * is saved with the model.
 *
 * tfjs asks at each call. A Headgate project asks when a step is compiled: turn it before `fit`, not within one.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example
 * const filter = new FilterLayer({ isOn: false });
 * const output = filter.apply(tf.input({ shape: [8] }));
 * filter.turnOn();
 */
export class FilterLayer extends tf.layers.Layer implements RowsApart {
  static readonly className = 'FilterLayer';
  readonly treatsRowsApart = true;
  private on: boolean;

  constructor(config: FilterConfig = {}) {
    super(config);
    this.on = config.isOn === undefined ? true : flag.read(config.isOn, `${this.name}.isOn`);
    this.supportsMasking = true;
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  get isOn(): boolean {
    return this.on;
  }

  turnOn(): void {
    this.on = true;
  }

  turnOff(): void {
    this.on = false;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [input] = tensorsIn(inputs) as [tf.Tensor]; // the layer takes one tensor
    return this.on ? input : tf.zerosLike(input);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), isOn: this.on };
  }
}

tf.serialization.registerClass(FilterLayer);
