import { expect, test } from 'vitest';
import { createContention, type Machine } from '../../src/engine/contention.js';

/** A machine whose time is set by hand; `pass` lets seconds go by with so many processors' worth of work. */
function machine(processors: number, isRationed = false) {
  const times = { at: 0, busy: 0, own: 0 };
  let looks = 0;
  const own: Machine = {
    processors,
    isRationed,
    now: () => times.at,
    look: () => {
      looks++;
      return { ...times };
    },
  };
  const pass = (seconds: number, ownWork: number, others: number): void => {
    times.at += seconds * 1000;
    times.own += seconds * 1000 * ownWork;
    times.busy += seconds * 1000 * (ownWork + others);
  };
  return { own, pass, looks: () => looks };
}

test('alone it is not shared; with another it is, at the next look; and not any more when that was quiet for a while', () => {
  const { own, pass } = machine(2);
  const isShared = createContention(2, own);
  expect(isShared()).toBe(false);
  pass(1, 2, 0.05);
  expect(isShared()).toBe(false);
  pass(1, 1.3, 0.7);
  expect(isShared()).toBe(true);
  const after: boolean[] = [];
  for (let i = 0; i < 4; i++) {
    pass(1, 2, 0);
    after.push(isShared());
  }
  expect(after).toEqual([true, true, false, false]);
});

test('between the two bounds it stays what it was, and a busy look starts the quiet ones anew', () => {
  const { own, pass } = machine(2);
  const isShared = createContention(2, own);
  const look = (others: number): boolean => {
    pass(1, 1, others);
    return isShared();
  };
  expect(look(0.2)).toBe(false);
  expect(look(0.31)).toBe(true);
  expect([look(0), look(0), look(0.2), look(0), look(0)]).toEqual([true, true, true, true, true]);
  expect(look(0)).toBe(false);
});

test('processors that our threads leave free are free for others', () => {
  const { own, pass } = machine(8);
  const isShared = createContention(2, own);
  pass(1, 2, 6);
  expect(isShared()).toBe(false);
  pass(1, 1.5, 6.4);
  expect(isShared()).toBe(true);
});

test('it looks twice a second, however often it is asked', () => {
  const { own, pass, looks } = machine(2);
  const isShared = createContention(2, own);
  for (let i = 0; i < 1000; i++) {
    pass(0.001, 2, 0);
    isShared();
  }
  expect(looks()).toBe(3);
});

test('rationed time is never spent on waiting; more threads than processors share them; one thread waits for nobody', () => {
  const rationed = machine(8, true);
  expect(createContention(2, rationed.own)()).toBe(true);
  const few = machine(1);
  expect(createContention(2, few.own)()).toBe(true);
  const single = machine(1);
  const isShared = createContention(1, single.own);
  single.pass(1, 0.5, 0.5);
  expect(isShared()).toBe(false);
  expect([rationed.looks(), few.looks(), single.looks()]).toEqual([0, 0, 0]);
});
