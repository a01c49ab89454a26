import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { binary } from '../../src/tasks/binary.js';
import { boundedRegression } from '../../src/tasks/bounded-regression.js';
import { classification } from '../../src/tasks/classification.js';
import type { TaskKind } from '../../src/tasks/kind.js';
import { multilabel } from '../../src/tasks/multilabel.js';
import { tf } from '../../src/tf.js';

// what dnn_cool computed for ten rows; see test/fixtures/README.md
const numbers = z.array(z.number());
const golden = z
  .object({
    logits12: z.array(numbers),
    labels: z.record(z.string(), z.array(z.union([z.number(), numbers]))),
    gt_masks: z.record(z.string(), numbers),
    task_losses: z.record(z.string(), z.number()),
    per_sample: z.record(z.string(), numbers),
    tree: z.string(),
  })
  .parse(JSON.parse(readFileSync(new URL('../fixtures/golden_dnn_cool.json', import.meta.url), 'utf8')));

interface Column {
  readonly path: string;
  readonly kind: TaskKind;
  readonly from: number;
  readonly scale?: number;
}

const columns: readonly Column[] = [
  { path: 'blocked', kind: binary(), from: 0 },
  { path: 'open', kind: binary(), from: 1 },
  { path: 'locked', kind: binary(), from: 2 },
  { path: 'person', kind: binary(), from: 3 },
  { path: 'person_flow.face.x1', kind: boundedRegression({ min: 0, max: 64 }), from: 4, scale: 64 },
  { path: 'person_flow.face.traits', kind: multilabel({ classes: ['0', '1', '2'] }), from: 5 },
  { path: 'person_flow.shirt', kind: classification({ classes: ['0', '1', '2', '3'] }), from: 8 },
];

function rowsOf(path: string): readonly number[] {
  return (golden.gt_masks[path] ?? []).flatMap((inside, row) => (inside === 1 ? [row] : []));
}

/** The element losses of the rows that count, `[rows][width]`, by way of the kind's own encoding. */
function losses({ path, kind, from, scale = 1 }: Column): readonly (readonly number[])[] {
  const rows = rowsOf(path);
  const short = path.split('.').at(-1) ?? '';
  const targets = rows.map((row) => {
    const cell = { values: new Float64Array(kind.width), present: new Uint8Array(kind.width), offset: 0 };
    const label = golden.labels[short]?.[row];
    kind.encode(typeof label === 'number' ? label * scale : label, cell, () => path);
    expect([...cell.present]).toEqual(Array(kind.width).fill(1));
    const { offset = 0, scale: factor = 1 } = kind.target ?? {};
    return [...cell.values].map((value) => (value - offset) * factor);
  });
  const logits = rows.map((row) => golden.logits12[row]?.slice(from, from + kind.units) ?? []);
  return tf.tidy(() => kind.loss(tf.tensor2d(logits), tf.tensor2d(targets)).arraySync() as number[][]);
}

test.each(columns)('$path: the loss and the per-sample losses are those of dnn_cool', (column) => {
  const elements = losses(column);
  const perSample = elements.map((row) => row.reduce((sum, loss) => sum + loss, 0));
  const mean = perSample.reduce((sum, loss) => sum + loss, 0) / (elements.length * column.kind.width);
  expect(mean).toBeCloseTo(golden.task_losses[column.path] ?? Number.NaN, 6);
  perSample.forEach((loss, i) => {
    expect(loss).toBeCloseTo(golden.per_sample[column.path]?.[i] ?? Number.NaN, 5);
  });
});

test('explanations are the lines of dnn_cool’s tree', () => {
  const lines = new Map<number, string[]>();
  let row = -1;
  for (const line of golden.tree.split('\n')) {
    const text = line.replace(/^[│├└─ \u00a0]+/u, '').trimEnd();
    if (/^inp \d+$/.test(text)) row = Number(text.slice(4));
    else if (row >= 0) lines.set(row, [...(lines.get(row) ?? []), text]);
  }
  let compared = 0;
  for (const [row, expected] of lines) {
    const written = new Set<string>();
    for (const { path, kind, from } of columns) {
      const logits = Float32Array.from(golden.logits12[row]?.slice(from, from + kind.units) ?? []);
      const activated = tf.tidy(() => kind.activate(tf.tensor2d(logits, [1, kind.units])).dataSync() as Float32Array);
      const thresholds = (kind.thresholds?.names ?? []).map(() => 0.5);
      const decoded = kind.decode({ rows: 1, logits, activated }, thresholds);
      const line = kind.explain(path.split('.').at(-1) ?? '', { logits, activated, decoded });
      written.add(line.text);
      for (const child of line.children ?? []) written.add(child);
    }
    for (const text of expected) {
      if (text === 'face' || text === 'person_flow' || text === '') continue;
      expect(written).toContain(text);
      compared++;
    }
  }
  expect(compared).toBe(86);
});
