/**
 * @file `headgate/layers`: the layers that Headgate adds to TensorFlow.js, and what prunes models of them. Importing it
 * registers them, so that plain `tf.loadLayersModel` reads a model that was written with them.
 */
export type { NestedNumbers } from '../model/initialisers/given-values.js';
export { initializers } from '../model/initialisers/initializers.js';
export type { SparanaXavierOptions } from '../model/initialisers/scaled-normal.js';
export type { BlockSparseOptions, SparseOptions } from '../model/initialisers/sparse.js';
export {
  type AddLayerMasksOptions,
  addLayerMasks,
  removeLayerMasks,
} from '../model/masked/convert-layers.js';
export { getCustomObjects } from '../model/masked/custom-objects.js';
export { DotProductAttention, type DotProductAttentionConfig } from '../model/masked/dot-product-attention.js';
export { DropConnectDense, type DropConnectDenseConfig } from '../model/masked/drop-connect-dense.js';
export { type FilterConfig, FilterLayer } from '../model/masked/filter-layer.js';
export type {
  MannConvolutionConfig,
  MannDenseConfig,
  MaskedConvolutionConfig,
  MaskedDenseConfig,
  MaskedDepthwiseConfig,
} from '../model/masked/mann-defaults.js';
export { type MaskModelOptions, type MaskTaskOptions, maskModel, maskTask } from '../model/masked/mask-model.js';
export type { GradientOptions, Loss } from '../model/masked/mask-scores.js';
export type { MaskLike } from '../model/masked/mask-values.js';
export { MaskedConv1D } from '../model/masked/masked-conv1d.js';
export { MaskedConv2D } from '../model/masked/masked-conv2d.js';
export { MaskedConv2DTranspose } from '../model/masked/masked-conv2d-transpose.js';
export { MaskedConv3D } from '../model/masked/masked-conv3d.js';
export { MaskedDense } from '../model/masked/masked-dense.js';
export { MaskedDepthwiseConv2D } from '../model/masked/masked-depthwise-conv2d.js';
export type { MaskConfig, MaskedLayer, MaskedWeight, OptionalMaskConfig } from '../model/masked/masked-layer.js';
export {
  MaskedMultiHeadAttention,
  type MultiHeadAttentionConfig,
} from '../model/masked/masked-multi-head-attention.js';
export { MaskedTransformerDecoderLayer } from '../model/masked/masked-transformer-decoder-layer.js';
export { MaskedTransformerEncoderLayer } from '../model/masked/masked-transformer-encoder-layer.js';
export { MultiConv2D } from '../model/masked/multi-conv2d.js';
export { MultiConv3D } from '../model/masked/multi-conv3d.js';
export { MultiDense } from '../model/masked/multi-dense.js';
export type { MultiLayer, MultiMaskedLayer } from '../model/masked/multi-layer.js';
export { MultiMaskedConv2D } from '../model/masked/multi-masked-conv2d.js';
export { MultiMaskedConv3D } from '../model/masked/multi-masked-conv3d.js';
export { MultiMaskedDense } from '../model/masked/multi-masked-dense.js';
export { MultiMaxPool2D } from '../model/masked/multi-max-pool2d.js';
export { MultiMaxPool3D } from '../model/masked/multi-max-pool3d.js';
export { MultitaskNormalization, type MultitaskNormalizationConfig } from '../model/masked/multitask-normalization.js';
export { PositionalEncoding, type PositionalEncodingConfig } from '../model/masked/positional-encoding.js';
export { type SelectorConfig, SelectorLayer } from '../model/masked/selector-layer.js';
export { type SumConfig, SumLayer } from '../model/masked/sum-layer.js';
export {
  buildTokenPositionEmbeddingBlock,
  buildTransformerBlock,
  type TokenPositionEmbeddingOptions,
  type TransformerBlockOptions,
} from '../model/masked/transformer-blocks.js';
export type { TransformerLayerConfig } from '../model/masked/transformer-config.js';
export type { ProjectionConfig } from '../model/masked/transformer-parts.js';
export { MaskedMean, type MaskedMeanConfig } from '../model/transformer/masked-mean.js';
export { MaskedPositions, type MaskedPositionsConfig } from '../model/transformer/masked-positions.js';
export { PositionEmbedding, type PositionEmbeddingConfig } from '../model/transformer/position-embedding.js';
export { TokenMask, type TokenMaskConfig } from '../model/transformer/token-mask.js';
export { UnitSlice, type UnitSliceConfig } from '../model/unit-slice.js';
