/** @file What every engine owes its callers: one suite that any of them can be run through. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, EngineState, HostTensor, HostTensors, Step } from '../../src/engine/engine.js';
import { createEngine } from '../../src/engine/select.js';
import { HeadgateError } from '../../src/errors.js';
import { normals, uniforms } from '../../src/random.js';
import { tf } from '../../src/tf.js';
import { closeTo, errorOf, float, int, numbers } from './host.js';
import { modelBatch, modelState, modelStep } from './model-step.js';

const key = { seed: 7, counter: 3 };

/**
 * Declares the suite for one engine. An `optional` engine that is not installed is skipped, and says why in its name;
 * any other must be there.
 */
export async function describeEngine(name: string, { optional = false } = {}): Promise<void> {
  const absent = optional ? await reasonOfAbsence(name) : null;
  const title = absent === null ? `engine ${name}` : `engine ${name} (skipped: ${absent})`;
  describe.skipIf(absent !== null)(title, () => {
    let engine: Engine;
    const states: EngineState[] = [];
    beforeAll(async () => {
      await tf.setBackend('cpu');
      engine = await createEngine(name);
    });
    afterEach(() => {
      for (const state of states.splice(0)) state.dispose();
    });
    const stateOf = async (values: HostTensors): Promise<EngineState> => {
      const state = await engine.createState(values);
      states.push(state);
      return state;
    };
    const run = async (step: Step['run'], state: EngineState, batch: HostTensors = {}): Promise<HostTensors> => {
      const compiled = engine.compile({ name: 'test', run: step });
      try {
        return await compiled.run(state, batch, key);
      } finally {
        compiled.dispose();
      }
    };

    test('has its name and leaves the backend of tfjs as it is', async () => {
      expect(engine.name).toBe(name);
      const before = tf.getBackend();
      await run(
        ({ state }) => ({ state: {}, outputs: { a: tf.neg(state.a as tf.Tensor) } }),
        await stateOf({ a: float([1]) }),
      );
      expect(tf.getBackend()).toBe(before);
    });

    describe('state', () => {
      test('keeps names, shapes, types and values', async () => {
        const values: HostTensors = {
          a: float([1, -2.5, 3e8, 0], [2, 2]),
          b: int([-5, 7]),
          c: { shape: [3], dtype: 'bool', data: Uint8Array.of(1, 0, 1) },
          scalar: float([4], []),
          empty: float([], [0, 3]),
        };
        const state = await stateOf(values);
        expect(state.names).toEqual(['a', 'b', 'c', 'scalar', 'empty']);
        expect(await state.read()).toEqual(values);
        expect(await state.read(['scalar', 'b'])).toEqual({ scalar: values.scalar, b: values.b });
      });

      test('copies what it is given and what it gives', async () => {
        const given = float([1, 2]);
        const state = await stateOf({ a: given });
        given.data.fill(9);
        const first = await state.read();
        expect(numbers(first.a)).toEqual([1, 2]);
        (first.a as HostTensor).data.fill(9);
        expect(numbers((await state.read()).a)).toEqual([1, 2]);
        const next = float([3, 4]);
        await state.write({ a: next });
        next.data.fill(9);
        expect(numbers((await state.read()).a)).toEqual([3, 4]);
      });

      test('writes some tensors, or none when one does not fit', async () => {
        const state = await stateOf({ weights: float([1, 2]), bias: float([3]) });
        await state.write({ bias: float([4]) });
        expect(numbers((await state.read()).bias)).toEqual([4]);
        for (const wrong of [
          { weights: float([1, 2, 3]) },
          { weights: float([1, 2], [1, 2]) },
          { weights: int([1, 2]) },
        ]) {
          const error = await errorOf(() => state.write({ bias: float([5]), ...wrong }));
          expect(error.code).toBe('STATE_MISMATCH');
          expect(error.path).toBe('state.weights');
          expect(error.expected).toBe('float32[2]');
        }
        const unknown = await errorOf(() => state.write({ bias: float([5]), weihgts: float([1, 2]) }));
        expect([unknown.code, unknown.suggestion]).toEqual(['STATE_MISMATCH', 'weights']);
        expect((await errorOf(() => state.read(['weihgts']))).suggestion).toBe('weights');
        expect(numbers((await state.read()).bias)).toEqual([4]);
      });

      test('takes names that are properties of every object', async () => {
        const names = ['__proto__', 'constructor', 'toString'];
        const state = await stateOf(Object.fromEntries(names.map((own, i) => [own, float([i])])));
        const outputs = await run(
          (step) => ({
            state: Object.fromEntries(names.map((own) => [own, tf.add(step.state[own] as tf.Tensor, 1)])),
            outputs: Object.fromEntries(names.map((own) => [own, tf.mul(step.batch[own] as tf.Tensor, 2)])),
          }),
          state,
          Object.fromEntries(names.map((own, i) => [own, float([i * 10])])),
        );
        const after = await state.read();
        expect(names.map((own) => Object.getOwnPropertyDescriptor(after, own)?.value.data[0])).toEqual([1, 2, 3]);
        expect(names.map((own) => Object.getOwnPropertyDescriptor(outputs, own)?.value.data[0])).toEqual([0, 20, 40]);
      });

      test('of another engine is refused', async () => {
        const other = await createEngine(name === 'cpu' ? 'wasm' : 'cpu');
        const state = await other.createState({ a: float([1]) });
        const error = await errorOf(() => run(() => ({ state: {}, outputs: {} }), state));
        expect(error.code).toBe('STATE_MISMATCH');
        state.dispose();
      });
    });

    describe('a step', () => {
      test('replaces the state it returns and leaves the rest', async () => {
        const state = await stateOf({ a: float([1, 2]), b: float([3]) });
        const step: Step['run'] = ({ state, batch }) => ({
          state: { a: tf.add(state.a as tf.Tensor, batch.x as tf.Tensor) },
          outputs: { sum: tf.sum(state.a as tf.Tensor) },
        });
        const compiled = engine.compile({ name: 'test', run: step });
        expect(numbers((await compiled.run(state, { x: float([10, 20]) }, key)).sum)).toEqual([3]);
        const outputs = await compiled.run(state, { x: float([1, 1]) }, key);
        expect(outputs).toEqual({ sum: float([33], []) });
        expect(await state.read()).toEqual({ a: float([12, 23]), b: float([3]) });
        compiled.dispose();
        expect((await errorOf(() => compiled.run(state, { x: float([1, 1]) }, key))).code).toBe('DISPOSED');
      });

      test('may return tensors as they are: unchanged, swapped, doubled, of the batch', async () => {
        const state = await stateOf({
          same: float([1]),
          left: float([2]),
          right: float([3]),
          x: float([4]),
          y: float([5]),
        });
        const batch = float([6]);
        const outputs = await run(
          ({ state, batch }) => ({
            state: {
              same: state.same as tf.Tensor,
              left: state.right as tf.Tensor,
              right: state.left as tf.Tensor,
              x: batch.x as tf.Tensor,
              y: batch.x as tf.Tensor,
            },
            outputs: { left: state.left as tf.Tensor, x: batch.x as tf.Tensor, again: batch.x as tf.Tensor },
          }),
          state,
          { x: batch },
        );
        batch.data.fill(0);
        for (const output of Object.values(outputs)) output.data.fill(0);
        const after = Object.entries(await state.read()).map(([own, value]) => [own, value.data[0]]);
        expect(Object.fromEntries(after)).toEqual({ same: 1, left: 3, right: 2, x: 6, y: 6 });
        expect(
          numbers((await run(({ state }) => ({ state: {}, outputs: { s: state.same as tf.Tensor } }), state)).s),
        ).toEqual([1]);
      });

      test('works on int32 and bool', async () => {
        const state = await stateOf({
          count: int([1, 2]),
          seen: { shape: [2], dtype: 'bool', data: Uint8Array.of(0, 1) },
        });
        const outputs = await run(
          ({ state, batch }) => ({
            state: {
              count: tf.add(state.count as tf.Tensor, batch.n as tf.Tensor),
              seen: tf.logicalOr(state.seen as tf.Tensor, tf.greater(batch.n as tf.Tensor, 4)),
            },
            outputs: {
              not: tf.logicalNot(state.seen as tf.Tensor),
              double: tf.mul(batch.n as tf.Tensor, tf.scalar(2, 'int32')),
            },
          }),
          state,
          { n: int([5, -3]) },
        );
        expect(await state.read()).toEqual({
          count: int([6, -1]),
          seen: { shape: [2], dtype: 'bool', data: Uint8Array.of(1, 1) },
        });
        expect(outputs).toEqual({
          not: { shape: [2], dtype: 'bool', data: Uint8Array.of(1, 0) },
          double: int([10, -6]),
        });
      });

      test('that returns a state which does not fit leaves it as it was', async () => {
        const state = await stateOf({ weights: float([1, 2]), bias: float([3]) });
        const wrong: readonly Step['run'][] = [
          ({ state }) => ({ state: { bias: tf.neg(state.bias as tf.Tensor), weights: tf.zeros([3]) }, outputs: {} }),
          ({ state }) => ({
            state: { bias: tf.neg(state.bias as tf.Tensor), weights: tf.zeros([2], 'int32') },
            outputs: {},
          }),
          ({ state }) => ({ state: { bias: tf.neg(state.bias as tf.Tensor), weihgts: tf.zeros([2]) }, outputs: {} }),
        ];
        for (const step of wrong) {
          expect((await errorOf(() => run(step, state))).code).toBe('STATE_MISMATCH');
          expect(await state.read()).toEqual({ weights: float([1, 2]), bias: float([3]) });
        }
      });

      test('that throws, or whose outputs are not accepted, leaves the state as it was and no tensor behind', async () => {
        const state = await stateOf({ a: float([1, 2]) });
        const tensors = tf.memory().numTensors;
        const failing: Step['run'] = ({ state }) => {
          tf.valueAndGrads((a: tf.Tensor) => {
            a.mul(2);
            throw new RangeError('stop here');
          })([state.a as tf.Tensor]);
          throw new Error('not reached');
        };
        await expect(run(failing, state)).rejects.toThrow('stop here');
        const compiled = engine.compile({
          name: 'test',
          run: ({ state }) => ({
            state: { a: tf.neg(state.a as tf.Tensor) },
            outputs: { a: tf.sum(state.a as tf.Tensor) },
          }),
        });
        const refused: unknown[] = [];
        const refuse = (outputs: HostTensors): void => {
          refused.push(numbers(outputs.a));
          throw new RangeError('not accepted');
        };
        await expect(compiled.run(state, {}, key, refuse)).rejects.toThrow(new RangeError('not accepted'));
        expect(refused).toEqual([[3]]);
        expect(numbers((await state.read()).a)).toEqual([1, 2]);
        expect(tf.memory().numTensors).toBe(tensors);
        await compiled.run(state, {}, key, () => {});
        expect(numbers((await state.read()).a)).toEqual([-1, -2]);
        compiled.dispose();
      });

      test('keeps the number of tensors constant, and none after it is disposed', async () => {
        const before = tf.memory().numTensors;
        const state = await engine.createState(modelState());
        const compiled = engine.compile(modelStep(0.1));
        const counts: number[] = [];
        for (let counter = 0; counter < 4; counter++) {
          await compiled.run(state, modelBatch(counter), { seed: 1, counter });
          counts.push(tf.memory().numTensors);
        }
        expect(new Set(counts).size).toBe(1);
        compiled.dispose();
        state.dispose();
        expect(tf.memory().numTensors).toBe(before);
      });
    });

    describe('random draws', () => {
      const draw: Step['run'] = ({ random }) => ({
        state: {},
        outputs: {
          first: random.uniform([3, 5], 'first'),
          second: random.uniform([3, 5], 'second'),
          normal: random.normal([7], 'first'),
        },
      });

      test('are those of the key and the stream, to the bit', async () => {
        const state = await stateOf({ a: float([0]) });
        const compiled = engine.compile({ name: 'test', run: draw });
        for (const own of [key, { seed: 7, counter: 4 }, { seed: 8, counter: 3 }, key]) {
          expect(await compiled.run(state, {}, own)).toEqual({
            first: { shape: [3, 5], dtype: 'float32', data: uniforms({ ...own, stream: 'first' }, 15) },
            second: { shape: [3, 5], dtype: 'float32', data: uniforms({ ...own, stream: 'second' }, 15) },
            normal: { shape: [7], dtype: 'float32', data: normals({ ...own, stream: 'first' }, 7) },
          });
        }
        compiled.dispose();
      });
    });

    describe('training', () => {
      test('gives the gradients and the weights of the cpu engine, and the same bytes twice', async () => {
        const train = async (on: Engine): Promise<{ outputs: HostTensors; state: HostTensors }> => {
          const state = await on.createState(modelState());
          const compiled = on.compile(modelStep(0.1));
          let outputs: HostTensors = {};
          for (let counter = 0; counter < 3; counter++) {
            outputs = await compiled.run(state, modelBatch(counter), { seed: 1, counter });
          }
          const after = await state.read();
          compiled.dispose();
          state.dispose();
          return { outputs, state: after };
        };
        const expected = await train(await createEngine('cpu'));
        const received = await train(engine);
        closeTo(received.outputs, expected.outputs, 1e-4);
        closeTo(received.state, expected.state, 1e-4);
        expect(await train(engine)).toEqual(received);
      });
    });
  });
}

async function reasonOfAbsence(name: string): Promise<string | null> {
  try {
    await createEngine(name);
    return null;
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'ENGINE_UNAVAILABLE')
      return error.message.split('\n')[0] ?? '';
    throw error;
  }
}
