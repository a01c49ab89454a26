/** @file Runs a step once on the tracing backend and returns what it recorded. */
import { HeadgateError } from '../../errors.js';
import { tf } from '../../tf.js';
import { releasingTape } from '../eager.js';
import type { BatchType, Step, StepRandom, Tensors } from '../engine.js';
import { refuseOutside } from '../kernels/indices.js';
import { BACKEND, graphValue, tensorInfo, traceBackend } from './backend.js';
import { createBuilder } from './builder.js';
import { createValue, type Graph, type IndexCheck, type Port, type Value } from './graph.js';
import { cast, concat } from './ops.js';
import { createTracingScope } from './tracing-scope.js';

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: BatchType;
}
export type TensorSpecs = Readonly<Record<string, TensorSpec>>;

/** A graph input that the host fills with random numbers before each run. */
export interface Draw {
  readonly port: string;
  readonly kind: 'uniform' | 'normal';
  readonly stream: string;
  readonly shape: readonly number[];
}

export interface Trace {
  /**
   * Inputs `state/…`, `batch/…` and `random/…`; outputs `next/…` (state that changed), `output/…`, and `check/indices`
   * where there are checks: the least and the greatest of each, one after the other.
   */
  readonly graph: Graph;
  readonly draws: readonly Draw[];
  readonly checks: readonly IndexCheck[];
}

/**
 * Records `step` for tensors of these shapes. tfjs must have an active backend, to which it returns.
 *
 * @throws HeadgateError `DATA_READ_IN_STEP`, `RANDOM_IN_STEP`, `VARIABLE_IN_STEP`, `UNSUPPORTED_KERNEL`,
 * `UNSUPPORTED_DTYPE`, `STATE_MISMATCH`
 */
export function traceStep(step: Step, state: TensorSpecs, batch: TensorSpecs): Trace {
  const backend = traceBackend();
  const scope = createTracingScope();
  const builder = createBuilder(scope.layer);
  const inputs: Port[] = [];
  const draws: Draw[] = [];
  const input = (name: string, { shape, dtype }: TensorSpec): Value => {
    const value = createValue(dtype, shape);
    inputs.push({ name, value });
    return value.type === 'uint8' ? cast(builder, value, 'float32') : value;
  };
  const tensorOf = (value: Value, name: string): tf.Tensor =>
    tf.engine().makeTensorFromTensorInfo(tensorInfo(backend, value, name));
  const symbol = (name: string, spec: TensorSpec): tf.Tensor => tensorOf(input(name, spec), name);
  const symbols = (group: string, specs: TensorSpecs): Tensors =>
    Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, symbol(`${group}/${name}`, spec)]));

  const active = tf.getBackend();
  const previous = backend.builder;
  switchBackend(BACKEND);
  backend.builder = builder;
  try {
    const outputs: Port[] = [];
    const record = (): void =>
      tf.tidy(`trace ${step.name}`, () => {
        const initial = symbols('state', state);
        const random = randomOf({
          draws,
          input: ({ port, shape }) => input(port, { shape, dtype: 'float32' }),
          tensorOf,
        });
        const result = step.run({ state: initial, batch: symbols('batch', batch), random });
        checkState(step.name, state, result.state);
        const ports = (group: string, tensors: Tensors): Port[] =>
          Object.entries(tensors).map(([name, tensor]) => ({
            name: `${group}/${name}`,
            value: graphValue(backend, builder, tensor),
          }));
        const next = ports('next', result.state).filter(({ name, value }) => !isInput(inputs, name, value));
        outputs.push(...next, ...ports('output', result.outputs));
      });
    releasingTape(() => scope.run(record));
    const checks = [...builder.checks];
    if (checks.length > 0) {
      const extremes = checks.flatMap(({ least, greatest }) => [least, greatest]);
      outputs.push({ name: `${CHECK_GROUP}/indices`, value: concat(builder, extremes, 0) });
    }
    return { graph: { name: step.name, inputs, outputs, nodes: [...builder.nodes] }, draws, checks };
  } finally {
    backend.builder = previous;
    switchBackend(active);
  }
}

/** Of the output that the host looks at before it accepts a run. */
export const CHECK_GROUP = 'check';

/** @throws HeadgateError `INDEX_OUT_OF_RANGE` */
export function lookAt(checks: readonly IndexCheck[], extremes: ArrayLike<number>): void {
  let at = 0;
  const next = (count: number): number[] => {
    at += count;
    return Array.from({ length: count }, (_, i) => extremes[at - count + i] as number);
  };
  for (const { where, limits } of checks) {
    refuseOutside(where, { least: next(limits.length), greatest: next(limits.length) }, limits);
  }
}

/** A state tensor that the step hands back unchanged keeps its buffer. */
function isInput(inputs: readonly Port[], name: string, value: Value): boolean {
  const own = name.replace('next/', 'state/');
  return inputs.some((input) => input.name === own && input.value === value);
}

interface RandomParts {
  /** What was drawn so far; new draws are added. */
  readonly draws: Draw[];
  readonly input: (draw: Draw) => Value;
  readonly tensorOf: (value: Value, name: string) => tf.Tensor;
}

/** One draw for each stream, kind and shape: a stream that is asked twice gives the same numbers, as on every engine. */
function randomOf({ draws, input, tensorOf }: RandomParts): StepRandom {
  const known = new Map<string, Value>();
  const draw =
    (kind: Draw['kind']) =>
    (shape: readonly number[], stream: string): tf.Tensor => {
      const port = `random/${kind}/${stream}/${shape.join('x')}`;
      // A tensor for each asker: each may dispose of its own, and so does the scope that it asks in.
      const drawn = known.get(port);
      if (drawn !== undefined) return tensorOf(drawn, port);
      const made = { port, kind, stream, shape: [...shape] };
      draws.push(made);
      const value = input(made);
      known.set(port, value);
      return tensorOf(value, port);
    };
  return { uniform: draw('uniform'), normal: draw('normal') };
}

function checkState(step: string, state: TensorSpecs, next: Tensors): void {
  for (const [name, tensor] of Object.entries(next)) {
    const spec = state[name];
    const received = `${tensor.dtype}[${tensor.shape.join()}]`;
    const expected = spec === undefined ? 'a name of the state' : `${spec.dtype}[${spec.shape.join()}]`;
    if (received !== expected) {
      throw new HeadgateError({
        code: 'STATE_MISMATCH',
        path: `state.${name}`,
        problem: `the step "${step}" returns a tensor that does not fit its state`,
        expected,
        received,
      });
    }
  }
}

/** tfjs switches synchronously to a backend whose factory is synchronous; its promise only repeats the answer. */
function switchBackend(name: string): void {
  void tf.setBackend(name);
  if (tf.getBackend() !== name) throw new Error(`tfjs did not switch to the backend ${name}`);
}
