// Run by scripts/check-package.sh in an empty folder that holds the installed tarball: trains a tiny flow.
import assert from 'node:assert/strict';
import { binary, Project, vector } from 'headgate';

const rows = Array.from({ length: 64 }, (_, i) => {
  const x = [Math.sin(i), Math.cos(2 * i)];
  const warm = x[0] > 0;
  return { x, warm, dry: warm ? x[1] > 0 : null };
});
const project = new Project({
  name: 'weather',
  inputs: { x: vector({ size: 2 }) },
  tasks: { warm: binary(), dry: binary() },
}).flow('full', (task, x) => {
  const warm = task.warm(x.features);
  return [warm, task.dry(x.features).given(warm)];
});
const history = await project.fit(rows, { epochs: 2, progress: false });
assert.equal(history.epochs.length, 2);
assert.ok(history.epochs[1].loss < history.epochs[0].loss);
const [first] = await project.predict(rows.slice(0, 1));
assert.deepEqual(Object.keys(first), ['warm', 'dry']);
await project.save('model');
console.log('The installed package trains, predicts and saves.');
