/** @file The default engine: a step becomes one ONNX graph, and a run of it one call into ONNX Runtime. */
import { availableParallelism } from 'node:os';
import type * as ort from 'onnxruntime-node';
import { HeadgateError } from '../../errors.js';
import type { Engine, EngineState } from '../engine.js';
import { compileStep, type OnnxCompiledStep } from './compiled-step.js';
import { createOnnxState, type OnnxState } from './state.js';

export type ExecutionProvider = 'cpu' | 'webgpu' | 'cuda';

export interface OnnxEngineOptions {
  /** Tried in this order. Default `['cpu']`. */
  readonly executionProviders?: readonly ExecutionProvider[];
  /** Threads inside one operator. Default: the number of processors. */
  readonly threads?: number;
}

export interface OnnxEngine extends Engine {
  readonly compile: (step: Parameters<Engine['compile']>[0]) => OnnxCompiledStep;
}

/** Runs steps with ONNX Runtime. */
export function createOnnxEngine(options: OnnxEngineOptions = {}): OnnxEngine {
  const { executionProviders = ['cpu'], threads = availableParallelism() } = options;
  const session: ort.InferenceSession.SessionOptions = {
    executionProviders: [...executionProviders],
    intraOpNumThreads: threads,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4, // what fails is thrown; the log would say it twice
  };
  const states = new WeakSet<EngineState>();
  const stateOf = (handle: EngineState): OnnxState => {
    if (isOwn(states, handle)) return handle;
    throw new HeadgateError({
      code: 'STATE_MISMATCH',
      path: 'state',
      problem: 'this state was made by another engine',
      expected: 'a state made by createState of the engine that compiled the step',
      received: 'a state of another engine',
    });
  };
  const steps = new Set<OnnxCompiledStep>();
  return {
    name: 'onnx',
    createState: async (values) => {
      const state = createOnnxState(values);
      states.add(state);
      return state;
    },
    compile: (step) => {
      const compiled = compileStep(step, { session, stateOf });
      steps.add(compiled);
      return compiled;
    },
    dispose: async () => {
      for (const step of steps) step.dispose();
      steps.clear();
    },
  };
}

function isOwn(states: WeakSet<EngineState>, handle: EngineState): handle is OnnxState {
  return states.has(handle);
}
