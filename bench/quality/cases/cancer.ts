/** @file Breast tumours: malignant or not, and the worst cell's area and concavity, from the means of all cells. */
import { binary, readCsv, regression, vector } from 'headgate';
import type { QualityCase } from '../case.js';

const columns = [
  'meanRadius',
  'meanTexture',
  'meanPerimeter',
  'meanArea',
  'meanSmoothness',
  'meanCompactness',
  'meanConcavity',
  'meanConcavePoints',
  'meanSymmetry',
  'meanFractalDimension',
] as const;

export const cancer: QualityCase = {
  name: 'cancer',
  title: 'malignancy, worst area and worst concavity of 569 tumours from 10 means',
  inputs: { cells: vector({ columns }) },
  tasks: {
    malignant: { kind: binary(), metric: 'roc_auc' },
    worstArea: { kind: regression(), metric: 'r2' },
    worstConcavity: { kind: regression(), metric: 'r2' },
  },
  shares: { train: 0.7, test: 0.3 },
  read: async () => {
    const { table } = await readCsv(new URL('../data/cancer.csv', import.meta.url));
    return table.derive('malignant', ({ diagnosis }) => diagnosis === 'malignant');
  },
};
