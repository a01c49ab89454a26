/** @file The tfjs backend `onnx`: kernels record, and a read runs what it needs in ONNX Runtime. */
import { HeadgateError } from '../../../errors.js';
import { tf } from '../../../tf.js';
import type { DataType } from '../../engine.js';
import type { Builder } from '../builder.js';
import { dataOf, type ElementData, sameShape, type Value } from '../graph.js';
import * as o from '../ops.js';
import { createPending } from './pending.js';

export const LAZY_BACKEND = 'onnx';

/** What stands behind a data id. Strings are kept for their owner; no kernel computes with them. */
interface Entry {
  readonly content: Value | { readonly strings: tf.backend_util.BackendValues };
  references: number;
}

/** What a kernel of tfjs returns: one tensor, or a list even of one. */
export type Made = tf.TensorInfo | tf.TensorInfo[];

type Build = (g: Builder, inputs: Readonly<Record<string, Value>>) => Value | readonly Value[];

/** Reason for the class: tfjs calls methods of a `KernelBackend`, and this is its extension point. */
export class LazyBackend extends tf.KernelBackend {
  private readonly entries = new tf.DataStorage<Entry>(this, tf.engine());
  private readonly pending = createPending();

  /** Records what `build` makes of the inputs, and returns tensors whose numbers are not known yet. */
  record(inputs: Readonly<Record<string, tf.TensorInfo>>, build: Build): Made {
    const operands = Object.entries(inputs).map(([key, tensor]) => ({ key, tensor, value: this.contentOf(tensor) }));
    let alone = false;
    const made = this.pending.record((g) => {
      const typed = operands.map(({ key, tensor, value }) => [key, asTensor(g, value, tensor)] as const);
      const built = build(g, Object.fromEntries(typed));
      alone = 'id' in built;
      return 'id' in built ? [built] : built;
    });
    const tensors = made.map((value) => {
      const same = operands.find((operand) => operand.value === value);
      return same === undefined ? this.own(value) : this.view(same.tensor, value.shape);
    });
    const [only] = tensors;
    return alone && only !== undefined ? only : tensors;
  }

  /** A tensor of the same numbers. */
  view({ dataId, dtype }: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
    this.entries.get(dataId).references++;
    return { dataId, dtype, shape: [...shape] };
  }

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
    if (dtype === 'string') {
      this.entries.set(dataId, { content: { strings: values }, references });
      return;
    }
    const type = dataTypeOf(dtype);
    this.entries.set(dataId, { content: this.pending.given(type, shape, copied(values, type)), references });
  }

  override async read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return this.readSync(dataId);
  }

  /** A copy: what is recorded but has not run must not see what the reader does to it. */
  override readSync(dataId: object): tf.backend_util.BackendValues {
    const { content } = this.entries.get(dataId);
    if ('strings' in content) return content.strings;
    const data = this.pending.dataOf(content);
    if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array) return data.slice();
    throw new TypeError('a tensor of tfjs holds float32, int32 or bool');
  }

  override numDataIds(): number {
    return this.entries.numDataIds();
  }

  override refCount(dataId: object): number {
    return this.entries.has(dataId) ? this.entries.get(dataId).references : 0;
  }

  /** tfjs calls it when a variable takes a tensor over: in a loop of training, always at the same point of a turn. */
  override incRef(dataId: object): void {
    this.entries.get(dataId).references++;
    this.pending.settle();
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.entries.has(dataId)) return true;
    const entry = this.entries.get(dataId);
    entry.references--;
    if (!force && entry.references > 0) return false;
    if ('id' in entry.content) this.pending.release(entry.content);
    this.entries.delete(dataId);
    return true;
  }

  /** Runs what `f` leaves pending as part of its time. */
  override async time(f: () => void): Promise<tf.BackendTimingInfo> {
    this.pending.flush();
    const start = tf.util.now();
    f();
    this.pending.flush();
    return { kernelMs: tf.util.now() - start };
  }

  override timerAvailable(): boolean {
    return true;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  /** How much is kept: nodes since the graph was last run as a whole, and sessions. */
  size(): ReturnType<typeof this.pending.size> {
    return this.pending.size();
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: true, reasons: ['What ONNX Runtime allocates while it runs is not counted.'] };
  }

  override dispose(): void {
    this.pending.dispose();
  }

  private contentOf({ dataId, dtype }: tf.TensorInfo): Value {
    const { content } = this.entries.get(dataId);
    if ('id' in content) return content;
    throw unsupportedType(dtype);
  }

  private own(value: Value): tf.TensorInfo {
    const dataId = {};
    this.pending.hold(value);
    this.entries.set(dataId, { content: value, references: 1 });
    return { dataId, shape: [...value.shape], dtype: dataTypeOf(value.type) };
  }
}

/** Views, and tensors of other backends, may show data under another shape or type. */
function asTensor(g: Builder, value: Value, { shape, dtype }: tf.TensorInfo): Value {
  const typed = o.cast(g, value, dataTypeOf(dtype));
  return sameShape(typed.shape, shape) ? typed : o.reshape(g, typed, shape);
}

/** bool becomes 0 or 1: ONNX Runtime relies on it. */
function copied(values: tf.backend_util.BackendValues, type: DataType): ElementData {
  const numbers = Array.isArray(values) ? values.map(Number) : values;
  return dataOf(type, type === 'bool' ? numbers.map((x: number) => (x === 0 ? 0 : 1)) : numbers);
}

function dataTypeOf(dtype: string): DataType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw unsupportedType(dtype);
}

function unsupportedType(dtype: string): HeadgateError {
  return new HeadgateError({
    code: 'UNSUPPORTED_DTYPE',
    path: `backend ${LAZY_BACKEND}`,
    problem: `the backend cannot compute with ${dtype} tensors`,
    expected: 'float32, int32 or bool',
    received: dtype,
    mend: 'Do this part on another backend, such as tf.setBackend("cpu").',
  });
}
