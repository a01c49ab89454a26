/** @file Diabetes a year on: how far it progressed, and whether far. */
import { binary, readCsv, regression, vector } from 'headgate';
import type { QualityCase } from '../case.js';

/** What counts as far; a quarter of the patients lie above. */
const FAR = 211;

export const diabetes: QualityCase = {
  name: 'diabetes',
  title: 'progression of 442 patients, as a number and as above a bound, from 10 columns',
  inputs: { patient: vector({ columns: ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6'] }) },
  tasks: {
    progression: { kind: regression(), metric: 'r2' },
    far: { kind: binary(), metric: 'roc_auc' },
  },
  shares: { train: 0.7, test: 0.3 },
  read: async () => {
    const { table } = await readCsv(new URL('../data/diabetes.csv', import.meta.url));
    return table.derive('far', ({ progression }) => Number(progression) > FAR);
  },
};
