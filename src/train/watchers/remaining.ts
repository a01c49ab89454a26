/** @file How fast a fit goes, and how long it still takes, from how long its steps and its validations have taken. */
import type { FitEvent } from './watcher.js';

export interface Remaining {
  readonly on: (event: FitEvent) => void;
  /** Null until a step has been timed, and where the number of steps is not known. */
  readonly seconds: () => number | null;
  /** Steps a second, over all that were timed; of a validation that runs, its rows a second. Null until one is timed. */
  readonly rate: () => number | null;
}

/** @param clock milliseconds */
export function createRemaining(clock: () => number): Remaining {
  let epochs = 0;
  let epoch = 0;
  let steps: number | null = null;
  let step = 0;
  let last = 0;
  /** The first step of a fit compiles it, so it tells nothing of the others. */
  let timed = { steps: -1, milliseconds: 0 };
  let measured = { times: 0, milliseconds: 0 };
  let measuring: number | null = null;
  let rows = 0;
  return {
    on: (event) => {
      const now = clock();
      if (event.kind === 'begin') epochs = event.epochs;
      if (event.kind === 'epochBegin') ({ epoch, step, steps } = event);
      if (event.kind === 'step') {
        const milliseconds = timed.steps < 0 ? 0 : timed.milliseconds + now - last;
        timed = { steps: timed.steps + 1, milliseconds };
        step = event.step;
      }
      if (event.kind === 'measure') [measuring, rows] = [now, 0];
      if (event.kind === 'validation') rows = event.done;
      if (event.kind === 'epoch' && measuring !== null) {
        measured = { times: measured.times + 1, milliseconds: measured.milliseconds + now - measuring };
        measuring = null;
      }
      last = now;
    },
    seconds: () => {
      if (steps === null || timed.steps < 1) return null;
      const after = epochs - epoch;
      const ofSteps = ((steps - step + after * steps) * timed.milliseconds) / timed.steps;
      const each = measured.times === 0 ? 0 : measured.milliseconds / measured.times;
      const running = measuring === null ? each : Math.max(0, each - (clock() - measuring));
      return (ofSteps + after * each + running) / 1000;
    },
    rate: () => {
      if (measuring !== null) return perSecond(rows, clock() - measuring);
      return perSecond(timed.steps, timed.milliseconds);
    },
  };
}

/** Null where nothing was counted, or in no time. */
function perSecond(count: number, milliseconds: number): number | null {
  return count < 1 || milliseconds <= 0 ? null : (1000 * count) / milliseconds;
}
