/**
 * @file What training under pathways comes to, written out: for each task a network of its own in plain tfjs, whose kernels
 * are multiplied by the task's masks and whose vectors are its pathway's; gradients of the tasks added; plain arrays updated.
 */
import { tf } from '../../../src/tf.js';

type Values = Map<string, Float64Array>;

/** How one task sees the network. */
export interface View {
  readonly task: string;
  /** By parameter of the backbone: whose value it sees. */
  readonly nameOf: (parameter: string) => string;
  /** By parameter of the backbone or the head: 1 for what it sees, and for what it trains of it; null for all. */
  readonly sees: (parameter: string) => ArrayLike<number> | null;
  readonly trains: (parameter: string) => ArrayLike<number> | null;
}

interface Twin {
  readonly view: View;
  readonly model: tf.LayersModel;
  /** Weights of the layers, by parameter. */
  readonly variables: ReadonlyMap<string, tf.LayerVariable>;
}

export interface Labels {
  /** By row; null where there is none. */
  readonly [task: string]: readonly (number | null)[];
}

export interface Rates {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** Names end as the layers' own weights do; a head's are `head/<task>/kernel` and `…/bias`. */
function twinOf(view: View, backbone: (x: tf.SymbolicTensor) => tf.SymbolicTensor, size: number): Twin {
  const x = tf.input({ shape: [size] });
  const head = tf.layers.dense({ units: 1, name: 'head' });
  const model = tf.model({ inputs: x, outputs: head.apply(backbone(x)) as tf.SymbolicTensor }); // of a symbolic input
  const variables = model.layers.flatMap((layer) =>
    layer.weights.map((variable): [string, tf.LayerVariable] => {
      const last = variable.originalName.split('/').at(-1);
      return [layer === head ? `head/${view.task}/${last}` : `backbone/${layer.name}/${last}`, variable];
    }),
  );
  return { view, model, variables: new Map(variables) };
}

export class Reference {
  /** By parameter, of whom it may be. */
  readonly values: Values;
  private readonly velocities: Values = new Map();
  private readonly twins: readonly Twin[];

  constructor(
    views: readonly View[],
    backbone: (x: tf.SymbolicTensor) => tf.SymbolicTensor,
    size: number,
    weights: Readonly<Record<string, { readonly data: ArrayLike<number> }>>,
  ) {
    this.values = new Map(Object.entries(weights).map(([name, { data }]) => [name, Float64Array.from(data)]));
    this.twins = views.map((view) => twinOf(view, backbone, size));
  }

  /** By task, what its network answers, in inference. */
  answers(x: readonly (readonly number[])[]): Record<string, number[]> {
    return Object.fromEntries(
      this.twins.map((twin) => {
        this.fill(twin);
        return [
          twin.view.task,
          [...tf.tidy(() => (twin.model.apply(tf.tensor2d(x as number[][])) as tf.Tensor).dataSync())],
        ];
      }),
    );
  }

  /** One step on all rows: squared errors, their mean over the rows with a label, added over the tasks. */
  step(x: readonly (readonly number[])[], labels: Labels, { learningRate, momentum, weightDecay }: Rates): void {
    const gradients: Values = new Map();
    const open = new Map<string, Uint8Array>();
    const averages: Values = new Map();
    for (const twin of this.twins) {
      const counted = (labels[twin.view.task] ?? []).some((label) => label !== null);
      if (!counted) continue;
      this.fill(twin);
      const found = gradientsOf(twin, x, labels[twin.view.task] ?? []);
      for (const [parameter, variable] of twin.variables) {
        const { view } = twin;
        const name = view.nameOf(parameter);
        const mask = view.trains(parameter);
        const now = variable.read().dataSync();
        if (!variable.trainable) {
          const own = averages.get(name) ?? Float64Array.from(this.of(name));
          averages.set(
            name,
            own.map((value, i) => (mask === null || mask[i] === 1 ? (now[i] ?? 0) : value)),
          );
          continue;
        }
        const sum = gradients.get(name) ?? new Float64Array(now.length);
        const opens = open.get(name) ?? new Uint8Array(now.length);
        found.get(parameter)?.forEach((value, i) => {
          if (mask !== null && mask[i] !== 1) return;
          sum[i] = (sum[i] ?? 0) + value;
          opens[i] = 1;
        });
        gradients.set(name, sum);
        open.set(name, opens);
      }
    }
    for (const [name, gradient] of gradients) {
      const own = this.of(name);
      const velocity = this.velocities.get(name) ?? new Float64Array(own.length);
      this.velocities.set(name, velocity);
      own.forEach((value, i) => {
        if (open.get(name)?.[i] !== 1) return;
        velocity[i] = momentum * (velocity[i] ?? 0) + (gradient[i] ?? 0) + weightDecay * value;
        own[i] = value - learningRate * (velocity[i] ?? 0);
      });
      this.opened.set(name, open.get(name) ?? new Uint8Array(0));
    }
    for (const [name, value] of averages) this.values.set(name, value);
  }

  /** What the last step trained, by parameter: 1 for each element. */
  readonly opened = new Map<string, Uint8Array>();

  dispose(): void {
    for (const { model } of this.twins) model.dispose();
  }

  private of(name: string): Float64Array {
    const value = this.values.get(name);
    if (value === undefined) throw new Error(`the reference has no ${name}`);
    return value;
  }

  private fill({ view, variables }: Twin): void {
    for (const [parameter, variable] of variables) {
      const own = this.of(view.nameOf(parameter));
      const mask = view.sees(parameter);
      const seen = Float32Array.from(own, (value, i) => (mask === null || mask[i] === 1 ? value : 0));
      tf.tidy(() => void variable.write(tf.tensor(seen, variable.shape.map(Number))));
    }
  }
}

function gradientsOf(
  { model, variables }: Twin,
  x: readonly (readonly number[])[],
  labels: readonly (number | null)[],
): ReadonlyMap<string, Float32Array> {
  const trained = [...variables].filter(([, variable]) => variable.trainable);
  const tensorOf = (variable: tf.LayerVariable): tf.Variable => Reflect.get(variable, 'val');
  const { grads, value } = tf.variableGrads(
    () => {
      const given = model.apply(tf.tensor2d(x as number[][]), { training: true }) as tf.Tensor;
      const mask = tf.tensor1d(labels.map((label) => (label === null ? 0 : 1)));
      const errors = given.reshape([-1]).sub(tf.tensor1d(labels.map((label) => label ?? 0)));
      return errors.square().mul(mask).sum().div(mask.sum()) as tf.Scalar;
    },
    trained.map(([, variable]) => tensorOf(variable)),
  );
  value.dispose();
  const found = trained.map(([name, variable]): [string, Float32Array] => {
    const gradient = grads[tensorOf(variable).name];
    return [name, gradient === undefined ? new Float32Array(0) : (gradient.dataSync() as Float32Array)];
  });
  tf.dispose(Object.values(grads));
  return new Map(found);
}
