/** @file The session of a graph, made anew when its waiting threads may spin and may not any more, or the reverse. */
import type * as ort from 'onnxruntime-node';
import type { Graph } from './graph.js';
import { createSession } from './session.js';

export interface SessionSettings {
  readonly options: ort.InferenceSession.SessionOptions;
  /** Asked at each run. Threads and results are the same either way. */
  readonly maySpin: () => boolean;
}

export interface GraphSession {
  readonly run: (feeds: Tensors, fetches: Tensors) => Promise<void>;
  /** Waits for the runs on it. */
  readonly release: () => Promise<void>;
}

type Tensors = Readonly<Record<string, ort.Tensor>>;

interface Open {
  readonly session: ort.InferenceSession;
  readonly spins: boolean;
  users: number;
  isRetired: boolean;
}

/** Throws `ENGINE_UNAVAILABLE`. */
export async function createGraphSession(graph: Graph, { options, maySpin }: SessionSettings): Promise<GraphSession> {
  const make = async (spins: boolean): Promise<Open> => {
    const session = await createSession(graph, withSpinning(options, spins));
    return { session, spins, users: 0, isRetired: false };
  };
  const settle = async (one: Open): Promise<void> => {
    if (one.isRetired && one.users === 0) await one.session.release();
  };
  const retire = (one: Open): Promise<void> => {
    one.isRetired = true;
    return settle(one);
  };
  let open = make(maySpin());
  await open;

  const acquire = async (): Promise<Open> => {
    for (;;) {
      const promise = open;
      const one = await promise;
      if (promise !== open) continue; // another run has replaced it meanwhile
      if (one.spins === maySpin()) {
        one.users++;
        return one;
      }
      open = make(!one.spins);
      open.then(
        () => retire(one),
        () => {
          open = promise; // the run that wanted another hears why; the next tries again
        },
      );
    }
  };
  return {
    run: async (feeds, fetches) => {
      const one = await acquire();
      try {
        await one.session.run(feeds, fetches);
      } finally {
        one.users--;
        await settle(one);
      }
    },
    release: async () => retire(await open),
  };
}

export function withSpinning(
  options: ort.InferenceSession.SessionOptions,
  spins: boolean,
): ort.InferenceSession.SessionOptions {
  return { ...options, extra: { session: { intra_op: { allow_spinning: spins ? '1' : '0' } } } };
}
