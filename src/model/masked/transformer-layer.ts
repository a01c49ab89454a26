/** @file What encoder and decoder layers have in common: their options, their weights' masks, their dropout. */
import type { tf } from '../../tf.js';
import { maskedLayer } from './masked-layer.js';
import { type Initializer, PlainLayer } from './tfjs-classes.js';
import {
  type TransformerLayerConfig,
  type TransformerOptions,
  transformerOptions,
  writtenOptions,
} from './transformer-config.js';
import type { AddWeight, Dropping } from './transformer-parts.js';

export abstract class TransformerLayer
  extends maskedLayer<TransformerLayerConfig>(PlainLayer, { optional: true })
  implements Dropping
{
  dropoutFunc: Dropping['dropoutFunc'] = null;
  protected readonly options: TransformerOptions;

  constructor(config: TransformerLayerConfig) {
    super(config);
    this.options = transformerOptions(this.name, config);
  }

  /** Adds a weight that is trained. */
  protected readonly add: AddWeight = (name: string, shape: number[], initializer: Initializer) =>
    this.addWeight(name, shape, 'float32', initializer, undefined, true);

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...writtenOptions(this.options) };
  }
}
