import { expect, test } from 'vitest';
import { Turns } from '../../src/project/turns.js';

test('one after another, in the order in which they were asked for; a failure is its caller’s alone', async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const task = (name: string, ticks: number) => async () => {
    seen.push(`${name} begins`);
    for (let i = 0; i < ticks; i++) await Promise.resolve();
    seen.push(`${name} ends`);
    if (name === 'b') throw new RangeError(name);
    return name;
  };
  const [a, b, c] = [turns.take(task('a', 9)), turns.take(task('b', 3)), turns.take(task('c', 0))];
  expect(await a).toBe('a');
  await expect(b).rejects.toThrow(RangeError);
  expect(await c).toBe('c');
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});
