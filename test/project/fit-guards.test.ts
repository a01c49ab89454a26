import { expect, test } from 'vitest';
import { binary, type FitOptions, Project, vector } from '../../src/index.js';

const rows = Array.from({ length: 8 }, (_, i) => ({ x: [i, 1], yes: i % 2 === 0 }));
const declared = () =>
  new Project({ name: 'guards', inputs: { x: vector({ size: 2 }) }, tasks: { yes: binary() } }).flow(
    'full',
    (task, x) => [task.yes(x.features)],
  );

test('two fits of one project at once: the second is refused, the first is not disturbed', async () => {
  const project = declared();
  const first = project.fit(rows, { epochs: 1, progress: false, engine: 'cpu' });
  await expect(project.fit(rows, { epochs: 1, progress: false, engine: 'cpu' })).rejects.toMatchObject({
    code: 'PROJECT_BUSY',
    path: 'guards',
  });
  expect((await first).ended).toBe('completed');
  expect((await project.fit(rows, { epochs: 1, progress: false, engine: 'cpu' })).ended).toBe('completed');
});

test('an option that does not exist is refused with a suggestion', async () => {
  const misspelt = { epoch: 3, progress: false } as FitOptions; // as from JavaScript
  await expect(declared().fit(rows, misspelt)).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'fit.epoch',
    suggestion: 'epochs',
  });
});
