/** @file What a person sees of a fit: lines that are rewritten on a terminal, plain lines elsewhere. */
import { epochLine, keptLine, partialLine } from '../history.js';
import { type Moment, progressLine } from './progress-line.js';
import { createRemaining } from './remaining.js';
import { createRewriting } from './rewriting.js';
import { summaryLines } from './summary.js';
import { createTaskLines } from './task-lines.js';
import type { FitControl, FitEvent, Watcher } from './watcher.js';

/** What a user may choose. */
export interface ProgressChoice {
  /** Whether a terminal shows single tasks: a line for each, of many for the 7 of the greatest losses. Default false. */
  readonly tasks?: boolean | undefined;
  /** Whether a table of the tasks stands after the fit. Default true. */
  readonly summary?: boolean | undefined;
  /** One or two metrics of that table, by their names in the evaluation. Default: the first that each task has. */
  readonly metrics?: readonly string[] | undefined;
}

export interface ProgressOptions extends ProgressChoice {
  /** Default: standard error. */
  readonly stream?: NodeJS.WriteStream;
  /** Milliseconds. Default: `performance.now`. */
  readonly clock?: () => number;
  /** Of the tasks, in flow order: those that `tasks` shows. */
  readonly paths?: readonly string[];
}

/** Milliseconds between two drawings. */
const PAUSE = 100;

export const isTerminal = (stream: NodeJS.WriteStream): boolean => stream.isTTY && process.env.TERM !== 'dumb';

/**
 * All goes to standard error. No line is longer than the terminal is wide, so that neither the cursor nor line wrap has to
 * be changed: however the process ends, the terminal is as it was.
 */
export function progress(options: ProgressOptions = {}): Watcher {
  const { stream = process.stderr, clock = () => performance.now(), paths = [], tasks = false } = options;
  let epochs = 0;
  const line = (text: string): void => {
    stream.write(`${text}\n`);
  };
  const drawing = isTerminal(stream) ? createDrawing(stream, clock, tasks ? paths : []) : null;
  return {
    name: 'progress',
    on: (event, fit) => {
      if (event.kind === 'begin') epochs = event.epochs;
      drawing?.on(event, fit);
      if (event.kind === 'epoch') line(epochLine(event.record, epochs));
      if (event.kind !== 'end' || event.history === null) return;
      const { partial, kept } = event.history;
      if (partial !== null) line(partialLine(partial, epochs));
      if (kept !== null) line(keptLine(kept));
      if (options.summary === false) return;
      const columns = drawing === null ? undefined : stream.columns || undefined;
      const summary = summaryLines(event.history, {
        metrics: options.metrics,
        ...(columns === undefined ? {} : { columns }),
      });
      if (summary.length > 0) line(summary.join('\n'));
    },
  };
}

interface Drawing {
  readonly on: (event: FitEvent, fit: FitControl) => void;
}

const NOTHING: Moment = {
  epoch: 0,
  epochs: 0,
  done: 0,
  of: null,
  phase: 'training',
  loss: null,
  secondsLeft: null,
  rate: null,
  learningRate: null,
  dataWait: null,
};

/** What is rewritten. It is off the terminal whenever a whole line is written. */
function createDrawing(stream: NodeJS.WriteStream, clock: () => number, paths: readonly string[]): Drawing {
  const remaining = createRemaining(clock);
  const rewriting = createRewriting(stream);
  const tasks = paths.length === 0 ? null : createTaskLines(paths);
  let moment = NOTHING;
  let drawn: number | null = null;
  /** Whether any task has a loss. */
  let isKnown = false;
  const clear = (): void => {
    rewriting.clear();
    drawn = null;
  };
  const draw = (fit: FitControl): void => {
    drawn = clock();
    const columns = stream.columns || 80;
    const line = progressLine({ ...moment, secondsLeft: remaining.seconds(), rate: remaining.rate() }, columns);
    // two lines of the terminal are left to what stands above
    const below = isKnown ? tasks?.lines(fit.taskLoss, columns, (stream.rows || 24) - 3) : [];
    rewriting.draw([line, ...(below ?? [])]);
  };
  const isDue = (): boolean => drawn === null || clock() - drawn >= PAUSE;
  return {
    on: (event, fit) => {
      remaining.on(event);
      switch (event.kind) {
        case 'begin':
          process.once('exit', clear);
          moment = { ...moment, epochs: event.epochs };
          break;
        case 'epochBegin': {
          const { epoch, step: done, steps: of } = event;
          tasks?.begin();
          moment = { ...moment, epoch, done, of, phase: 'training', loss: null, learningRate: null, dataWait: null };
          draw(fit);
          break;
        }
        case 'step': {
          const { step: done, loss, learningRate, dataWait } = event;
          moment = { ...moment, done, loss, learningRate, dataWait };
          isKnown = true;
          if (isDue()) draw(fit);
          break;
        }
        case 'validation':
          moment = { ...moment, done: event.done, of: event.rows, phase: 'validation' };
          if (isDue()) draw(fit);
          break;
        case 'epoch':
          clear();
          tasks?.record(event.record);
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
