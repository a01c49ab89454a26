/** @file Registers the kernels of the backend `onnx`. */
import { HeadgateError } from '../../../errors.js';
import { tf } from '../../../tf.js';
import { refuseIndices } from '../../kernels/indices.js';
import { sizeOf } from '../graph.js';
import { kernels } from '../kernels/index.js';
import { LAZY_BACKEND, LazyBackend, type Made } from './backend.js';
import { hostKernels, runOnHost } from './host-kernels.js';

type Inputs = Readonly<Record<string, tf.TensorInfo>>;
type Run = (backend: LazyBackend, inputs: Inputs, attributes: tf.NamedAttrMap | undefined) => Made;

/** Results that share their input's data, as on tfjs's own backends: `tf.memory()` counts data once. */
const views: Readonly<Record<string, Run>> = {
  [tf.Identity]: (backend, { x }) => (x === undefined ? [] : backend.view(x, x.shape)),
  [tf.Reshape]: (backend, { x }, attributes) => {
    if (x === undefined) return [];
    const { shape } = attributes as tf.ReshapeAttrs & tf.NamedAttrMap; // tfjs's declaration for this kernel
    return backend.view(x, tf.util.inferFromImplicitShape(shape, sizeOf(x.shape)));
  },
};

/** To be called once. Kernels that only other backends have are refused by name. */
export function registerLazyKernels(): void {
  const runs = new Map<string, Run>();
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) runs.set(kernelName, () => refuse(kernelName));
  for (const name of hostKernels) {
    runs.set(name, (backend, inputs, attributes) => runOnHost(name, backend, inputs, attributes));
  }
  for (const { name, build } of kernels) {
    runs.set(name, (backend, inputs, attributes) => {
      // Indices are mostly given; where they are computed, they are computed now, for a tensor cannot be refused later.
      refuseIndices(name, inputs, attributes, ({ dataId }) => backend.readSync(dataId) as Int32Array);
      return backend.record(inputs, (g, values) => build(g, values, attributes));
    });
  }
  for (const [name, run] of Object.entries(views)) runs.set(name, run);
  for (const [kernelName, run] of runs) {
    tf.registerKernel({
      kernelName,
      backendName: LAZY_BACKEND,
      kernelFunc: ({ inputs, backend, attrs }) => run(ours(backend), present(inputs), attrs),
    });
  }
}

function present(inputs: tf.NamedTensorInfoMap): Inputs {
  const tensors: Record<string, tf.TensorInfo> = {};
  for (const [key, tensor] of Object.entries(inputs)) {
    if (tensor !== undefined && tensor !== null) tensors[key] = tensor;
  }
  return tensors;
}

/** tfjs types a kernel's backend as `{}`. */
function ours(backend: unknown): LazyBackend {
  if (backend instanceof LazyBackend) return backend;
  throw new TypeError(`a kernel of the backend ${LAZY_BACKEND} was called for another one`);
}

function refuse(name: string): never {
  throw new HeadgateError({
    code: 'UNSUPPORTED_KERNEL',
    path: `backend ${LAZY_BACKEND}`,
    problem: `the backend has no kernel ${name}`,
    expected: 'kernels of float32, int32 and bool tensors',
    received: name,
    mend: 'Do this part on another backend, such as tf.setBackend("cpu").',
  });
}
