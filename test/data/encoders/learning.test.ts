import { expect, test } from 'vitest';
import { summarise } from '../../../src/data/encoders/column-summary.js';
import { encoderOf } from '../../../src/data/encoders/encoder.js';
import { learnInputs, pixelScale, standardised } from '../../../src/data/encoders/learning.js';
import { createInputBinder } from '../../../src/data/inputs.js';
import { tablePath } from '../../../src/data/row-path.js';
import { image, Table, vector } from '../../../src/index.js';

function learntOf(values: readonly number[]) {
  const fold = summarise(100);
  for (const value of values) fold.add(value);
  return standardised(fold.result());
}

test.each<[string, number[], { origin: number; centre: number; scale: number }]>([
  ['median and quartiles', [0, 1, 2, 3, 4], { origin: 0, centre: 2, scale: 1 / 2 }],
  ['quartiles that are one value: half the range', [0, 0, 0, 0, 0, 0, 0, 8], { origin: 0, centre: 0, scale: 1 / 4 }],
  ['one value', [7, 7, 7], { origin: 0, centre: 7, scale: 0 }],
  ['one row', [3], { origin: 0, centre: 3, scale: 0 }],
  ['1e30', [0, 1e30, 2e30, 3e30, 4e30], { origin: 0, centre: 2e30, scale: 1 / 2e30 }],
  ['1e-30', [0, 1e-30, 2e-30, 3e-30, 4e-30], { origin: 0, centre: 2e-30, scale: 1 / 2e-30 }],
  ['differences that float32 does not hold', [0, 1e-44, 2e-44, 4e-44, 6e-44], { origin: 2e-44, centre: 0, scale: 0 }],
  ['seconds since 1970', [1.7e9, 1.7e9 + 1, 1.7e9 + 2], { origin: 1.7e9 + 1, centre: 0, scale: 1 }],
])('%s', (_, values, expected) => {
  const { origin, centre, scale } = learntOf(values);
  expect([origin, centre]).toEqual([expected.origin, expected.centre]);
  if (expected.scale === 0) expect(scale).toBe(0);
  else expect(scale / expected.scale).toBeCloseTo(1, 12);
});

test('one enormous row moves the others by nothing', () => {
  const plain = Array.from({ length: 101 }, (_, i) => i);
  expect(learntOf([...plain, 1e9]).scale / learntOf(plain).scale).toBeCloseTo(1, 1);
});

test.each<[number, number, boolean, number]>([
  [0, 255, true, 1 / 255],
  [0, 12, true, 1 / 255], // dark bytes
  [0, 255, false, 1 / 255],
  [0, 200, false, 1 / 255],
  [0, 1, false, 1],
  [0, 0, false, 1],
  [-1, 1, false, 1],
  [0, 16, false, 1 / 16],
  [0, 65_535, false, 1 / 65_535],
  [-128, 127, false, 1 / 128],
])('pixels from %d to %d (bytes: %s) are multiplied by %d', (least, greatest, areBytes, scale) => {
  expect(pixelScale(least, greatest, areBytes)).toBe(scale);
});

test('what is learnt does not depend on how the rows are cut, and names and arrays are read alike', () => {
  const rows = Array.from({ length: 50 }, (_, i) => {
    const [a, b] = [Math.sin(i) * 40, 1.7e9 + ((i * 7919) % 977)];
    return { a, b, both: [a, Math.fround(b)], frame: Uint8Array.of(i, 2 * i, 3 * i, 4 * i) };
  });
  const specs = {
    named: vector({ columns: ['a', 'b'] }),
    both: vector({ size: 2 }),
    frame: image({ height: 2, width: 2, channels: 1 }),
    off: vector({ columns: ['a'], standardise: false }),
    own: image({ height: 2, width: 2, channels: 1, scale: 2 }),
  };
  const table = Table.fromRecords(rows.map((row) => ({ ...row, own: row.frame })));
  const learnt = (size: number) => {
    const learning = learnInputs(specs);
    const binder = createInputBinder(specs);
    for (let start = 0; start < 50; start += size) {
      const part = table.slice(start, Math.min(50, start + size));
      learning.see(part, binder.bind(part, tablePath(part.ids)));
    }
    return learning.result();
  };
  const whole = learnt(50);
  expect([...whole.keys()]).toEqual(['named', 'both', 'frame']);
  for (const size of [1, 7, 49]) expect(learnt(size)).toEqual(whole);
  const named = encoderOf({ ...specs.named, encoder: whole.get('named') as never });
  const both = encoderOf({ ...specs.both, encoder: whole.get('both') as never });
  if (named?.kind !== 'standardise' || both?.kind !== 'standardise') throw new Error('not learnt');
  expect(named.state.origins[0]).toBe(0);
  expect(named.state.origins[1]).toBeGreaterThan(1.69e9);
  expect(both.state.origins).toEqual([0, 0]); // an array of float32 has lost it already
  expect(both.state.scales[0]).toBeCloseTo(named.state.scales[0] ?? Number.NaN, 6);
  expect(whole.get('frame')).toEqual({ kind: 'range', state: { least: 0, greatest: 196, scale: 1 / 255 } });
  expect(learnInputs({ off: specs.off, own: specs.own }).isDone).toBe(true);
});

test.each<[string, unknown]>([
  ['too few numbers', { kind: 'standardise', state: { origins: [0], centres: [0, 0], scales: [1, 1] } }],
  ['no finite number', { kind: 'standardise', state: { origins: [0, 0], centres: [0, null], scales: [1, 1] } }],
  ['no state of its kind', { kind: 'standardise', state: 3 }],
  ['no known kind', { kind: 'words', state: {} }],
])('an encoder of a file with %s is refused', (_, encoder) => {
  const spec = { ...vector({ size: 2 }), encoder: encoder as never };
  expect(() => encoderOf(spec, 'inputs.x')).toThrow(/INVALID_FLOW at inputs\.x\.encoder/);
});
