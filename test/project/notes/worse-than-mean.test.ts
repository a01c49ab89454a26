import { expect, test } from 'vitest';
import { binary, Project, regression, vector } from '../../../src/index.js';
import { worseThanMean } from '../../../src/project/notes/worse-than-mean.js';
import type { EpochRecord, History } from '../../../src/train/history.js';

const historyOf = (metrics: readonly Readonly<Record<string, Readonly<Record<string, number | null>>>>[]): History => {
  const epochs = metrics.map((own) => ({ validation: { metrics: own } }) as unknown as EpochRecord); // all that is read
  return { epochs, kept: null } as unknown as History; // likewise
};

test('an R² below 0 in the last epoch, and nowhere else', () => {
  const first = { age: { r2: -3 }, height: { r2: 0.2 }, open: { accuracy: 0 } };
  const last = { age: { r2: -0.227 }, height: { r2: 0 }, width: { r2: null }, open: { accuracy: 0 } };
  expect(worseThanMean(historyOf([first, last]))).toEqual([
    { code: 'WORSE_THAN_MEAN', path: 'age', text: expect.stringContaining('its R² is -0.23: ') },
  ]);
  expect(worseThanMean(historyOf([last, { ...first, age: { r2: 0.1 } }]))).toEqual([]);
  expect(worseThanMean(historyOf([]))).toEqual([]);
  expect(worseThanMean({ epochs: [{ validation: null }], kept: null } as unknown as History)).toEqual([]); // as above
});

const rows = Array.from({ length: 64 }, (_, i) => ({ x: i / 64, years: 1990 + (i % 8) + i / 64, open: i % 2 }));
const project = () =>
  new Project({
    name: 'years',
    inputs: { x: vector({ size: 1 }) },
    tasks: { years: regression(), open: binary() },
    seed: 1,
  }).flow('full', (task, x) => [task.years(x.features), task.open(x.features)]);
const fitting = { engine: 'cpu', epochs: 1, progress: false, onNote: () => {} } as const;

test('validation rows of other years: the fit says so, where it has rows to measure', async () => {
  const codes = (notes: readonly { readonly code: string; readonly path: string }[]) =>
    notes.map(({ code, path }) => `${code} ${path}`);
  const later = rows.map((row) => ({ ...row, years: row.years + 100 }));
  expect(codes((await project().fit(rows, { ...fitting, validation: later })).notes)).toEqual([
    'WORSE_THAN_MEAN years',
  ]);
  expect(codes((await project().fit(rows, fitting)).notes)).toEqual([]);
});
