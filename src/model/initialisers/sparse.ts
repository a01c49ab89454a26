/** @file Kernels that begin sparse: single weights or blocks of them, as loud as the dense kernel. */
import {
  either,
  invalidOption,
  listOf,
  number,
  optional,
  readOptions,
  unchecked,
  wholeNumber,
  withDefault,
} from '../../options.js';
import { permutation } from '../../random.js';
import { tf } from '../../tf.js';
import { type Initializer, type InitializerIdentifier, initializerOf, serialised } from '../masked/tfjs-classes.js';
import { OwnInitializer, seedOf } from './own-initializer.js';
import { matrixOf } from './shapes.js';

interface SparseParts {
  /** What draws the dense kernel. Default: `'glorotNormal'`. */
  readonly of?: InitializerIdentifier;
  /** Of the places alone, not of the values. Default: as the values are drawn, by a project's seed. */
  readonly seed?: number;
}

export interface SparseOptions extends SparseParts {
  /** Share of the weights that are not 0: above 0, at most 1. Either this or `epsilon`. */
  readonly density?: number;
  /** Erdős–Rényi: the share of a kernel follows from its shape, epsilon × (sum of the axes) / (product of the axes). */
  readonly epsilon?: number;
}

export interface BlockSparseOptions extends SparseParts {
  /** Share of the blocks that are not 0: above 0, at most 1. */
  readonly density: number;
  /** Rows (inputs) and columns (outputs) of a block; those at the edges may be smaller. One number: square blocks. */
  readonly block: number | readonly [rows: number, columns: number];
}

const identifier = withDefault(unchecked<InitializerIdentifier>('a name, or an initialiser'), 'glorotNormal');
const size = wholeNumber({ least: 1 });
const parts = { of: identifier, seed: optional(wholeNumber()) };
const share = number({ above: 0, most: 1 });

interface ReadParts {
  readonly of: InitializerIdentifier;
  readonly seed: number | undefined;
}

abstract class Sparse extends OwnInitializer {
  private readonly of: Initializer;
  private readonly seed: number | undefined;

  constructor(name: string, { of, seed }: ReadParts) {
    super();
    this.of = denseOf(of, `${name}.of`);
    this.seed = seed;
  }

  /** For each weight of a kernel, row-major, 1 where it stays. */
  protected abstract places(shape: tf.Shape, seed: number): Float32Array;

  override apply(shape: tf.Shape): tf.Tensor {
    const places = this.places(shape, seedOf(this.seed));
    const kept = places.reduce((sum, value) => sum + value, 0);
    // A share d of weights √(1 / d) times as large: an output's variance, Σ w² of what it reads, stays.
    const scale = Math.sqrt(places.length / Math.max(1, kept));
    return tf.tidy(() => this.of.apply(shape, 'float32').mul(tf.tensor(places, shape.map(Number)).mul(scale)));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { of: serialised(this.of), ...(this.seed === undefined ? {} : { seed: this.seed }) };
  }
}

/** See `initializers.sparse`. */
export class SparseInitializer extends Sparse {
  static readonly className = 'HeadgateSparse';
  private readonly amount: { readonly density: number } | { readonly epsilon: number };

  constructor(options: SparseOptions) {
    const schema = { density: optional(share), epsilon: optional(number({ above: 0 })), ...parts };
    const { density, epsilon, of, seed } = readOptions('initializers.sparse', schema, options);
    super('initializers.sparse', { of, seed });
    if (density !== undefined && epsilon === undefined) this.amount = { density };
    else if (epsilon !== undefined && density === undefined) this.amount = { epsilon };
    else {
      throw invalidOption('initializers.sparse', options, { expected: 'one of `density` and `epsilon`' });
    }
  }

  protected override places(shape: tf.Shape, seed: number): Float32Array {
    const sizes = shape.map(Number);
    const size = sizes.reduce((a, b) => a * b, 1);
    const density =
      'density' in this.amount ? this.amount.density : (this.amount.epsilon * sizes.reduce((a, b) => a + b, 0)) / size;
    const places = new Float32Array(size);
    for (const place of chosen(size, Math.min(1, density), seed)) places[place] = 1;
    return places;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.amount };
  }
}

/** See `initializers.blockSparse`. */
export class BlockSparse extends Sparse {
  static readonly className = 'HeadgateBlockSparse';
  private readonly density: number;
  private readonly block: readonly [number, number];

  constructor(options: BlockSparseOptions) {
    const schema = { density: share, block: either(size, listOf(size, { least: 2 })), ...parts };
    const { density, block, of, seed } = readOptions('initializers.blockSparse', schema, options);
    super('initializers.blockSparse', { of, seed });
    this.density = density;
    this.block = blockOf(block);
  }

  protected override places(shape: tf.Shape, seed: number): Float32Array {
    const { rows, columns } = matrixOf(shape);
    const [height, width] = this.block;
    const across = Math.ceil(columns / width);
    const count = Math.ceil(rows / height) * across;
    const isKept = new Uint8Array(count);
    for (const block of chosen(count, this.density, seed)) isKept[block] = 1;
    const blockAt = (place: number): number =>
      Math.floor(Math.floor(place / columns) / height) * across + Math.floor((place % columns) / width);
    return Float32Array.from({ length: rows * columns }, (_, place) => isKept[blockAt(place)] as number); // within
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), density: this.density, block: [...this.block] };
  }
}

function denseOf(given: InitializerIdentifier, path: string): Initializer {
  try {
    return initializerOf(given);
  } catch {
    throw invalidOption(path, given, { expected: "a name that tfjs knows, such as 'glorotNormal', or an initialiser" });
  }
}

/** round(share × count) of `count` places at random, at least one. */
function chosen(count: number, share: number, seed: number): Uint32Array {
  const key = { seed, stream: 'sparse initialiser', counter: 0 };
  return permutation(count, key).subarray(0, Math.max(1, Math.round(share * count)));
}

function blockOf(given: number | readonly number[]): readonly [number, number] {
  const [rows, columns, ...more] = typeof given === 'number' ? [given, given] : given;
  if (rows !== undefined && columns !== undefined && more.length === 0) return [rows, columns];
  throw invalidOption('initializers.blockSparse.block', given, {
    expected: 'a whole number from 1 on, or two of them',
  });
}

tf.serialization.registerClass(SparseInitializer);
tf.serialization.registerClass(BlockSparse);
