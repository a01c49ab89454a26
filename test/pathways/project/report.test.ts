/** @file The report of pathways: who has what, in numbers, in a table and in a picture. */
import { expect, test } from 'vitest';
import { asked, quiet, rows, three } from './ways.js';

test('units of their own: shares, nothing shared, one pass, scores', async () => {
  const project = three({ pathways: { method: 'random', granularity: 'unit', sparsity: 0.75 } });
  await project.fit(rows, { ...quiet, epochs: 1 });
  const report = await project.pathways.report(rows, asked);
  const [first, second] = report.layers;
  expect(first).toMatchObject({ kernel: 'layer1/kernel', size: 48, free: 0.25 });
  expect(first?.seen.get('red')).toBeCloseTo(4 / 16, 12);
  expect(second?.seen.get('red')).toBeCloseTo((4 * 3) / (16 * 12), 12);
  expect(report.overlap[0]).toEqual([1, 0, 0]);
  expect(report.passes.count).toBe(1);
  expect(report.scores.get('red')?.metric).toBe('accuracy');
  const text = String(report);
  expect(text).toContain('no weight is seen by two pathways');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  for (const path of ['red', 'round', 'size']) expect(text).toMatch(new RegExp(`^${path} +1 +\\d+ % +25 % +6 %$`, 'm'));
});

test('what overlaps is said, and weights of their own take a pass each', async () => {
  const project = three({ pathways: { method: 'random', granularity: 'weight', sparsity: 0.5, exclusive: false } });
  await project.fit(rows, { ...quiet, epochs: 1 });
  const report = await project.pathways.report();
  expect(report.passes.count).toBe(3);
  expect(report.scores.size).toBe(0);
  const [red, round] = project.pathways.list;
  let [both, either] = [0, 0];
  for (const [name, mask] of red?.reads ?? []) {
    mask.forEach((value, i) => {
      const other = round?.reads.get(name)?.[i] ?? 0;
      both += value & other;
      either += value | other;
    });
  }
  expect(report.overlap[0]?.[1]).toBeCloseTo(both / either, 12);
});

test('the picture is an SVG with a strip for each layer and nothing that runs', async () => {
  const project = three({ pathways: { method: 'random', granularity: 'unit', sparsity: 0.75 } });
  await project.fit(rows, { ...quiet, epochs: 1 });
  const svg = (await project.pathways.report()).toSvg();
  expect(svg).toMatch(/^<svg xmlns/);
  expect(svg).toContain('layer2/kernel');
  expect(svg).not.toMatch(/<script|on\w+=|href/);
  const open = [...svg.matchAll(/<(\w+)[^>]*[^/]>/g)].length;
  const closed = [...svg.matchAll(/<\/\w+>/g)].length;
  expect(open).toBe(closed);
});
