/** @file The seam between training and execution. A step is a pure tfjs function; an engine runs it. */
import type { tf } from '../tf.js';

/** What tfjs computes with. */
export type DataType = 'float32' | 'int32' | 'bool';

/** A tensor's values on the host, row-major. `bool` is one byte an element, 0 or 1. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly data: Float32Array | Int32Array | Uint8Array;
}

export type HostTensors = Readonly<Record<string, HostTensor>>;

/** What a step is given besides its state: also bytes. */
export type BatchType = DataType | 'uint8';

/**
 * A tensor of a batch. tfjs has no bytes: a step sees them as float32, which holds each of them exactly. They become it
 * as late as the engine can: in the compiled graph, or when an eager engine takes them.
 */
export interface BatchTensor {
  readonly shape: readonly number[];
  readonly dtype: BatchType;
  readonly data: Float32Array | Int32Array | Uint8Array;
}

export type BatchTensors = Readonly<Record<string, BatchTensor>>;
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/**
 * Random numbers inside a step. Draws are a pure function of (seed, counter, stream, position): the same on every
 * engine. A step must draw through this and nothing else, or its noise would freeze when the step is compiled.
 */
export interface StepRandom {
  /** Uniform in [0, 1). `stream` names the draw site, so that adding one does not shift the others. */
  readonly uniform: (shape: readonly number[], stream: string) => tf.Tensor;
  /** Standard normal. */
  readonly normal: (shape: readonly number[], stream: string) => tf.Tensor;
}

export interface StepArguments {
  /** By name; a step never changes these tensors. */
  readonly state: Tensors;
  readonly batch: Tensors;
  readonly random: StepRandom;
}

export interface StepResult {
  /** New values of the state tensors that changed; the others keep theirs. Same names, shapes and dtypes. */
  readonly state: Tensors;
  readonly outputs: Tensors;
}

/** A pure function of named state and named batch tensors. No data reads, no data-dependent control flow. */
export interface Step {
  /** For messages and for the printed graph: `train`, `predict`. */
  readonly name: string;
  readonly run: (step: StepArguments) => StepResult;
}

/** Where a run stands in its random stream. */
export interface RandomKey {
  readonly seed: number;
  /** Number of the step; equal counters draw equal numbers. */
  readonly counter: number;
}

/** Named tensors that live on the engine between steps. Several compiled steps may share one. */
export interface EngineState {
  readonly names: readonly string[];
  /** Copies values to the host. */
  readonly read: (names?: readonly string[]) => Promise<HostTensors>;
  /** Replaces values; names, shapes and dtypes must match. Throws `STATE_MISMATCH`. */
  readonly write: (values: HostTensors) => Promise<void>;
  readonly dispose: () => void;
}

export interface CompiledStep {
  /**
   * Runs once, replacing the state's values, and returns the outputs. Calls must not overlap. When `accept` throws on
   * the outputs, the state keeps the values it had and the error is passed on.
   */
  readonly run: (
    state: EngineState,
    batch: BatchTensors,
    key: RandomKey,
    accept?: (outputs: HostTensors) => void,
  ) => Promise<HostTensors>;
  readonly dispose: () => void;
}

export interface Engine {
  /** `onnx`, `wasm`, `cpu`, `tensorflow`, `webgpu`. */
  readonly name: string;
  readonly createState: (values: HostTensors) => Promise<EngineState>;
  readonly compile: (step: Step) => CompiledStep;
  readonly dispose: () => Promise<void>;
}
