/** @file The `cpu` engine: tfjs in plain JavaScript. Slow, always there, and what the others are compared with. */
import { registerCpuKernels } from './cpu/register.js';
import { createEagerEngine } from './eager.js';
import type { Engine } from './engine.js';

export async function createCpuEngine(): Promise<Engine> {
  registerCpuKernels();
  return createEagerEngine({ name: 'cpu', backend: 'cpu' });
}
