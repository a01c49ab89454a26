/** @file Streams of Philox's numbers, filled by WebAssembly where the runtime has vectors, in a seventh of JavaScript's time. */
import { wasm } from '../wasm/webassembly.js';
import { ENTRIES, GROUP, philoxModule } from './philox-module.js';

/** What the numbers of a stream follow from. */
export interface StreamWords {
  readonly c1: number;
  readonly c2: number;
  readonly c3: number;
  readonly k0: number;
  readonly k1: number;
}

export type Fill<T> = (out: T, firstBlock: number, stream: StreamWords) => void;

export interface Filler {
  readonly words: Fill<Uint32Array>;
  readonly uniforms: Fill<Float32Array>;
}

/** Bytes of one page of memory, in which numbers are made. */
const PAGE = 65_536;
const NUMBERS = PAGE / 4;

type Entry = (...given: readonly number[]) => void;

/** Null where the runtime has no WebAssembly, or none with vectors. */
export function createFiller(): Filler | null {
  try {
    const memory = new wasm.Memory({ initial: 1 });
    const { exports } = new wasm.Instance(new wasm.Module(philoxModule()), { env: { memory } });
    const [words, uniforms] = ENTRIES.map((name) => exports[name] as Entry) as [Entry, Entry]; // the module's own
    return {
      words: filling(words, new Uint32Array(memory.buffer)),
      uniforms: filling(uniforms, new Float32Array(memory.buffer)),
    };
  } catch {
    return null; // the numbers are the same in JavaScript
  }
}

function filling(entry: Entry, made: Uint32Array | Float32Array): Fill<Uint32Array | Float32Array> {
  return (out, firstBlock, { c1, c2, c3, k0, k1 }) => {
    for (let start = 0; start < out.length; start += NUMBERS) {
      const count = Math.min(NUMBERS, out.length - start);
      entry(0, Math.ceil(count / GROUP), (firstBlock + start / 4) | 0, c1, c2, c3, k0, k1);
      out.set(made.subarray(0, count), start);
    }
  };
}
