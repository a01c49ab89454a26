/**
 * @file Who may use a project at the same time as whom. Verbs that change it exclude each other; verbs that read it work
 * on a snapshot, and so may run beside everything but `dispose`.
 */
import { HeadgateError } from '../errors.js';

/** Verbs that change weights or thresholds. */
export type ChangingVerb =
  | 'adopt'
  | 'apply'
  | 'assign'
  | 'fit'
  | 'fitTasks'
  | 'forget'
  | 'load'
  | 'meld'
  | 'merge'
  | 'remove'
  | 'revert'
  | 'sparsest'
  | 'tune'
  | 'use';
/** Verbs that read weights and thresholds. */
export type ReadingVerb =
  | 'compare'
  | 'delta'
  | 'describeData'
  | 'evaluate'
  | 'explain'
  | 'explainGraph'
  | 'extract'
  | 'findLearningRate'
  | 'interpret'
  | 'predict'
  | 'report'
  | 'save'
  | 'search'
  | 'select'
  | 'unitMasks';

export interface Lock {
  /**
   * Runs a verb that changes the project. It starts at once, before this returns.
   *
   * @throws HeadgateError `PROJECT_BUSY` while another one runs, `DISPOSED`
   */
  readonly changing: <T>(verb: ChangingVerb, run: () => Promise<T>) => Promise<T>;
  /** Runs a verb that reads the project: beside others, also beside one that changes it. Throws `DISPOSED`. */
  readonly reading: <T>(verb: ReadingVerb, run: () => Promise<T>) => Promise<T>;
  /** Throws `DISPOSED`. */
  readonly requireLive: () => void;
  /** True the first time; false when it was disposed before. Throws `PROJECT_BUSY` while any verb runs. */
  readonly dispose: () => boolean;
}

/** @param project its name, for messages */
export function createLock(project: string): Lock {
  let changer: ChangingVerb | null = null;
  const readers: ReadingVerb[] = [];
  let isDisposed = false;
  const requireLive = (): void => {
    if (isDisposed) throw disposed(project);
  };
  return Object.freeze<Lock>({
    requireLive,
    changing: async (verb, run) => {
      requireLive();
      if (changer !== null) throw busy(project, verb, changer);
      changer = verb;
      try {
        return await run();
      } finally {
        changer = null;
      }
    },
    reading: async (verb, run) => {
      requireLive();
      readers.push(verb);
      try {
        return await run();
      } finally {
        readers.splice(readers.indexOf(verb), 1);
      }
    },
    dispose: () => {
      const running = changer ?? readers[0];
      if (running !== undefined) throw busy(project, 'dispose', running);
      if (isDisposed) return false;
      isDisposed = true;
      return true;
    },
  });
}

function busy(project: string, verb: ChangingVerb | 'dispose', running: ChangingVerb | ReadingVerb): HeadgateError {
  return new HeadgateError({
    code: 'PROJECT_BUSY',
    path: project,
    problem: `${verb} was called while ${running} is running`,
    expected:
      verb === 'dispose'
        ? 'no verb that runs'
        : 'one verb at a time of those that change the project (fit, load, tune, pathways.assign, …)',
    received: `${verb} during ${running}`,
    mend: `Await ${running} first${verb === 'dispose' ? '' : ', or use a second project'}.`,
  });
}

function disposed(project: string): HeadgateError {
  return new HeadgateError({
    code: 'DISPOSED',
    path: project,
    problem: 'the project was disposed, and its weights with it',
    mend: 'Save before disposing, and load into a new project.',
  });
}
