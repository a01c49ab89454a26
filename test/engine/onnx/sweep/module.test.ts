/** @file Which sweeps share generated code: those of one structure, whatever their sizes and names. */
import { expect, test } from 'vitest';
import { structureOf, sweepModule } from '../../../../src/engine/onnx/sweep/module.js';
import type { Operation, Spread, Sweep } from '../../../../src/engine/onnx/sweep/plan.js';

interface Parts {
  readonly size?: number;
  readonly spread?: Spread;
  readonly operator?: Operation['operator'];
  readonly at?: number;
  readonly state?: string;
}

/** w + f and |w + f|, of which one is the next state. */
function sweep({ size = 8, spread = 'row', operator = 'Add', at = 1, state = 'state/w' }: Parts = {}): Sweep {
  return {
    size,
    columns: 4,
    operands: [
      { port: state, size, spread: 'full' },
      { port: 'sweep/0', size: 4, spread },
    ],
    operations: [
      {
        operator,
        arguments: [
          { from: 'operand', at: 0 },
          { from: 'operand', at: 1 },
        ],
      },
      { operator: 'Abs', arguments: [{ from: 'operation', at: 0 }] },
    ],
    results: [{ state, at }],
  };
}

test.each<[string, Parts]>([
  ['the spread of an operand', { spread: 'scalar' }],
  ['an operator', { operator: 'Sub' }],
  ['the operation that gives a result', { at: 0 }],
])('%s makes other code', (_, parts) => {
  expect(structureOf(sweep(parts))).not.toBe(structureOf(sweep()));
  expect([...sweepModule(sweep(parts))]).not.toEqual([...sweepModule(sweep())]);
});

test('sizes and names do not', () => {
  const other = sweep({ size: 12, state: 'state/b' });
  expect(structureOf(other)).toBe(structureOf(sweep()));
  expect([...sweepModule(other)]).toEqual([...sweepModule(sweep())]);
});
