/** @file A note about a training loss that rises, which a learning rate that suits the network does not make it do. */
import { type Note, note } from '../../notes.js';
import type { FitEvent, Watcher } from '../../train/watchers/watcher.js';

/** A rise by less is no clear one. */
const CLEAR = 0.05;
/** Standard errors of the difference of two means that are chance. */
const CHANCE = 2;
/** Steps whose mean says something; epochs of fewer are taken together. */
const LEAST_STEPS = 8;

/** Losses of the steps of one or several whole epochs. */
interface Span {
  readonly first: number;
  readonly last: number;
  readonly mean: number;
  /** Squared standard error of the mean. */
  readonly variance: number;
  readonly learningRate: number;
}

/**
 * Compares epochs with the one before while neither the weights of the tasks nor the learning rate went up in between:
 * a balancer changes what the loss is a sum of, and a schedule that warms up or restarts means its loss to rise.
 *
 * @param tell is called once, when the epoch has ended
 */
export function lossRises(tell: (note: Note) => void): Watcher {
  let before: Span | null = null;
  let running = createSpan();
  let weights = '';
  let isWhole = false;
  let isTold = false;
  return {
    name: 'loss rises',
    on: (event, { weights: present }) => {
      if (isTold) return;
      if (event.kind === 'epochBegin') {
        isWhole = event.step === 0; // an earlier fit has begun it otherwise
        if (!isWhole || present.join() !== weights) {
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
      if (before !== null && isRise(before, after)) {
        isTold = true;
        tell(riseNote(before, after));
      }
      before = after;
    },
  };
}

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
    close: (last) => {
      const count = losses.length;
      if (count < LEAST_STEPS || first === null) return null;
      const mean = losses.reduce((total, loss) => total + loss, 0) / count;
      const squares = losses.reduce((total, loss) => total + (loss - mean) ** 2, 0);
      return { first, last, mean, variance: squares / (count - 1) / count, learningRate };
    },
  };
}

type StepEvent = Extract<FitEvent, { readonly kind: 'step' }>;

function isRise(before: Span, after: Span): boolean {
  const rise = after.mean - before.mean;
  return (
    after.learningRate <= before.learningRate &&
    rise > CLEAR * Math.abs(before.mean) &&
    rise > CHANCE * Math.sqrt(before.variance + after.variance)
  );
}

function riseNote(before: Span, after: Span): Note {
  const named = ({ first, last }: Span): string => (first === last ? `epoch ${last}` : `epochs ${first} to ${last}`);
  const shown = (value: number): string => String(Number(value.toPrecision(3)));
  const text =
    `The training loss rose from ${shown(before.mean)} (${named(before)}) to ${shown(after.mean)} (${named(after)}), at ` +
    `a learning rate of ${shown(after.learningRate)}: try a smaller one, such as ${shown(after.learningRate / 10)}, or \`clipNorm\`.`;
  return note('LOSS_RISES', 'fit', text);
}
