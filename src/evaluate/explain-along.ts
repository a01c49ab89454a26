/** @file A task along an axis in one line of a tree: what it decided at the first positions, and how many there are. */
import { show } from '../errors.js';
import { type Layout, labelStart, type TaskSlot } from '../tasks/layout.js';
import type { Decisions } from './decisions.js';

/** Characters that the answers take at most: with the name and the counts, a line of a terminal. */
const ROOM = 32;

/** Stands for a position at which the task does not apply. */
const CLOSED = '·';

/** `isName | each token: True · False True … (applies at 97 of 128)` */
export function answersLine(
  layout: Layout,
  slot: TaskSlot,
  { decoded, gates, positions: some }: Decisions,
  row: number,
): string {
  const { task, axis, positions } = slot;
  const shown: string[] = [];
  let length = 0;
  let closed = 0;
  let count = 0;
  const there = some?.(task.path)?.there ?? null;
  for (let position = 0; position < positions; position++) {
    const instance = row * positions + position;
    if (there !== null && there[instance] === 0) continue; // the row is shorter
    count++;
    const isOpen = gates.isOpen(task.path, instance);
    if (!isOpen) closed++;
    const text = isOpen ? answerText(task.kind.value(decoded, labelStart(layout, slot, instance))) : CLOSED;
    length += text.length + 1;
    if (length <= ROOM || count === 1) shown.push(text);
  }
  const more = shown.length < count ? ' …' : '';
  const whole = more === '' ? '' : ` (${count} in all)`;
  const counts = closed > 0 ? ` (applies at ${count - closed} of ${count})` : whole;
  return `${task.name} | each ${axis}: ${shown.join(' ')}${more}${counts}`;
}

/** By the form of the value, so that kinds from outside read as well as ours. */
function answerText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return value.toFixed(4);
  return typeof value === 'string' ? value : show(value);
}
