/** @file The `webgpu` engine: tfjs's WebGPU backend on Dawn, both optional peers. */

import { importOptional, isInstalled } from '../optional-package.js';
import { initialiseBackend, unavailable } from './backend.js';
import { createEagerEngine } from './eager.js';
import type { Engine } from './engine.js';

const packages = ['webgpu', '@tensorflow/tfjs-backend-webgpu'] as const;

/** @throws HeadgateError `ENGINE_UNAVAILABLE` when a package or an adapter is missing */
export async function createWebGpuEngine(): Promise<Engine> {
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length > 0) {
    throw unavailable(
      'webgpu',
      `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not installed`,
      `Run \`npm install ${missing.join(' ')}\`, or choose another engine; see docs/engines.md.`,
    );
  }
  await initialiseBackend({
    backend: 'webgpu',
    load: async () => {
      await provideAdapter();
      await importOptional(packages[1]); // registers only where navigator.gpu is
    },
    mend: 'Check the graphics driver, or choose another engine; see docs/engines.md.',
  });
  return createEagerEngine({ name: 'webgpu', backend: 'webgpu' });
}

/** The parts of Dawn's package and of WebGPU that are used here. */
interface Dawn {
  readonly create: (flags: string[]) => Gpu;
  readonly globals: object;
}

interface Gpu {
  readonly requestAdapter: () => Promise<object | null>;
}

/** Puts WebGPU where tfjs looks for it. Asks for an adapter first: tfjs would print a stack and answer false. */
async function provideAdapter(): Promise<void> {
  const { create, globals } = (await importOptional(packages[0])) as unknown as Dawn; // as its README says
  const gpu = create([]);
  if ((await gpu.requestAdapter()) === null) {
    throw unavailable(
      'webgpu',
      'this machine offers no WebGPU adapter',
      'Install a Vulkan, Metal or D3D12 driver, or choose another engine; see docs/engines.md.',
    );
  }
  Object.assign(globalThis, globals);
  const navigator: object = Reflect.get(globalThis, 'navigator') ?? {}; // Node 20 has none
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
}
