/** @file The default engine: a step becomes one ONNX graph, and a run of it one call into ONNX Runtime. */
import { HeadgateError } from '../../errors.js';
import { createContention } from '../contention.js';
import type { Engine, EngineState } from '../engine.js';
import { type ThreadOptions, threadsOf } from '../threads.js';
import { compileStep, type OnnxCompiledStep } from './compiled-step.js';
import type { SessionSettings } from './graph-session.js';
import { type ExecutionProvider, parseExecutionProviders } from './session.js';
import { createOnnxState, type OnnxState } from './state.js';

export interface OnnxEngineOptions extends ThreadOptions {
  /** Devices, in order of preference. Default: those of `HEADGATE_EXECUTION_PROVIDERS`, else `['cpu']`. */
  readonly executionProviders?: readonly ExecutionProvider[];
}

export interface OnnxEngine extends Engine {
  readonly compile: (step: Parameters<Engine['compile']>[0]) => OnnxCompiledStep;
}

/**
 * Runs steps with ONNX Runtime.
 *
 * @throws HeadgateError `UNKNOWN_EXECUTION_PROVIDER`, `INVALID_OPTIONS`; a missing device is met by the first run, as `ENGINE_UNAVAILABLE`
 */
export function createOnnxEngine(options: OnnxEngineOptions = {}): OnnxEngine {
  const { executionProviders = parseExecutionProviders(process.env.HEADGATE_EXECUTION_PROVIDERS), spinning } = options;
  const threads = threadsOf(options.threads);
  const isShared = spinning === undefined ? createContention(threads) : () => !spinning;
  const session: SessionSettings = {
    options: {
      executionProviders: [...executionProviders],
      intraOpNumThreads: threads,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4, // what fails is thrown; the log would say it twice
    },
    maySpin: () => !isShared(),
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
      const owned: OnnxCompiledStep = {
        ...compiled,
        dispose: () => {
          steps.delete(owned);
          compiled.dispose();
        },
      };
      steps.add(owned);
      return owned;
    },
    dispose: async () => {
      for (const step of [...steps]) step.dispose();
    },
  };
}

function isOwn(states: WeakSet<EngineState>, handle: EngineState): handle is OnnxState {
  return states.has(handle);
}
