/** @file Every layer of this folder by class name. Importing it registers them all. */
import { DotProductAttention } from './dot-product-attention.js';
import { DropConnectDense } from './drop-connect-dense.js';
import { FilterLayer } from './filter-layer.js';
import { MaskedConv1D } from './masked-conv1d.js';
import { MaskedConv2D } from './masked-conv2d.js';
import { MaskedConv2DTranspose } from './masked-conv2d-transpose.js';
import { MaskedConv3D } from './masked-conv3d.js';
import { MaskedDense } from './masked-dense.js';
import { MaskedDepthwiseConv2D } from './masked-depthwise-conv2d.js';
import { MaskedMultiHeadAttention } from './masked-multi-head-attention.js';
import { MaskedTransformerDecoderLayer } from './masked-transformer-decoder-layer.js';
import { MaskedTransformerEncoderLayer } from './masked-transformer-encoder-layer.js';
import { MultiConv2D } from './multi-conv2d.js';
import { MultiConv3D } from './multi-conv3d.js';
import { MultiDense } from './multi-dense.js';
import { MultiMaskedConv2D } from './multi-masked-conv2d.js';
import { MultiMaskedConv3D } from './multi-masked-conv3d.js';
import { MultiMaskedDense } from './multi-masked-dense.js';
import { MultiMaxPool2D } from './multi-max-pool2d.js';
import { MultiMaxPool3D } from './multi-max-pool3d.js';
import { MultitaskNormalization } from './multitask-normalization.js';
import { PositionalEncoding } from './positional-encoding.js';
import { SelectorLayer } from './selector-layer.js';
import { SumLayer } from './sum-layer.js';

const layers = {
  DotProductAttention,
  DropConnectDense,
  FilterLayer,
  MaskedConv1D,
  MaskedConv2D,
  MaskedConv2DTranspose,
  MaskedConv3D,
  MaskedDense,
  MaskedDepthwiseConv2D,
  MaskedMultiHeadAttention,
  MaskedTransformerDecoderLayer,
  MaskedTransformerEncoderLayer,
  MultiConv2D,
  MultiConv3D,
  MultiDense,
  MultiMaskedConv2D,
  MultiMaskedConv3D,
  MultiMaskedDense,
  MultiMaxPool2D,
  MultiMaxPool3D,
  MultitaskNormalization,
  PositionalEncoding,
  SelectorLayer,
  SumLayer,
} as const;

/**
 * Every layer class by name. They are registered already, so that `tf.loadLayersModel` needs no such list; it is for
 * programs that look one up.
 */
export function getCustomObjects(): Readonly<typeof layers> {
  return Object.freeze({ ...layers });
}
