/** @file Every kernel that can be recorded. */
import type { Kernel } from '../kernel.js';
import { checked } from './checks.js';
import { convolution } from './convolution.js';
import { creation } from './creation.js';
import { dilation } from './dilation.js';
import { elementwise } from './elementwise.js';
import { guarded } from './guard.js';
import { image } from './image.js';
import { indexing } from './indexing.js';
import { linear } from './linear.js';
import { logic } from './logic.js';
import { normalisation } from './normalisation.js';
import { pooling } from './pooling.js';
import { reductions } from './reductions.js';
import { shape } from './shape.js';

export const kernels: readonly Kernel[] = [
  ...elementwise,
  ...logic,
  ...reductions,
  ...shape,
  ...creation,
  ...indexing,
  ...linear,
  ...convolution,
  ...pooling,
  ...normalisation,
  ...image,
  ...dilation,
].map((kernel) => checked(guarded(kernel)));
