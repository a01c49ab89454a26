import { expect, expectTypeOf, test } from 'vitest';
import { type Condition, defineKind, HeadgateError, Project, type TaskKind, tf, vector } from '../../src/index.js';

/** The six parts that every kind needs, for a number that is its own logit. */
const parts = {
  kind: 'test/level',
  encode: (label: unknown, cell: { values: Float64Array; present: Uint8Array; offset: number }) => {
    if (typeof label !== 'number') return;
    cell.values[cell.offset] = label;
    cell.present[cell.offset] = 1;
  },
  loss: (logits: tf.Tensor, targets: tf.Tensor) => logits.sub(targets).square(),
  activate: (logits: tf.Tensor) => logits,
  decode: ({ activated }: { activated: Float32Array }) => Float64Array.from(activated),
  value: (decoded: Float64Array, offset: number) => Number(decoded[offset]),
};

test('six parts make a kind; what is left out has its default', () => {
  const kind = defineKind(parts);
  expect(kind).toMatchObject({ options: {}, width: 1, units: 1, weight: 1, lossKey: null, thresholds: null });
  expect([kind.metrics, kind.predicates, kind.probability(Float32Array.of(0.5), 0)]).toEqual([[], {}, null]);
  expect(Object.isFrozen(kind)).toBe(true);
  const row = { logits: Float32Array.of(1.5), activated: Float32Array.of(1.5), decoded: Float64Array.of(1.5) };
  expect(kind.explain('level', row).text).toBe('level | decoded: 1.5000, activated: 1.5000, logits: 1.5000');
  expectTypeOf(kind).toEqualTypeOf<TaskKind<number, Readonly<Record<never, never>>, null>>();
});

test('a part that is undefined counts as left out; units follow the width unless they are given', () => {
  expect(defineKind({ ...parts, weight: undefined, width: 3 })).toMatchObject({ weight: 1, width: 3, units: 3 });
  const wide = defineKind({ ...parts, width: 2, units: 5, weight: 0.5, lossKey: 'level' });
  expect(wide).toMatchObject({ width: 2, units: 5, weight: 0.5, lossKey: 'level' });
  const row = { logits: Float32Array.of(0, 1), activated: Float32Array.of(0, 1), decoded: Float64Array.of(2, 3) };
  expect(wide.explain('level', row).text).toContain('decoded: [2.0000, 3.0000], activated: [0.0000, 1.0000]');
});

test('a kind so made trains and predicts, and with a truth it is a condition', async () => {
  const high = defineKind({
    ...parts,
    predicates: { isHigh: () => ({ element: 0, above: 1 }) },
    truth: 'isHigh',
    probability: (activated, offset) => Number(activated[offset]) / 2,
  });
  const project = new Project({
    name: 'tank',
    inputs: { x: vector({ columns: ['inflow'] }) },
    tasks: { level: high, spill: defineKind(parts) },
    backbone: ({ x }) => ({ features: tf.layers.dense({ units: 1, kernelInitializer: 'ones' }).apply(x) }),
  }).flow('tank', (task, x) => {
    const level = task.level(x.features);
    expectTypeOf(level.not()).toEqualTypeOf<Condition>();
    return [level, task.spill(x.features).given(level)];
  });
  const rows = Array.from({ length: 32 }, (_, i) => ({ inflow: i / 16, level: i / 16, spill: i > 16 ? i / 8 : null }));
  const { epochs } = await project.fit(rows, { engine: 'cpu', epochs: 30, progress: false, onNote: () => {} });
  expect(Number(epochs.at(-1)?.tasks.level)).toBeLessThan(Number(epochs[0]?.tasks.level));
  const [row] = await project.predict([{ inflow: -9 }], { engine: 'cpu', probabilities: true, onNote: () => {} });
  expect(row?.level).toEqual({ value: expect.any(Number), probability: Number(row?.level.value) / 2 });
  expect(row?.spill).toBeNull();
  project.dispose();
});

test.each([
  ['nothing', undefined, 'defineKind'],
  ['no name', { ...parts, kind: '' }, ''],
  ['no loss', { ...parts, loss: undefined }, 'test/level'],
  ['no logits', { ...parts, units: 0 }, 'test/level'],
  ['a width of 0', { ...parts, width: 0 }, 'test/level'],
  ['a truth that is no question', { ...parts, truth: 'isHigh' }, 'test/level'],
])('%s is INVALID_KIND', (_, given, path) => {
  const error = (() => {
    try {
      return defineKind(given as never);
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(HeadgateError);
  expect(error).toMatchObject({ code: 'INVALID_KIND', path });
});
