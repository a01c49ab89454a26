/** @file How weights may begin, beside what tfjs brings: for the `kernelInitializer` of any layer. */
import { number } from '../../options.js';
import { tf } from '../../tf.js';
import type { Initializer } from '../masked/tfjs-classes.js';
import { GivenValues, type NestedNumbers } from './given-values.js';
import { SparanaXavier, type SparanaXavierOptions } from './scaled-normal.js';
import { BlockSparse, type BlockSparseOptions, SparseInitializer, type SparseOptions } from './sparse.js';

/**
 * Initialisers of tfjs: saved with a layer, and read by `tf.loadLayersModel` wherever `headgate/layers` is imported. In a
 * project the project's seed draws them, as it draws those of tfjs.
 *
 * @example
 * tf.layers.dense({ units: 64, kernelInitializer: initializers.sparse({ epsilon: 20 }) });
 */
export const initializers = Object.freeze({
  /**
   * Sparana's `Xavier`: normal, mean 0, deviation √(3 / (I + O)) of a kernel `[I, O]`. (Glorot's is √(2 / (I + O)).) Of
   * convolutions I and O are times the window, as Keras counts.
   */
  sparanaXavier: (options: SparanaXavierOptions = {}): Initializer => new SparanaXavier(options),

  /**
   * Sparana's float: normal, mean 0, of this deviation.
   *
   * @throws HeadgateError `INVALID_OPTIONS` for what is no finite number above 0
   */
  normal: (deviation: number): Initializer =>
    tf.initializers.randomNormal({ mean: 0, stddev: number({ above: 0 }).read(deviation, 'initializers.normal') }),

  /**
   * These very values, of the shape of the weight: `[inputs, outputs]` of a dense kernel, `[outputs]` of a bias.
   *
   * @throws HeadgateError `INVALID_OPTIONS` for what are no finite numbers in lists of equal lengths; `WRONG_SHAPE` when
   *   the layer is built
   */
  values: (values: NestedNumbers): Initializer => new GivenValues({ values }),

  /**
   * round(density × size) weights at random places, drawn as `of` draws them and times √(1 / density), so that an output
   * has the variance that the dense kernel gives it; the rest 0. With `epsilon` the density follows from the kernel's
   * shape, epsilon (I + O) / (I · O), at most 1 (Erdős–Rényi: Mocanu et al., Nature Communications 2018; of convolutions
   * by all axes: Evci et al., ICML 2020). Training may fill the zeros: a pathway or `maskModel` keeps them.
   *
   * @throws HeadgateError `INVALID_OPTIONS`
   */
  sparse: (options: SparseOptions): Initializer => new SparseInitializer(options),

  /**
   * As `sparse` with `density`, in blocks of the kernel as a matrix `[inputs, outputs]` (of a convolution `[window ×
   * inputs, outputs]`): round(density × blocks) stay.
   *
   * @throws HeadgateError `INVALID_OPTIONS`
   */
  blockSparse: (options: BlockSparseOptions): Initializer => new BlockSparse(options),
});
