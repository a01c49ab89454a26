/** @file The progress line as text: as much as fits the terminal, the most important first. */
import { digits, numbered } from '../history.js';

export interface Moment {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps of the epoch, or rows of the validation data. */
  readonly done: number;
  /** Null when nobody knows. */
  readonly of: number | null;
  readonly phase: 'training' | 'validation';
  readonly loss: number | null;
  readonly secondsLeft: number | null;
  /** Steps a second; during validation, rows. */
  readonly rate: number | null;
  /** Of the last step; null before the first. */
  readonly learningRate: number | null;
  /** From 0 to 1, as in the epoch's record. */
  readonly dataWait: number | null;
}

const WIDEST_BAR = 24;
const NARROWEST_BAR = 4;

/** At most `columns` - 1 characters: in the last column, terminals differ about where the cursor is. */
export function progressLine(moment: Moment, columns: number): string {
  const { done, of } = moment;
  const room = Math.max(0, columns - 1);
  const parts = partsOf(moment);
  while (parts.length > 1 && parts.join('  ').length > room) parts.pop();
  const text = parts.join('  ');
  const bar = Math.min(WIDEST_BAR, room - text.length - 2);
  if (of === null || bar < NARROWEST_BAR) return text.slice(0, room);
  const filled = Math.min(bar, Math.floor((bar * done) / Math.max(1, of)));
  const [first = '', ...rest] = parts;
  return [first, '='.repeat(filled) + '-'.repeat(bar - filled), ...rest].join('  ');
}

/** The most important first. */
function partsOf({ epoch, epochs, done, of, phase, loss, ...moment }: Moment): string[] {
  const { secondsLeft, rate, learningRate, dataWait } = moment;
  const isValidation = phase === 'validation';
  return [
    numbered(epoch, epochs),
    // as wide at its beginning as at its end: nothing behind it moves
    `${isValidation ? 'validation ' : ''}${of === null ? done : `${String(done).padStart(String(of).length)}/${of}`}`,
    ...(loss === null ? [] : [`loss ${digits(loss)}`]),
    ...(secondsLeft === null ? [] : [`${duration(secondsLeft)} left`]),
    ...(rate === null ? [] : [`${perSecond(rate)}/s`]),
    ...(isValidation || learningRate === null ? [] : [`lr ${learningRate.toExponential(1)}`]),
    ...(isValidation || dataWait === null ? [] : [`wait ${Math.round(100 * dataWait)}%`]),
  ];
}

/** `0.4`, `12`, `1500`, `3.1e+6`. */
function perSecond(rate: number): string {
  if (rate >= 1e6) return rate.toExponential(1);
  return rate < 10 ? rate.toFixed(1) : String(Math.round(rate));
}

/** `0:07`, `12:30`, `3:05:00`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
