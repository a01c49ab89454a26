/** @file Equal settings make equal prints, to the byte of the file they stand in. */
import { expect, test } from 'vitest';
import { tf } from '../../src/tf.js';
import { apply, networkOf } from '../support/networks.js';

/** Passes its input on; its configuration is what it was given, in that order. */
class Configured extends tf.layers.Layer {
  static className = 'TestConfigured';
  private readonly own: Readonly<Record<string, unknown>>;
  constructor(own: Readonly<Record<string, unknown>>) {
    super({ name: 'configured' });
    this.own = own;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return [inputs].flat()[0] as tf.Tensor; // one input
  }
  override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
    return shape as tf.Shape; // one input
  }
  override getConfig(): tf.serialization.ConfigDict {
    return { ...this.own } as tf.serialization.ConfigDict; // any plain data
  }
}

const printed = (own: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(networkOf(['f'], (x) => ({ f: apply(new Configured(own), x) })).fingerprint.uses.at(-1)?.config);

test('keys are sorted at every depth; what is not set is left out; what JSON has not is text', () => {
  const expected = '{"a":[1,{"x":1,"y":2}],"b":{"p":true,"q":"NaN"},"c":"Infinity","d":"function"}';
  const a = [1, { y: 2, x: 1 }];
  const d = () => 1;
  const c = Number.POSITIVE_INFINITY;
  expect(printed({ d, a, c, b: { q: Number.NaN, p: true, r: null }, e: undefined, f: null })).toBe(expected);
  expect(printed({ b: { p: true, q: Number.NaN }, c, d, a })).toBe(expected);
  expect(printed({ a, b: { p: true, q: Number.NaN }, c, d, name: 'another', trainable: false })).toBe(expected);
  expect(printed({ a, b: { p: false, q: Number.NaN }, c, d })).not.toBe(expected);
});
