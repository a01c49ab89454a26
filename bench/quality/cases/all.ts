/** @file Every case, in the order in which they are shown. */
import type { QualityCase } from '../case.js';
import { cancer } from './cancer.js';
import { diabetes } from './diabetes.js';
import { digits } from './digits.js';
import { mixed } from './mixed.js';
import { mnist } from './mnist.js';
import { titanic } from './titanic.js';
import { wine } from './wine.js';

export const cases: readonly QualityCase[] = [wine, cancer, diabetes, titanic, digits, mnist, mixed];
