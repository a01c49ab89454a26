/** @file The `tensorflow` engine: tfjs's binding to the native TensorFlow library, an optional peer. */
import util from 'node:util';
import { importOptional, isInstalled } from '../optional-package.js';
import { tf } from '../tf.js';
import { initialiseBackend, unavailable } from './backend.js';
import { createEagerEngine } from './eager.js';
import type { Engine } from './engine.js';

/** The first that is installed is taken: the other one is no stand-in for it when it fails. */
const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** @throws HeadgateError `ENGINE_UNAVAILABLE` when no binding is installed, or the installed one does not load */
export async function createTensorFlowEngine(): Promise<Engine> {
  const binding = packages.find(isInstalled);
  if (binding === undefined) {
    throw unavailable(
      'tensorflow',
      'the native TensorFlow binding is not installed',
      `Install ${packages[1]} (or ${packages[0]} for CUDA), or choose another engine; see docs/engines.md.`,
    );
  }
  if (!('isNullOrUndefined' in util)) {
    throw unavailable(
      'tensorflow',
      `${binding} calls util.isNullOrUndefined, which Node ${process.versions.node} no longer has (tfjs issue 8609)`,
      'Run on Node 20 or 22, or define util.isNullOrUndefined before the engine is made.',
    );
  }
  await initialiseBackend({
    backend: 'tensorflow',
    load: async () => {
      await importOptional(binding);
      if (tf.findBackendFactory('tensorflow') != null) return;
      throw unavailable(
        'tensorflow',
        `${binding} registered no backend with this copy of tfjs`,
        'Two copies of tfjs are installed: run `npm dedupe`, or align their versions.',
      );
    },
    mend: `Rebuild ${binding} (\`npm rebuild ${binding}\`), or choose another engine; see docs/engines.md.`,
  });
  return createEagerEngine({ name: 'tensorflow', backend: 'tensorflow' });
}
