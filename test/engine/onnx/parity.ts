/** @file One expression run by the compiled engine and by tfjs's cpu backend. */
import { expect } from 'vitest';
import type { HostTensor, HostTensors, Step, Tensors } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.js';
import { printGraph } from '../../../src/engine/onnx/print.js';
import { tf } from '../../../src/tf.js';
import { difference, eager } from './helpers.js';

// Reason for `any` tensors here: cases call tfjs functions of every rank with the same inputs.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Expression = (...inputs: any[]) => tf.Tensor | readonly tf.Tensor[] | Tensors;

export interface Case {
  readonly name: string;
  readonly inputs: readonly HostTensor[];
  readonly f: Expression;
  readonly tolerance?: number;
}

function stepOf({ name, f }: Case): Step {
  return {
    name,
    run: ({ batch }) => {
      const made = f(...Object.values(batch));
      const listed = made instanceof tf.Tensor ? [made] : made;
      return { state: {}, outputs: Object.fromEntries(Object.entries(listed)) };
    },
  };
}

const engine = createOnnxEngine({ threads: 1 });

/** Expects equal shapes, dtypes and (to 1e-5, relative above 1) values. */
export async function expectParity(kase: Case): Promise<void> {
  const batch: HostTensors = Object.fromEntries(kase.inputs.map((tensor, i) => [`i${i}`, tensor]));
  const step = stepOf(kase);
  const expected = (await eager(step, {}, batch)).outputs;
  const compiled = engine.compile(step);
  const state = await engine.createState({});
  const received = await compiled.run(state, batch, { seed: 1, counter: 0 });
  compiled.dispose();
  expect(describe(received)).toEqual(describe(expected));
  for (const [name, { data }] of Object.entries(expected)) {
    const got = received[name]?.data ?? [];
    const off = difference(got, data);
    if (off > (kase.tolerance ?? 1e-5)) {
      const first = Array.from(data).findIndex((x, i) => difference([got[i] ?? 0], [x]) > (kase.tolerance ?? 1e-5));
      const graph = await engine.compile(step).graph({}, Object.fromEntries(Object.entries(batch)));
      expect.fail(
        `output ${name} is off by ${off} from element ${first}:\n` +
          `expected ${Array.from(data.slice(first, first + 12)).join(' ')}\n` +
          `received ${Array.from(got.slice(first, first + 12)).join(' ')}\n${printGraph(graph)}`,
      );
    }
  }
}

function describe(tensors: HostTensors): string[] {
  return Object.entries(tensors).map(([name, { dtype, shape }]) => `${name}: ${dtype}[${shape.join()}]`);
}
