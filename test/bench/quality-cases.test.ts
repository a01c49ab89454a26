/** @file The cases of the quality bench that ship with their data: their rows, labels and projects. */
import { expect, test } from 'vitest';
import { declare, taskOf } from '../../bench/quality/case.js';
import { cases } from '../../bench/quality/cases/all.js';
import { countedLabels } from '../../bench/quality/settings.js';

const shipped = { wine: 178, cancer: 569, diabetes: 442, digits: 1797, mixed: 4000 } as const;

test.each(Object.entries(shipped))('%s has %i rows, and labels of every task to learn from', async (name, rows) => {
  const quality = cases.find((one) => one.name === name);
  if (quality === undefined) throw new Error(`no case ${name}`);
  const table = await quality.read('nowhere');
  expect(table.rows).toBe(rows);
  for (const task of Object.keys(quality.tasks)) {
    const labels = new Set(countedLabels(table, quality.tasks, task).filter((label) => label !== null));
    expect(labels.size, task).toBeGreaterThan(1);
  }
  for (const column of [...(quality.treeColumns?.numbers ?? []), ...(quality.treeColumns?.categories ?? [])]) {
    expect(table.has(column), column).toBe(true);
  }
});

test('names differ, and conditions are binary tasks declared before', () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  for (const { tasks } of cases) {
    const names = Object.keys(tasks);
    for (const [at, name] of names.entries()) {
      const { given } = taskOf(tasks, name);
      if (given === undefined) continue;
      expect(names.slice(0, at)).toContain(given.task);
      expect(taskOf(tasks, given.task).kind.kind).toBe('binary');
    }
  }
});

test('a project has the conditions among its tasks', () => {
  const digits = cases.find(({ name }) => name === 'digits');
  if (digits === undefined) throw new Error('no digits');
  const joint = String(declare(digits, Object.keys(digits.tasks), 1));
  expect(joint).toMatch(/loopDigit.*given.*hasLoop/s);
  expect(joint).toMatch(/plainDigit.*not.*hasLoop/s);
  expect(String(declare(digits, ['plainDigit'], 1))).not.toContain('hasLoop');
});
