/** @file Wines of three cultivars: which it is, its alcohol and its colour, from the other measurements. */
import { classification, readCsv, regression, vector } from 'headgate';
import type { QualityCase } from '../case.js';

const columns = [
  'malicAcid',
  'ash',
  'alcalinityOfAsh',
  'magnesium',
  'totalPhenols',
  'flavanoids',
  'nonflavanoidPhenols',
  'proanthocyanins',
  'hue',
  'od280Od315OfDilutedWines',
  'proline',
] as const;

export const wine: QualityCase = {
  name: 'wine',
  title: 'cultivar, alcohol and colour of 178 wines from 11 measurements',
  inputs: { wine: vector({ columns }) },
  tasks: {
    cultivar: { kind: classification({ classes: ['class_0', 'class_1', 'class_2'] }), metric: 'accuracy' },
    alcohol: { kind: regression(), metric: 'r2' },
    colorIntensity: { kind: regression(), metric: 'r2' },
  },
  shares: { train: 0.7, test: 0.3 },
  read: async () => (await readCsv(new URL('../data/wine.csv', import.meta.url))).table,
};
