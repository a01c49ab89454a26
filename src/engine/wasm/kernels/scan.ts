/**
 * @file Whether a tensor holds a NaN or an infinity. Most kernels ask, and so it is asked with vector instructions, on the
 * backend's own memory: in JavaScript it took a seventh of a dense network's step.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { tf } from '../../../tf.js';
import {
  type Bytes,
  bump,
  constant,
  END,
  get,
  I32,
  name,
  SIMD,
  section,
  set,
  sized,
  unsigned,
  V128,
  vector,
} from '../../../wasm/encoding.js';
import { type WasmMemory, wasm } from '../../../wasm/webassembly.js';
import { holds, type Oddity } from '../../kernels/arrays.js';

/** Of the bytes from one address to another: not 0 where there is such a number. */
type Scan = (from: number, end: number) => number;
type Scans = Readonly<Record<Oddity, Scan>>;

const known = new WeakMap<object, Scans | null>();

/** Whether a float32 tensor of this backend holds such a number. */
export function scan(backend: unknown, tensor: tf.TensorInfo, oddity: Oddity): boolean {
  const of = backend as BackendWasm; // kernels are registered for this backend alone
  let scans = known.get(of.wasm);
  if (scans === undefined) {
    scans = scansOf(of.wasm);
    known.set(of.wasm, scans);
  }
  if (scans === null) return holds(of.typedArrayFromHeap(tensor) as Float32Array, oddity); // its type says so
  const { memoryOffset } = of.dataIdMap.get(tensor.dataId);
  return scans[oddity](memoryOffset, memoryOffset + 4 * tf.util.sizeFromShape(tensor.shape)) !== 0;
}

/** Null where the memory is out of reach: the module with threads shares its own, which another import would have to say. */
function scansOf(module: object): Scans | null {
  // Emscripten's exports, which tfjs's types leave out.
  const { asm } = module as { readonly asm?: { readonly memory?: WasmMemory } };
  if (asm?.memory === undefined || !(asm.memory.buffer instanceof ArrayBuffer)) return null;
  const { exports } = new wasm.Instance(new wasm.Module(scanModule()), { env: { memory: asm.memory } });
  return exports as Scans; // what scanModule exports
}

/** How a number of one kind is told: an instruction on x and x whose result has no bits set for any other. */
const TESTS: Readonly<Record<Oddity, { readonly one: Bytes; readonly four: number }>> = {
  NaN: { one: [0x5c], four: 0x42 }, // x ≠ x
  'non-finite': { one: [0x93, 0xbc], four: 0xe5 }, // the bits of x - x
};

function scanModule(): Uint8Array<ArrayBuffer> {
  const tests = Object.entries(TESTS);
  const type = [0x60, ...vector([[I32], [I32]]), ...vector([[I32]])];
  const memory = [...name('env'), ...name('memory'), 0x02, 0x00, 0x01];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([type])),
    ...section(2, vector([memory])),
    ...section(3, vector(tests.map(() => [0x00]))),
    ...section(7, vector(tests.map(([kind], i) => [...name(kind), 0x00, i]))),
    ...section(10, vector(tests.map(([, test]) => sized(body(test))))),
  ]);
}

/** Numbers of the function's locals, the arguments first. */
const [AT, LAST, BITS, FOUR, ANY] = [0, 1, 2, 3, 4] as const;
/** Vectors a turn: as many as keep a processor's loads busy. */
const TURN = 4;

function body({ one, four }: (typeof TESTS)[Oddity]): Bytes {
  const twice = (load: Bytes): Bytes => [...load, ...load];
  const vectors = Array.from({ length: TURN }, (_, i) => [
    ...[...get(AT), SIMD, 0x00, 0x02, ...unsigned(16 * i), 0x22, FOUR, ...get(FOUR), SIMD, ...unsigned(four)],
    ...[...get(ANY), SIMD, 0x50, ...set(ANY)],
  ]).flat();
  const scalar = [...[...twice([...get(AT), 0x2a, 0x02, 0x00]), ...one], ...[...get(BITS), 0x72, ...set(BITS)]];
  return [
    ...vector([
      [...unsigned(1), I32],
      [...unsigned(2), V128],
    ]),
    ...whileRoom(16 * TURN, vectors),
    ...whileRoom(4, scalar),
    ...[...get(ANY), SIMD, 0x53, ...get(BITS), 0x72], // any bit of either
    END,
  ];
}

/** `while (at + bytes <= last) { work; at += bytes }` */
function whileRoom(bytes: number, work: Bytes): Bytes {
  return [
    ...[0x02, 0x40, 0x03, 0x40],
    ...[...get(AT), ...constant(bytes), 0x6a, ...get(LAST), 0x4b, 0x0d, 0x01], // i32.gt_u, br_if out
    ...[...work, ...bump(AT, bytes)],
    ...[0x0c, 0x00, END, END],
  ];
}
