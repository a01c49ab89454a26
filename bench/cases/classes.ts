/** @file Whether evaluation stands many classes: 10,000 of them on 2,000 rows, and a multilabel of 100 on 10,000. */
import { classification, multilabel, Project, type TaskKind, vector } from '../../src/index.js';
import { uniforms } from '../../src/random.js';
import type { BenchCase } from '../case.js';
import { atMost, type Finding } from '../report.js';
import { median } from '../timing.js';

const TARGET_MILLISECONDS = 2000;

interface Size {
  readonly label: string;
  readonly rows: number;
  readonly kind: TaskKind;
  readonly labelOf: (uniform: number) => unknown;
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `class ${i}`);

const manyClasses: Size = {
  label: '10,000 classes, 2,000 rows',
  rows: 2000,
  kind: classification({ classes: names(10_000) }),
  labelOf: (uniform) => Math.floor(uniform * 10_000),
};

const manyLabels: Size = {
  label: 'multilabel of 100, 10,000 rows',
  rows: 10_000,
  kind: multilabel({ classes: names(100) }),
  labelOf: (uniform) => names(100).filter((_, i) => (i * uniform * 7) % 1 < 0.2),
};

export const classes: BenchCase = {
  name: 'classes',
  usual: true,
  run: async ({ effort }) => ({
    name: 'classes',
    title: 'evaluate: binding, scores, every metric in both views, and the table',
    timings: [],
    findings: [await measure(manyClasses, effort.rounds), await measure(manyLabels, effort.rounds)],
    notes: [],
  }),
};

async function measure({ label, rows, kind, labelOf }: Size, rounds: number): Promise<Finding> {
  const project = new Project({
    name: 'classes',
    inputs: { x: vector({ size: 8 }) },
    tasks: { task: kind },
    backbone: ({ x }) => ({ features: x }),
  }).flow('full', (task, x) => [task.task(x.features)]);
  const numbers = uniforms({ seed: 3, stream: 'rows', counter: 0 }, rows * 9);
  const data = Array.from({ length: rows }, (_, i) => ({
    x: Array.from(numbers.subarray(i * 9, i * 9 + 8)),
    task: labelOf(numbers[i * 9 + 8] as number), // nine numbers a row
  }));
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    (await project.evaluate(data)).toString();
    if (round > 0) times.push(performance.now() - start); // the first compiles
  }
  project.dispose();
  return {
    label,
    value: median(times),
    unit: 'ms',
    spread: [Math.min(...times), Math.max(...times)],
    fastest: null,
    target: atMost(TARGET_MILLISECONDS),
  };
}
