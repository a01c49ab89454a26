/** @file The tfjs backend whose kernels record nodes instead of computing. */
import { HeadgateError } from '../../errors.js';
import { tf } from '../../tf.js';
import type { DataType } from '../engine.js';
import { registerGradients } from '../gradients.js';
import { registerLayers } from '../layers/register.js';
import type { Builder } from './builder.js';
import { createValue, dataOf, sameShape, type Value } from './graph.js';
import type { Kernel } from './kernel.js';
import { kernels } from './kernels/index.js';
import * as o from './ops.js';

export const BACKEND = 'headgate-trace';

/** What stands behind a tensor's data id. */
interface Entry {
  readonly value: Value;
  /** The tfjs kernel that made it, for messages. */
  readonly kernel: string;
  references: number;
}

/** Reason for the class: tfjs calls methods of a `KernelBackend`, and this is its extension point. */
class TraceBackend extends tf.KernelBackend {
  readonly entries = new tf.DataStorage<Entry>(this, tf.engine());
  /** Where kernels record; null between traces. */
  builder: Builder | null = null;

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    this.entries.set(dataId, { value: constantOf(values, shape, dtype), kernel: 'a constant', references });
  }

  override read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return Promise.resolve().then(() => this.readSync(dataId));
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const { value, kernel } = this.entries.get(dataId);
    const { data } = value;
    if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array) return data;
    throw readInStep(kernel, this.builder?.scope() ?? '');
  }

  override numDataIds(): number {
    return this.entries.numDataIds();
  }

  override refCount(dataId: object): number {
    return this.entries.has(dataId) ? this.entries.get(dataId).references : 0;
  }

  override incRef(dataId: object): void {
    this.entries.get(dataId).references++;
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.entries.has(dataId)) return true;
    const entry = this.entries.get(dataId);
    entry.references--;
    if (!force && entry.references > 0) return false;
    this.entries.delete(dataId);
    return true;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override dispose(): void {}
}

let backend: TraceBackend | undefined;

/** Registers the backend and its kernels once, and what tfjs's gradients and layers need to be recorded. */
export function traceBackend(): TraceBackend {
  if (backend !== undefined) return backend;
  registerGradients();
  registerLayers();
  const created = new TraceBackend();
  tf.registerBackend(BACKEND, () => created, 0);
  for (const kernel of kernels) register(created, kernel);
  const known = new Set(kernels.map(({ name }) => name));
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (!known.has(kernelName)) refuse(created, kernelName);
  }
  backend = created;
  return created;
}

function register(owner: TraceBackend, { name, build }: Kernel): void {
  tf.registerKernel({
    kernelName: name,
    backendName: BACKEND,
    kernelFunc: ({ inputs, attrs }) => {
      const builder = recordingOf(owner, name);
      const values: Record<string, Value> = {};
      for (const [key, tensor] of Object.entries(inputs)) {
        if (tensor !== undefined && tensor !== null) values[key] = graphValue(owner, builder, tensor);
      }
      const made = build(builder, values, attrs);
      return Array.isArray(made)
        ? made.map((value) => tensorInfo(owner, value, name))
        : tensorInfo(owner, single(made), name);
    },
  });
}

/** Narrows what `Array.isArray` does not: a readonly array is an array too. */
function single(made: Value | readonly Value[]): Value {
  if ('id' in made) return made;
  throw new TypeError('expected one value');
}

function refuse(owner: TraceBackend, name: string): void {
  tf.registerKernel({
    kernelName: name,
    backendName: BACKEND,
    kernelFunc: () => {
      throw new HeadgateError({
        code: 'UNSUPPORTED_KERNEL',
        path: whereOf(owner.builder?.scope() ?? ''),
        problem: `the compiled engine cannot run the tfjs kernel ${name}`,
        expected: 'kernels of float32, int32 and bool tensors whose result shapes do not depend on data',
        received: name,
        mend: 'Leave the operation out of the step, or train on an eager engine: engine: "wasm" or "cpu".',
      });
    },
  });
}

function recordingOf(owner: TraceBackend, kernel: string): Builder {
  if (owner.builder !== null) return owner.builder;
  throw new HeadgateError({
    code: 'NOT_TRACING',
    path: BACKEND,
    problem: `the tracing backend computes nothing by itself, and ${kernel} was called outside a step`,
    mend: 'Choose another tfjs backend, such as tf.setBackend("cpu").',
  });
}

/** The graph's value behind a tensor. */
export function graphValue(owner: TraceBackend, builder: Builder, tensor: tf.TensorInfo): Value {
  const entered = owner.entries.has(tensor.dataId);
  if (tensor instanceof tf.Variable && !entered) throw capturedVariable(tensor.name, builder.scope());
  const { value } = owner.entries.get(tensor.dataId);
  if (tensor instanceof tf.Variable && value.data !== undefined) throw capturedVariable(tensor.name, builder.scope());
  const type = elementTypeOf(tensor.dtype, builder.scope());
  // Tensors of the cpu backend may share data under another shape or type; the data itself is the same.
  const typed = value.type === type ? value : o.cast(builder, value, type);
  return sameShape(typed.shape, tensor.shape) ? typed : o.reshape(builder, typed, tensor.shape);
}

/** A tfjs tensor for a value of the graph. */
export function tensorInfo(owner: TraceBackend, value: Value, kernel: string): tf.TensorInfo {
  const dataId = {};
  owner.entries.set(dataId, { value, kernel, references: 1 });
  return { dataId, shape: [...value.shape], dtype: elementTypeOf(value.type, '') };
}

function constantOf(values: tf.backend_util.BackendValues, shape: readonly number[], dtype: tf.DataType): Value {
  const type = elementTypeOf(dtype, '');
  const fits =
    (type === 'float32' && values instanceof Float32Array) ||
    (type === 'int32' && values instanceof Int32Array) ||
    (type === 'bool' && values instanceof Uint8Array);
  if (fits) return createValue(type, shape, values);
  return createValue(type, shape, dataOf(type, Array.from<unknown, number>(values, Number)));
}

function elementTypeOf(dtype: string, scope: string): DataType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new HeadgateError({
    code: 'UNSUPPORTED_DTYPE',
    path: whereOf(scope),
    problem: `the compiled engine cannot hold a ${dtype} tensor`,
    expected: 'float32, int32 or bool',
    received: dtype,
    mend: 'Prepare such values before the step, or train on an eager engine: engine: "wasm" or "cpu".',
  });
}

/** The place a message names. */
export function whereOf(scope: string): string {
  return scope === '' ? 'step' : `layer ${scope}`;
}

function readInStep(kernel: string, scope: string): HeadgateError {
  return new HeadgateError({
    code: 'DATA_READ_IN_STEP',
    path: whereOf(scope),
    problem: `the step reads the value of a tensor (made by ${kernel}) while it is being compiled`,
    expected: 'tensor operations only: the values do not exist yet',
    received: 'data(), dataSync(), array(), arraySync(), print() or an operation whose shape depends on data',
    mend: 'Express the choice with tensor operations (tf.where, masks), or train on an eager engine: engine: "wasm" or "cpu".',
  });
}

function capturedVariable(name: string, scope: string): HeadgateError {
  return new HeadgateError({
    code: 'VARIABLE_IN_STEP',
    path: whereOf(scope),
    problem: `the step reads the variable ${name}, which is not part of its state`,
    expected: 'variables to be passed in as state: a compiled step would keep the value of today for ever',
    received: name,
    mend: 'Make it a weight of the model, or pass its value as a batch tensor.',
  });
}
