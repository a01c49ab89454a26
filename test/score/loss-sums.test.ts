import { expect, test } from 'vitest';
import { binary } from '../../src/index.js';
import { lossesOf } from '../../src/score/fold.js';
import { LossSums } from '../../src/score/loss-sums.js';
import { bench, datasetOf, scoresFrom } from '../evaluate/flows.js';

const single = bench({ a: binary() }, ['a']);
const tensor = (...values: number[]) =>
  ({ shape: [values.length], dtype: 'float32', data: Float32Array.from(values) }) as const;

test('a step that lost an output is not taken for one without a loss', () => {
  const sums = new LossSums(single.layout);
  sums.add({ loss: tensor(0.5), sums: tensor(3), counts: tensor(4) });
  expect(sums.record()).toMatchObject({ loss: 0.75, tasks: { a: 0.75 } });
  expect(() => sums.add({ loss: tensor(0.5), counts: tensor(4) })).toThrow('the step gave no sums');
  expect(() => sums.add({ sums: tensor(3), counts: tensor(4) })).toThrow('the step gave no loss');
});

test('losses that are not there, or of other rows, do not read as 0', () => {
  const truth = datasetOf(single, [{ a: true }, { a: false }]);
  expect(() => new LossSums(single.layout).addElements(truth, new Float32Array(0))).toThrow('0 losses for 2 rows');
  expect(() => lossesOf({ ...scoresFrom(2, { a: [[0.5], [0.5]] }), elementLosses: null })).toThrow('have no losses');
});
