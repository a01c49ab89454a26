/**
 * @file What TensorBoard shows, as TensorBoard's own `summary_v2` modules write it: a tensor, and the plugin that reads it.
 * Source: github.com/tensorflow/tensorboard, tensorboard/plugins/{scalar,histogram,text,image}.
 */
import { create } from '@bufbuild/protobuf';
import { HeadgateError, show } from '../../errors.js';
import { bucketsOf } from './histogram.js';
import { type Summary_Value, Summary_ValueSchema } from './proto/event_pb.js';

export type EventValue = Summary_Value;

/** Of tensorboard/compat/proto/types.proto. */
const DataType = { DT_FLOAT: 1, DT_DOUBLE: 2, DT_STRING: 7 } as const;

interface Content {
  readonly plugin: string;
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly floatVal?: number[];
  readonly stringVal?: Uint8Array[];
  readonly tensorContent?: Uint8Array;
}

function tensorValue(tag: string, { plugin, dtype, shape, ...data }: Content): EventValue {
  const dim = shape.map((size) => ({ size: BigInt(size) }));
  return create(Summary_ValueSchema, {
    tag,
    metadata: { pluginData: { pluginName: plugin } },
    value: { case: 'tensor', value: { dtype, tensorShape: { dim }, ...data } },
  });
}

/** One number. It is kept as float32, as TensorBoard keeps it: what is larger is infinite there. */
export function scalarValue(tag: string, value: number): EventValue {
  const dtype = DataType.DT_FLOAT;
  const floatVal = [Math.fround(value)];
  return tensorValue(tag, { plugin: 'scalars', dtype, shape: [], floatVal });
}

/** Markdown. */
export function textValue(tag: string, text: string): EventValue {
  const stringVal = [new TextEncoder().encode(text)];
  return tensorValue(tag, { plugin: 'text', dtype: DataType.DT_STRING, shape: [], stringVal });
}

/**
 * How numbers are spread, in buckets of equal width from the least to the greatest.
 *
 * @param count of buckets
 * @throws HeadgateError `INVALID_TENSOR` for a number that is not finite: no bucket holds it
 */
export function histogramValue(tag: string, numbers: Iterable<number>, count = 30): EventValue {
  const values = Float64Array.from(numbers);
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) {
    const problem = 'A histogram has no bucket for this number.';
    throw new HeadgateError({
      code: 'INVALID_TENSOR',
      path: tag,
      problem,
      expected: 'finite numbers',
      received: show(wrong),
    });
  }
  const buckets = bucketsOf(values, count);
  const bytes = new Uint8Array(buckets.length * 24);
  const view = new DataView(bytes.buffer);
  for (const [i, bucket] of buckets.entries()) {
    for (const [j, value] of bucket.entries()) view.setFloat64((i * 3 + j) * 8, value, true);
  }
  const tensor = { dtype: DataType.DT_DOUBLE, shape: [buckets.length, 3], tensorContent: bytes };
  return tensorValue(tag, { plugin: 'histograms', ...tensor });
}

export interface EventImage {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** The bytes of a PNG file. */
  readonly png: Uint8Array;
}

/** One picture. */
export function imageValue(tag: string, { width, height, png }: EventImage): EventValue {
  const text = new TextEncoder();
  const stringVal = [text.encode(String(width)), text.encode(String(height)), png];
  const tensor = { dtype: DataType.DT_STRING, shape: [3], stringVal };
  return tensorValue(tag, { plugin: 'images', ...tensor });
}
