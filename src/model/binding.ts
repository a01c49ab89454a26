/**
 * @file Runs a layers program on given tensors instead of its own variables, which makes it a pure function of state.
 */
import { tf } from '../tf.js';

/** What tfjs-layers calls a LayerVariable, as far as binding needs it. */
export interface LayerVariable {
  readonly originalName: string;
  readonly shape: readonly (number | null)[];
  readonly dtype: tf.DataType;
  read(): tf.Tensor;
  write(value: tf.Tensor): unknown;
}

/**
 * Runs `f` while each variable reads the tensor bound to it. Writes (moving averages of batch normalisation) do not
 * touch the variable: they are handed to `written`, and later reads in the same run see them. What is written is kept
 * (tfjs calls nested models in scopes of their own, which would dispose it): who takes it disposes it.
 */
export function withBound<T>(
  bindings: readonly { readonly variable: LayerVariable; readonly tensor: tf.Tensor }[],
  written: (variable: LayerVariable, value: tf.Tensor) => void,
  f: () => T,
): T {
  try {
    for (const { variable, tensor } of bindings) {
      let value = tensor;
      // Own properties shadow the prototype's methods; deleting them below restores the variable.
      variable.read = () => value;
      variable.write = (next) => {
        if (value !== tensor) value.dispose();
        value = tf.keep(next.clone());
        written(variable, value);
        return variable;
      };
    }
    return f();
  } finally {
    for (const { variable } of bindings) {
      Reflect.deleteProperty(variable, 'read');
      Reflect.deleteProperty(variable, 'write');
    }
  }
}

/** Sets the variable to exactly this value: its constraint, which `write` would apply once more, is left out. */
export function assign(variable: LayerVariable, value: tf.Tensor): void {
  const constraint: unknown = Reflect.get(variable, 'constraint');
  Reflect.set(variable, 'constraint', null);
  try {
    variable.write(value);
  } finally {
    Reflect.set(variable, 'constraint', constraint);
  }
}
