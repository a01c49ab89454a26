/** @file What an extraction left, and how much faster that is. */
import { formatNumber } from '../../evaluate/text-table.js';
import type { BeforeAfter, CompactReport } from '../../pathways/compact/report.js';
import type { Model } from '../model.js';
import type { ExtractedModel } from './extract.js';

/** What extraction left, against the whole network. */
export interface ExtractReport {
  /** Paths of the tasks, those that their conditions ask about among them. */
  readonly tasks: readonly string[];
  readonly units: BeforeAfter;
  readonly parameters: BeforeAfter;
  readonly bytes: BeforeAfter;
  /** For one row. */
  readonly multiplyAdds: BeforeAfter;
  /** Of a prediction of the rows of `timeOn`, all tasks of either network; null without them. */
  readonly milliseconds: BeforeAfter | null;
  /** Of each forward pass that the tasks need. */
  readonly parts: readonly CompactReport[];
  readonly toString: () => string;
  readonly print: () => void;
}

/** @throws HeadgateError what `predict` throws of the rows that are timed */
export async function extractReport(whole: Model, small: Model, extracted: ExtractedModel): Promise<ExtractReport> {
  const { timeOn, ...options } = extracted.options;
  const milliseconds = timeOn === undefined ? null : await timed([whole, small], timeOn, options);
  const tasks = [...extracted.tasks];
  const { sizes } = extracted;
  const parts = extracted.network.reports;
  const lines = Object.entries({ ...sizes, milliseconds }).flatMap(([name, size]) =>
    size === null ? [] : [sizeLine(name, size)],
  );
  const text = [`${tasks.length} tasks: ${tasks.join(', ')}`, ...lines, ...parts.map(String)].join('\n');
  return Object.freeze({
    ...{ tasks, ...sizes, milliseconds, parts },
    toString: () => text,
    print: () => console.log(text),
  });
}

async function timed(
  models: readonly Model[],
  ...[rows, options]: [NonNullable<ExtractedModel['options']['timeOn']>, Omit<ExtractedModel['options'], 'timeOn'>]
): Promise<BeforeAfter> {
  const { timePredictions } = await import('./time-predictions.js'); // most extractions are not timed
  const [before, after] = await timePredictions(models, rows, options, 'extract.timeOn');
  if (before === undefined || after === undefined) throw new Error('two networks were timed');
  return { before, after };
}

function sizeLine(name: string, { before, after }: BeforeAfter): string {
  const share = before === 0 ? '' : ` (${formatNumber(after / before)})`;
  return `${name.padEnd(13)} ${figure(before)} -> ${figure(after)}${share}`;
}

const figure = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en-US') : value.toPrecision(3);
