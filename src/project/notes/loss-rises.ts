/** @file A note about a training loss that rises, which a learning rate that suits the network does not make it do. */
import { type Note, note } from '../../notes.js';
import type { FitEvent, Watcher } from '../../train/watchers/watcher.js';

/** Steps whose losses say something together; epochs of fewer are taken together. */
const LEAST_STEPS = 8;
/** A rise of one epoch by less is no clear one. */
const CLEAR = 0.05;
/** Standard errors of the difference of two means that are chance: of two, a fit of a hundred epochs would have some. */
const CHANCE = 3;
/** How far the first steps must lie above the step before them, and above every step of the next epoch. */
const CLEAR_AT_START = 1.5;

/** The steps of one or several whole epochs. */
interface Span {
  readonly first: number;
  readonly last: number;
  readonly losses: readonly number[];
  readonly learningRate: number;
}

/**
 * A fit is told once, when the epoch has ended that shows it, that
 * - the mean loss of an epoch is clearly above that of the one before, while neither the learning rate nor the weights of
 *   the tasks went up in between: a schedule that warms up or restarts means its loss to rise, and a balancer changes
 *   what it is a sum of;
 * - the second to eighth step made the loss rise, and the next epoch is below that: this is what a rate does that adaptive
 *   moments soon make up for. One epoch alone would not tell it from batches that differ.
 */
export function lossRises(tell: (note: Note) => void): Watcher {
  let before: Span | null = null;
  let running = createSpan();
  let weights = '';
  let isWhole = false;
  let spans = 0;
  let isTold = false;
  return {
    name: 'loss rises',
    on: (event, { weights: present }) => {
      if (isTold) return;
      if (event.kind === 'epochBegin') {
        isWhole = event.step === 0; // an earlier fit has begun it otherwise
        if (present.join() !== weights) {
          before = null;
          running = createSpan();
        }
        weights = present.join();
      }
      if (event.kind === 'step' && isWhole) running.add(event);
      if (event.kind !== 'epoch') return;
      const after = running.close(event.record.epoch);
      if (after === null) return;
      running = createSpan();
      const rise =
        before === null ? null : ((spans === 1 ? riseAtStart(before, after) : null) ?? riseBetween(before, after));
      if (rise !== null) tell(rise);
      isTold = rise !== null;
      before = after;
      spans++;
    },
  };
}

type StepEvent = Extract<FitEvent, { readonly kind: 'step' }>;

function createSpan(): { readonly add: (step: StepEvent) => void; readonly close: (epoch: number) => Span | null } {
  let first: number | null = null;
  let learningRate = 0;
  const losses: number[] = [];
  let sum = 0;
  return {
    add: ({ epoch, step, loss, ...event }) => {
      first ??= epoch;
      learningRate = Math.max(learningRate, event.learningRate);
      if (step === 1) sum = 0;
      losses.push(loss * step - sum); // `loss` is the mean of the epoch's steps so far
      sum = loss * step;
    },
    close: (last) => (losses.length < LEAST_STEPS || first === null ? null : { first, last, losses, learningRate }),
  };
}

function riseAtStart({ losses, learningRate }: Span, after: Span): Note | null {
  const [start = Number.NaN, ...others] = losses;
  const early = medianOf(others.slice(0, LEAST_STEPS - 1));
  const limit = Math.max(start, ...after.losses);
  if (!(limit > 0 && early > CLEAR_AT_START * limit)) return null;
  const text = `In its first steps the training loss rose from ${shown(start)} to ${shown(early)}`;
  return riseNote(text, learningRate);
}

function riseBetween(before: Span, after: Span): Note | null {
  const [low, high] = [meanOf(before.losses), meanOf(after.losses)];
  const isRise =
    after.learningRate <= before.learningRate &&
    high.mean - low.mean > CLEAR * Math.abs(low.mean) &&
    high.mean - low.mean > CHANCE * Math.sqrt(low.variance + high.variance);
  if (!isRise) return null;
  const named = ({ first, last }: Span): string => (first === last ? `epoch ${last}` : `epochs ${first} to ${last}`);
  const text = `The training loss rose from ${shown(low.mean)} (${named(before)}) to ${shown(high.mean)} (${named(after)})`;
  return riseNote(text, after.learningRate);
}

/** With the squared standard error of the mean. */
function meanOf(losses: readonly number[]): { readonly mean: number; readonly variance: number } {
  const count = losses.length;
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / count;
  const squares = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0);
  return { mean, variance: squares / (count - 1) / count };
}

/** Of an odd number of losses. */
function medianOf(losses: readonly number[]): number {
  return [...losses].sort((a, b) => a - b)[(losses.length - 1) / 2] ?? Number.NaN;
}

const shown = (value: number): string =>
  Math.abs(value) < 1e6 ? String(Number(value.toPrecision(3))) : value.toExponential(1);

function riseNote(what: string, rate: number): Note {
  const text = `${what}, at a learning rate of ${shown(rate)}: try a smaller one, such as ${shown(rate / 10)}, or \`clipNorm\`.`;
  return note('LOSS_RISES', 'fit', text);
}
