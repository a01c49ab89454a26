/** @file The passengers of `flows/titanic`, with its tasks and conditions. */
import path from 'node:path';
import { binary, boundedRegression, vector } from 'headgate';
import type { QualityCase } from '../case.js';
import { columns, readPassengers } from '../passengers.js';

export const titanic: QualityCase = {
  name: 'titanic',
  title: 'survival of 1,309 passengers; a lifeboat given it, a body recovered given not; age',
  inputs: { passenger: vector({ columns }) },
  tasks: {
    survived: { kind: binary(), metric: 'roc_auc' },
    lifeboat: { kind: binary(), metric: 'roc_auc', given: { task: 'survived', holds: true } },
    bodyRecovered: { kind: binary(), metric: 'roc_auc', given: { task: 'survived', holds: false } },
    age: { kind: boundedRegression({ min: 0, max: 100 }), metric: 'r2' },
  },
  shares: { train: 0.7, test: 0.3 },
  read: async (data) => {
    const { table } = await readPassengers(path.join(data, 'titanic3.csv'));
    return table.derive('survived', ({ survived }) => survived === 1);
  },
};
