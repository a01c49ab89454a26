/** @file The idea behind every Multi layer: one layer for several tasks, each with weights and an input of its own. */
import type { RowsApart } from '../../engine/layers/within.js';
import { HeadgateError } from '../../errors.js';
import { tf } from '../../tf.js';
import { answeredBefore, type LastAnswer } from './asked-again.js';
import { keepDataType, refuseUnknownOptions, shapesIn, shapeText, tensorsIn, wrongShape } from './layer-config.js';
import type { MaskedLayer } from './masked-layer.js';
import type { ClassOf, Constraint, Initializer, LayerClass, Regularizer } from './tfjs-classes.js';
import { viewOf, withMembers } from './weight-view.js';

export interface MultiLayer extends tf.layers.Layer, RowsApart {
  /** Number of tasks, which is that of the inputs; 0 before the layer is built. */
  readonly taskCount: number;
}

export type MultiMaskedLayer = MultiLayer & MaskedLayer;

/**
 * `Base` for a list of inputs: input i goes through a `Base` of its own, and comes out at place i of a list. Weights
 * (and masks) of all tasks lie in one tensor `[tasks, …]`. Options are one for all tasks; weights share nothing.
 */
export function multiLayer<Config extends { readonly dtype?: tf.DataType }, Layer extends MultiLayer = MultiLayer>(
  Base: LayerClass,
): ClassOf<Config, Layer> {
  class Multi extends Base implements RowsApart {
    readonly treatsRowsApart = true;
    taskCount = 0;
    private readonly stacked: tf.LayerVariable[] = [];
    /** Each task's part of the weights, during a call. */
    private parts = new Map<tf.LayerVariable, tf.Tensor[]>();
    private task = 0;
    private last: LastAnswer | null = null;

    constructor(config: Config) {
      super(config);
      this.inputSpec = []; // tfjs's is for one input
      keepDataType(this, config);
      refuseUnknownOptions(this, config);
    }

    override build(inputShape: tf.Shape | tf.Shape[]): void {
      const shapes = shapesIn(inputShape);
      const [first = []] = shapes;
      this.taskCount = shapes.length;
      super.build(first);
      const [spec] = [this.inputSpec ?? []].flat();
      this.inputSpec = spec === undefined ? [] : shapes.map(() => spec);
      this.checkInputs(shapes);
    }

    /** All inputs of the first one's number of channels: the kernel's slices have one shape. */
    private checkInputs(shapes: readonly tf.Shape[]): void {
      const axes: unknown = Reflect.get(this.inputSpec[0] ?? {}, 'axes');
      const [axis = -1] = Object.keys(axes ?? {}).map(Number);
      const channels = shapes.map((shape) => shape.at(axis));
      if (this.weights.length === 0 || channels.every((size) => size === channels[0])) return;
      throw wrongShape(this, {
        problem: `all inputs of ${this.getClassName()} need one number of channels`,
        expected: `${channels[0]} at axis ${axis} of each input, as in the first`,
        received: shapes.map(shapeText).join(', '),
        mend: 'Put a layer of its own before the inputs that are wider or narrower.',
      });
    }

    protected override addWeight(
      name: string,
      shape: tf.Shape,
      dtype?: tf.DataType,
      initializer?: Initializer,
      regularizer?: Regularizer,
      trainable?: boolean,
      constraint?: Constraint,
    ): tf.LayerVariable {
      const weight = super.addWeight(
        name,
        [this.taskCount, ...shape],
        dtype,
        initializer && initialiseEach(initializer),
        regularizer,
        trainable,
        constraint && constrainEach(constraint),
      );
      this.stacked.push(weight);
      return viewOf(weight, () => {
        const part = this.parts.get(weight)?.[this.task];
        if (part === undefined) throw new Error(`${this.name} reads ${name} outside a call`);
        return part;
      });
    }

    override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Parameters<tf.layers.Layer['call']>[1]): tf.Tensor[] {
      const given = tensorsIn(inputs);
      if (given.length !== this.taskCount) {
        throw new HeadgateError({
          code: 'LENGTH_MISMATCH',
          path: this.name,
          problem: `${this.getClassName()} takes one input a task`,
          expected: `${this.taskCount} inputs`,
          received: `${given.length}`,
        });
      }
      const again = answeredBefore(this.last, given);
      if (again !== null) return again;
      const outputs = tf.tidy(() => {
        this.parts = new Map(this.stacked.map((weight) => [weight, tf.unstack(weight.read())]));
        try {
          return given.map((input, task) => {
            this.task = task;
            return super.call(input, kwargs) as tf.Tensor; // one input, one output
          });
        } finally {
          this.parts = new Map();
        }
      });
      this.last = { inputs: given, outputs };
      return outputs;
    }

    /** Each input's Keras mask goes with its output; where there is none tfjs still counts one an output. */
    override computeMask(inputs: tf.Tensor | tf.Tensor[], mask?: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
      if (!this.supportsMasking) super.computeMask(inputs, mask); // which refuses one
      const given = [mask ?? []].flat();
      return tensorsIn(inputs).map((_, i) => (given[i] ?? null) as tf.Tensor); // tfjs reads null as none
    }

    override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape[] {
      return shapesIn(inputShape).map((shape) => super.computeOutputShape(shape) as tf.Shape); // one input, one output
    }
  }
  return Multi as unknown as ClassOf<Config, Layer>; // with what Base adds, which the caller names
}

/**
 * Each task's part as a layer of its own would begin: fans are those of one part. A seed would begin all parts alike,
 * so that each draws with the next.
 */
function initialiseEach(initializer: Initializer): Initializer {
  return withMembers(initializer, {
    apply: (shape, dtype) => {
      const [count = 0, ...part] = shape;
      return tf.tidy(() =>
        tf.stack(Array.from({ length: Number(count) }, (_, task) => reseeded(initializer, task).apply(part, dtype))),
      );
    },
  });
}

function reseeded(initializer: Initializer, task: number): Initializer {
  const config = initializer.getConfig();
  if (typeof config.seed !== 'number') return initializer;
  const Own = initializer.constructor as new (config: object) => Initializer; // of an object that `new` made
  return new Own({ ...config, seed: config.seed + task });
}

/** Norms are taken within each task's part. */
function constrainEach(constraint: Constraint): Constraint {
  return withMembers(constraint, {
    apply: (weights) => tf.tidy(() => tf.stack(tf.unstack(weights).map((part) => constraint.apply(part)))),
  });
}

/** By what it has, so that layers of another copy of this package count, too. */
export function isMultiLayer(layer: tf.layers.Layer): layer is MultiLayer {
  return 'taskCount' in layer;
}
