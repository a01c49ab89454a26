import { expect, test } from 'vitest';
import { readDigits } from '../../flows/digits/read.js';

const table = await readDigits();
const records = table.drop('image').toRecords();

test('1,797 images, each with one digit under one of the two questions', () => {
  expect(table.rows).toBe(1797);
  const counts: Record<string, number> = {};
  for (const { hasLoop, loopDigit, plainDigit } of records) {
    expect([loopDigit === null, plainDigit === null]).toEqual([!hasLoop, hasLoop]);
    const digit = String(loopDigit ?? plainDigit);
    counts[digit] = (counts[digit] ?? 0) + 1;
  }
  expect(counts).toEqual({ 0: 178, 1: 182, 2: 177, 3: 183, 4: 181, 5: 182, 6: 181, 7: 179, 8: 174, 9: 180 });
});

test('the written area is the sum of the pixels, in pixels', () => {
  for (const row of [0, 900, 1796]) {
    const image = table.value(row, 'image') as Float32Array; // the column holds 8×8 floats
    expect(image).toHaveLength(64);
    expect(Math.max(...image)).toBeLessThanOrEqual(16);
    expect(records[row]?.writtenArea).toBe([...image].reduce((sum, value) => sum + value, 0) / 16);
  }
  expect(records[0]?.writtenArea).toBe(294 / 16);
});
