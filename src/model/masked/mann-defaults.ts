/** @file Defaults of MANN where tfjs has others, and the options of layers as users write them. */
import type { tf } from '../../tf.js';
import type { MaskConfig } from './masked-layer.js';

type DenseConfig = Parameters<typeof tf.layers.dense>[0];
type ConvolutionConfig = Parameters<typeof tf.layers.conv2d>[0];
type DepthwiseConfig = Parameters<typeof tf.layers.depthwiseConv2d>[0];

/** Options of `tf.layers.dense`. `kernelInitializer` is `'randomNormal'` by default: normal, standard deviation 0.05. */
export type MannDenseConfig = DenseConfig;
/** Options of tfjs's convolutions; by default `kernelSize` 3, `padding` `'same'`, `kernelInitializer` `'randomNormal'`. */
export type MannConvolutionConfig = Omit<ConvolutionConfig, 'kernelSize'> &
  Partial<Pick<ConvolutionConfig, 'kernelSize'>>;

export type MaskedDenseConfig = MannDenseConfig & MaskConfig;
export type MaskedConvolutionConfig = MannConvolutionConfig & MaskConfig;
export type MaskedDepthwiseConfig = Omit<DepthwiseConfig, 'kernelSize'> &
  Partial<Pick<DepthwiseConfig, 'kernelSize'>> &
  MaskConfig;

const kernel = { kernelInitializer: 'randomNormal' } as const;

export const denseDefaults = kernel;
export const convolutionDefaults = { kernelSize: 3, padding: 'same', ...kernel } as const;
export const depthwiseDefaults = { kernelSize: 3, padding: 'same', depthwiseInitializer: 'randomNormal' } as const;
export const pool2dDefaults = { poolSize: 2, strides: 1, padding: 'same' } as const;
export const pool3dDefaults = { poolSize: 3, strides: 1, padding: 'same' } as const;
