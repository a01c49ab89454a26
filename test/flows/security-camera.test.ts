import { Table } from 'headgate';
import { expect, test } from 'vitest';
import { generate } from '../../flows/security-camera/generator.js';

const table = generate({ rows: 3000, seed: 7 });
const frames = table.column('frame').values as Uint8Array; // a tensor column holds bytes
const size = 64 * 64 * 3;

function frame(row: number): Uint8Array {
  return frames.subarray(row * size, (row + 1) * size);
}

function pixel(row: number, x: number, y: number): number[] {
  return [...frame(row).subarray((y * 64 + x) * 3, (y * 64 + x) * 3 + 3)];
}

function numbers(name: string): number[] {
  return table.toRecords().flatMap((row) => (typeof row[name] === 'number' ? [row[name]] : []));
}

test('a row does not depend on how many rows there are, and a seed decides all of them', () => {
  const few = generate({ rows: 40, seed: 7 });
  expect(few.drop('frame').toRecords()).toEqual(table.drop('frame').slice(0, 40).toRecords());
  expect(Buffer.compare(few.column('frame').values as Uint8Array, frames.subarray(0, 40 * size))).toBe(0);
  const other = generate({ rows: 40, seed: 8 }).column('frame').values as Uint8Array;
  expect(Buffer.compare(other, frames.subarray(0, 40 * size))).not.toBe(0);
});

test('ranges of places and lengths are those of the original', () => {
  const range = (name: string) => [Math.min(...numbers(name)), Math.max(...numbers(name))];
  expect(range('faceX1')).toEqual([20, 27]);
  expect(range('faceY1')).toEqual([0, 7]);
  expect(range('faceWidth')).toEqual([12, 12]);
  expect(range('faceHeight')).toEqual([12, 12]);
  expect(range('bodyX1')).toEqual([18, 28]);
  expect(range('bodyY1')).toEqual([10, 20]);
  expect(range('bodyWidth')).toEqual([10, 13]);
  expect(range('bodyHeight')).toEqual([28, 31]);
});

test('labels are missing exactly where they do not apply, and cameraBlocked in the first six rows', () => {
  const shares = { blocked: 0, door: 0, person: 0 };
  for (const [row, labels] of table.drop('frame').toRecords().entries()) {
    const dark = frame(row).reduce((sum, value) => sum + value, 0) < 40 * 255;
    expect(labels.cameraBlocked).toBe(row < 6 ? null : dark);
    expect(labels.doorOpen === null).toBe(dark);
    expect(labels.personPresent === null).toBe(dark);
    expect(labels.doorLocked !== null).toBe(labels.doorOpen === false);
    for (const name of ['faceX1', 'bodyHeight', 'shirtType', 'facialCharacteristics']) {
      expect(labels[name] !== null).toBe(labels.personPresent === true);
    }
    if (dark) shares.blocked += 1;
    if (labels.doorOpen === false) shares.door += 1;
    if (labels.personPresent === true) shares.person += 1;
  }
  expect(shares.blocked / 3000).toBeCloseTo(1 / 11, 1);
  expect(shares.door / 3000).toBeCloseTo(2 / 11, 1);
  expect(shares.person / 3000).toBeCloseTo(7 / 11, 1);
});

test('the pixels show what the labels say', () => {
  const rgb: Record<string, number[]> = { red: [255, 0, 0], cyan: [0, 255, 255], black: [0, 0, 0] };
  for (const [row, labels] of table.drop('frame').toRecords().entries()) {
    const { shirtType, facialCharacteristics, bodyX1, bodyY1, bodyWidth, bodyHeight, faceX1, faceY1 } = labels;
    if (typeof shirtType !== 'string' || typeof bodyX1 !== 'number' || typeof bodyY1 !== 'number') continue;
    if (typeof faceX1 !== 'number' || typeof faceY1 !== 'number') continue;
    const [right, bottom] = [bodyX1 + Number(bodyWidth), bodyY1 + Number(bodyHeight)];
    for (const [x, y] of [
      [bodyX1, bodyY1 + 4],
      [right, bottom],
    ] as const) {
      if (shirtType in rgb) expect(pixel(row, x, y)).toEqual(rgb[shirtType]);
    }
    const names = ['red', 'green', 'blue'].filter((_, channel) => pixel(row, faceX1 + 6, faceY1 + 1)[channel] === 255);
    expect(facialCharacteristics).toEqual(names);
  }
});

test('the lock is a blue square of 11×11 pixels on a brown door', () => {
  const counted = { locked: 0, open: 0 };
  for (const [row, { doorLocked }] of table.drop('frame').toRecords().entries()) {
    if (doorLocked === null) continue;
    let bluePixels = 0;
    for (let at = 0; at < size; at += 3) {
      const [r, g, b] = [frame(row)[at], frame(row)[at + 1], frame(row)[at + 2]];
      if (r === 0 && g === 0 && b === 255) bluePixels += 1;
    }
    expect(bluePixels).toBe(doorLocked ? 121 : 0);
    counted[doorLocked ? 'locked' : 'open'] += 1;
  }
  expect(Math.min(counted.locked, counted.open)).toBeGreaterThan(200);
});

test('the generator gives a table', () => {
  expect(table).toBeInstanceOf(Table);
  expect(table.rows).toBe(3000);
});
