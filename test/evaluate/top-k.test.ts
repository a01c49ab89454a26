/** @file Top-5 accuracy in both views, beside a count over the predictions themselves. */
import { expect, test } from 'vitest';
import { binary, classification, Project, vector } from '../../src/index.js';

const classes = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const;
const rows = Array.from({ length: 60 }, (_, i) => {
  const x = [Math.sin(i), Math.cos(3 * i), Math.sin(5 * i + 1)];
  return { x, open: i % 3 !== 0, shirt: i % 7 === 6 ? null : classes[i % 7] };
});

test('accuracy_top5 on the rows that truth lets in, and on those that predictions let in', async () => {
  const shown = ['a', 'b', 'c', 'd', 'e'] as const;
  const make = (names: readonly string[]) =>
    new Project({
      name: 'top',
      inputs: { x: vector({ size: 3 }) },
      tasks: { open: binary(), shirt: classification({ classes: names }) },
      onNote: () => {},
    }).flow('full', (task, x) => {
      const open = task.open(x.features);
      return [open, task.shirt(x.features).given(open)];
    });
  const project = make(classes);
  await project.fit(rows, { engine: 'cpu', epochs: 2, progress: false });
  const evaluation = await project.evaluate(rows, { engine: 'cpu' });
  const free = new Project({
    name: 'free',
    inputs: { x: vector({ size: 3 }) },
    tasks: { open: binary(), shirt: classification({ classes }) },
    onNote: () => {},
  }).flow('full', (task, x) => [task.open(x.features), task.shirt(x.features)]);
  await free.fit(rows, { engine: 'cpu', epochs: 1, progress: false });
  await free.adopt(project);
  // without the condition: what both tasks say of every row
  const said = await free.predict(rows, { engine: 'cpu', probabilities: true });
  const views = {
    given_truth: rows.map(({ open }) => open),
    end_to_end: said.map(({ open }) => open.value),
  };
  for (const [view, letIn] of Object.entries(views)) {
    const counted = rows.flatMap(({ shirt }, i) => (letIn[i] && shirt ? [{ i, shirt }] : []));
    const hits = counted.filter(({ i, shirt }) => {
      const probability = said[i]?.shirt.probability as Record<string, number>; // by class
      const order = [...classes].sort((one, other) => Number(probability[other]) - Number(probability[one]));
      return order.slice(0, 5).includes(shirt);
    });
    const row = evaluation.rows.find((one) => one.metric_name === 'accuracy_top5' && one.view === view);
    expect(row).toMatchObject({ task_path: 'shirt', num_samples: counted.length });
    expect(row?.metric_res).toBeCloseTo(hits.length / counted.length, 12);
    expect(hits.length).toBeLessThan(counted.length);
  }
  // of five classes it would be 1 whatever a model says: it is not there
  const five = make(shown);
  const few = rows.filter(({ shirt }) => shirt === null || shown.some((name) => name === shirt));
  await five.fit(few, { engine: 'cpu', epochs: 1, progress: false });
  const names = (await five.evaluate(few, { engine: 'cpu' })).rows.map(({ metric_name }) => metric_name);
  expect(names).toContain('accuracy_top3');
  expect(names).not.toContain('accuracy_top5');
});
