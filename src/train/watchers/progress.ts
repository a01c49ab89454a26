/** @file What a person sees of a fit: one line that is rewritten on a terminal, plain lines elsewhere. */
import { epochLine, keptLine, partialLine } from '../history.js';
import { type Moment, progressLine } from './progress-line.js';
import { createRemaining } from './remaining.js';
import type { FitEvent, Watcher } from './watcher.js';

export interface ProgressOptions {
  /** Default: standard error. */
  readonly stream?: NodeJS.WriteStream;
  /** Milliseconds. Default: `performance.now`. */
  readonly clock?: () => number;
}

/** Milliseconds between two drawings. */
const PAUSE = 100;
const CLEAR = '\r\u001b[K';

export const isTerminal = (stream: NodeJS.WriteStream): boolean => stream.isTTY && process.env.TERM !== 'dumb';

/**
 * Both kinds go to standard error. The line is never longer than the terminal is wide, so that neither the cursor nor
 * line wrap has to be changed: however the process ends, the terminal is as it was.
 */
export function progress({ stream = process.stderr, clock = () => performance.now() }: ProgressOptions = {}): Watcher {
  let epochs = 0;
  const line = (text: string): void => {
    stream.write(`${text}\n`);
  };
  const drawing = isTerminal(stream) ? createDrawing(stream, clock) : null;
  return {
    name: 'progress',
    on: (event) => {
      if (event.kind === 'begin') epochs = event.epochs;
      drawing?.on(event);
      if (event.kind === 'epoch') line(epochLine(event.record, epochs));
      if (event.kind === 'end' && event.history?.partial != null) line(partialLine(event.history.partial, epochs));
      if (event.kind === 'end' && event.history?.kept != null) line(keptLine(event.history.kept));
    },
  };
}

/** The line that is rewritten. It is off the terminal whenever a whole line is written. */
function createDrawing(stream: NodeJS.WriteStream, clock: () => number): { readonly on: (event: FitEvent) => void } {
  const remaining = createRemaining(clock);
  let moment: Moment = { epoch: 0, epochs: 0, done: 0, of: null, phase: 'training', loss: null, secondsLeft: null };
  let drawn: number | null = null;
  const clear = (): void => {
    if (drawn !== null) stream.write(CLEAR);
    drawn = null;
  };
  const draw = (next: Partial<Moment>, isDue = drawn === null || clock() - drawn >= PAUSE): void => {
    moment = { ...moment, ...next };
    if (!isDue) return;
    drawn = clock();
    const secondsLeft = remaining.seconds();
    stream.write(`\r${progressLine({ ...moment, secondsLeft }, stream.columns || 80)}\u001b[K`);
  };
  return {
    on: (event) => {
      remaining.on(event);
      switch (event.kind) {
        case 'begin':
          process.once('exit', clear);
          moment = { ...moment, epochs: event.epochs };
          break;
        case 'epochBegin':
          draw({ epoch: event.epoch, done: event.step, of: event.steps, phase: 'training', loss: null }, true);
          break;
        case 'step':
          draw({ done: event.step, loss: event.loss });
          break;
        case 'validation':
          draw({ done: event.done, of: event.rows, phase: 'validation' });
          break;
        case 'epoch':
          clear();
          break;
        case 'end':
          clear();
          process.removeListener('exit', clear);
          break;
        case 'measure':
          break;
      }
    },
  };
}
