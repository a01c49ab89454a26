/** @file After `npm run demo`, in CI: does the evaluation that it wrote reach its bars? */
import { readCsv } from 'headgate';

const { table } = await readCsv('runs/security-camera/evaluation.csv');
const rows = table.toRecords().filter((row) => row.view === 'given_truth');
/** Bars by metric; every task that has the metric must reach it. */
const bars: Readonly<Record<string, { readonly tasks: number; readonly reached: (value: number) => boolean }>> = {
  accuracy: { tasks: 6, reached: (value) => value >= 0.99 },
  normalised_mean_absolute_error: { tasks: 8, reached: (value) => value <= 0.03 },
};
for (const [metric, { tasks, reached }] of Object.entries(bars)) {
  const own = rows.filter((row) => row.metric_name === metric);
  if (own.length !== tasks) throw new Error(`the demo measured ${metric} of ${own.length} tasks, not ${tasks}`);
  for (const { task_path, metric_res } of own) {
    if (typeof metric_res !== 'number' || !reached(metric_res)) {
      throw new Error(`the demo missed its bar: ${metric} of ${String(task_path)} is ${String(metric_res)}`);
    }
  }
}
console.log('The demo reached its bars.');
