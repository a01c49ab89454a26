/** @file The digits of `flows/digits`, with its tasks and conditions. */
import { binary, boundedRegression, classification, image } from 'headgate';
import { ink, readDigits, side, withLoop, withoutLoop } from '../../../flows/digits/read.js';
import type { QualityCase } from '../case.js';

export const digits: QualityCase = {
  name: 'digits',
  title: '1,797 digits of 8×8: a loop; which digit with one, which without, given it; ink',
  inputs: { image: image({ height: side, width: side, channels: 1, scale: 1 / ink }) },
  tasks: {
    hasLoop: { kind: binary(), metric: 'roc_auc' },
    loopDigit: {
      kind: classification({ classes: withLoop }),
      metric: 'accuracy',
      given: { task: 'hasLoop', holds: true, whenUnknown: 'include' },
    },
    plainDigit: {
      kind: classification({ classes: withoutLoop }),
      metric: 'accuracy',
      given: { task: 'hasLoop', holds: false, whenUnknown: 'include' },
    },
    writtenArea: { kind: boundedRegression({ min: 0, max: (side * side) / 2 }), metric: 'r2' },
  },
  shares: { train: 0.7, test: 0.3 },
  read: () => readDigits(),
};
