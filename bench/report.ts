/** @file What a case found, and how it is printed. */
import { ratioOf, type Timing } from './timing.js';

export interface Target {
  readonly bound: 'at most' | 'at least';
  readonly value: number;
}

/** A number beside its target. */
export interface Finding {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  /** Lowest and highest of the rounds; null where the number was taken once. */
  readonly spread: readonly [low: number, high: number] | null;
  /** The same number from the fastest step of each alone: what a machine that does other work too hides least. */
  readonly fastest: number | null;
  readonly target: Target | null;
}

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  readonly timings: readonly Timing[];
  readonly findings: readonly Finding[];
  /** Sentences: peers that were absent, losses that were compared. */
  readonly notes: readonly string[];
}

export const atMost = (value: number): Target => ({ bound: 'at most', value });
export const atLeast = (value: number): Target => ({ bound: 'at least', value });

export interface Comparison {
  /** Names of timings: the finding is the one's time over the other's. */
  readonly of: string;
  readonly over: string;
  readonly target?: Target;
}

/** One finding for each comparison whose two timings are there. */
export function compare(timings: readonly Timing[], comparisons: readonly Comparison[]): readonly Finding[] {
  const byName = new Map(timings.map((timing) => [timing.name, timing]));
  return comparisons.flatMap(({ of, over, target = null }) => {
    const [a, b] = [byName.get(of), byName.get(over)];
    return a === undefined || b === undefined ? [] : [ratioFinding(a, b, target)];
  });
}

function ratioFinding(a: Timing, b: Timing, target: Target | null): Finding {
  const { median, low, high } = ratioOf(a, b);
  const label = `${a.name} / ${b.name}`;
  return { label, value: median, unit: '×', spread: [low, high], fastest: a.min / b.min, target };
}

export function isMet({ value, target }: Finding): boolean | null {
  if (target === null) return null;
  return target.bound === 'at most' ? value <= target.value : value >= target.value;
}

/** Lines of at most 80 columns. */
export function printResult({ name, title, timings, findings, notes }: CaseResult): string {
  const lines = ['', ...wrap(`${name}: ${title}`, '')];
  if (timings.length > 0)
    lines.push(`${''.padEnd(46)}${'median'.padStart(10)}${'min'.padStart(10)}${'max'.padStart(10)}`);
  for (const timing of timings) {
    const numbers = [timing.median, timing.min, timing.max].map((value) => digits(value).padStart(10));
    lines.push(`  ${`${timing.name}, ms`.padEnd(44)}${numbers.join('')}`);
  }
  for (const finding of findings) {
    const spread = finding.spread === null ? '' : `(${finding.spread.map(digits).join('–')})`;
    lines.push(
      `  ${`${finding.label}, ${finding.unit}`.padEnd(44)}${digits(finding.value).padStart(10)} ${spread.padStart(20)}`,
    );
    if (finding.target !== null)
      lines.push(`      ${verdict(finding)}: ${finding.target.bound} ${finding.target.value}${fastest(finding)}`);
  }
  for (const note of notes) lines.push(...wrap(note, '  '));
  return lines.join('\n');
}

function verdict(finding: Finding): string {
  return isMet(finding) === true ? 'reached' : 'MISSED';
}

function fastest({ fastest: value }: Finding): string {
  return value === null ? '' : `; by the fastest steps ${digits(value)}`;
}

function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  return value.toFixed(magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3);
}

function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + word.length + 1 > 80) {
      lines.push(line);
      line = `${indent}  `;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
