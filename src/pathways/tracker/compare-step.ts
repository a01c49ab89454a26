/**
 * @file The steps that compute representations of rows, and how they run over batches. Two models are computed in one step,
 * each from its own weights.
 */
import { createInputBatcher } from '../../data/batches.js';
import type { BoundInputs } from '../../data/inputs.js';
import { inputsOf } from '../../data/ports.js';
import type { BatchTensors, Engine, EngineState, HostTensors, Step, Tensors } from '../../engine/engine.js';
import type { FlowGraph } from '../../flow/graph.js';
import type { Network } from '../../model/network.js';
import { tf } from '../../tf.js';
import type { LayerOutput } from './views.js';

/** A network with its weights. */
export interface Side {
  readonly network: Network;
  /** By the state's names. */
  readonly weights: HostTensors;
  readonly specs: FlowGraph['inputs'];
}

/** The output of a layer as somebody sees it. */
export interface View {
  /** Which of the sides. */
  readonly side: number;
  readonly layer: LayerOutput;
  /** In flow order; null as those without a pathway see it. */
  readonly task: number | null;
  /** 0 for channels that are not seen; null for none. */
  readonly seen: Float32Array | null;
}

export interface ComparePair {
  /** Places in the list of views. */
  readonly first: number;
  readonly second: number;
}

export type RowInputs = Pick<BoundInputs, 'rows' | 'inputs'>;

export interface CompareFacts {
  readonly engine: Engine;
  readonly sides: readonly Side[];
  readonly views: readonly View[];
  readonly pairs: readonly ComparePair[];
  /** The same rows for each side, from the first on, anew at each call. */
  readonly pieces: () => AsyncIterable<readonly RowInputs[]>;
  readonly batchSize: number;
}

const ROWS_PORT = 'compare/rows';
export const shiftPort = (view: number): string => `compare/shift/${view}`;
const sidePrefix = (side: number): string => `${side}:`;

/** Representations, `[rows, channels]` each: a mean over the positions of a row, where it has several. */
function viewsIn(
  { sides, views }: Pick<CompareFacts, 'sides' | 'views'>,
  state: Tensors,
  batch: Tensors,
): readonly tf.Tensor2D[] {
  const found = new Map<View, tf.Tensor2D>();
  for (const [s, { network, specs }] of sides.entries()) {
    const own = { state: unprefixed(state, s), inputs: inputsOf(unprefixed(batch, s)), specs };
    for (const task of new Set(views.filter(({ side }) => side === s).map((view) => view.task))) {
      const group = views.filter((view) => view.side === s && view.task === task);
      const values = network.probe(
        group.map(({ layer }) => layer.symbol),
        { ...own, tasks: task === null ? null : new Set([task]) },
      );
      for (const [i, view] of group.entries()) found.set(view, flattened(values[i] as tf.Tensor, view)); // one each
    }
  }
  return views.map((view) => found.get(view) as tf.Tensor2D); // each is in one group
}

function flattened(value: tf.Tensor, { layer, seen }: View): tf.Tensor2D {
  const rows = value.shape[0] ?? 1;
  const floats = value.cast('float32').reshape([rows, -1, layer.channels]).mean(1) as tf.Tensor2D; // rows and channels
  return seen === null ? floats : floats.mul(tf.tensor2d(seen, [1, layer.channels]));
}

function unprefixed(tensors: Tensors, side: number): Tensors {
  const prefix = sidePrefix(side);
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}

export function productStep(facts: CompareFacts, pairs: readonly ComparePair[]): Step {
  return {
    name: 'products of representations',
    run: ({ state, batch }) => {
      const counted = (batch[ROWS_PORT] as tf.Tensor).expandDims(1); // it is in every batch
      const values = viewsIn(facts, state, batch).map((value, i) =>
        value.sub(batch[shiftPort(i)] as tf.Tensor).mul(counted),
      );
      const at = (place: number): tf.Tensor2D => values[place] as tf.Tensor2D; // of the list
      const sums = values.map((value, i): [string, tf.Tensor] => [`sum/${i}`, value.sum(0)]);
      const crosses = pairs.map(({ first, second }, i): [string, tf.Tensor] => {
        return [`cross/${i}`, tf.matMul(at(first), at(second), true, false)];
      });
      return { state: {}, outputs: Object.fromEntries([...sums, ...crosses]) };
    },
  };
}

export function cosineStep(facts: CompareFacts, pairs: readonly (ComparePair | null)[]): Step {
  return {
    name: 'cosines of representations',
    run: ({ state, batch }) => {
      const values = viewsIn(facts, state, batch);
      const outputs = pairs.flatMap((pair, i): [string, tf.Tensor][] => {
        if (pair === null) return [];
        const [x, y] = [values[pair.first] as tf.Tensor2D, values[pair.second] as tf.Tensor2D]; // of the list
        return [
          [`dot/${i}`, x.mul(y).sum(1)],
          [`x/${i}`, x.square().sum(1)],
          [`y/${i}`, y.square().sum(1)],
        ];
      });
      return { state: {}, outputs: Object.fromEntries(outputs) };
    },
  };
}

export function representationStep(facts: Pick<CompareFacts, 'sides' | 'views'>): Step {
  return {
    name: 'representations',
    run: ({ state, batch }) => {
      const outputs = viewsIn(facts, state, batch).map((value, i) => [`view/${i}`, value] as const);
      return { state: {}, outputs: Object.fromEntries(outputs) };
    },
  };
}

/** @param most batches @returns how many rows were read */
export async function overBatches(
  { engine, sides, pieces, batchSize }: CompareFacts,
  step: Step,
  more: BatchTensors,
  add: (outputs: HostTensors, rows: number) => void,
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  const compiled = engine.compile(step);
  let state: EngineState | null = null;
  let [rows, batches] = [0, 0];
  try {
    const values = sides.map(({ weights }, s) =>
      Object.entries(weights).map(([name, value]) => [sidePrefix(s) + name, value]),
    );
    state = await engine.createState(Object.fromEntries(values.flat()));
    const mixesRows = sides.some(({ network }) => network.rowMixing.inference);
    for await (const piece of pieces()) {
      const count = piece[0]?.rows ?? 0;
      const size = mixesRows ? count : Math.min(batchSize, count);
      const batchers = piece.map(({ inputs }) => createInputBatcher(inputs, size));
      for (let start = 0; start < count && batches < most; start += size) {
        const places = Uint32Array.from({ length: Math.min(size, count - start) }, (_, i) => start + i);
        const inputs = batchers.flatMap((batcher, s) =>
          Object.entries(batcher(places).tensors).map(([name, value]) => [sidePrefix(s) + name, value] as const),
        );
        const counted = Float32Array.from({ length: size }, (_, i) => (i < places.length ? 1 : 0));
        const batch = {
          ...Object.fromEntries(inputs),
          ...more,
          [ROWS_PORT]: { shape: [size], dtype: 'float32' as const, data: counted },
        };
        add(await compiled.run(state, batch, { seed: 0, counter: 0 }), places.length);
        rows += places.length;
        batches++;
      }
      if (batches >= most) break;
    }
    return rows;
  } finally {
    compiled.dispose();
    state?.dispose();
  }
}
