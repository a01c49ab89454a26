// Run by scripts/check-package.sh against the installed tarball, on every version of Node: trains a tiny flow, saves it,
// loads it into a new project, and prints the numbers, which must be the same everywhere.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { binary, boundedRegression, Project, vector } from 'headgate';

const rows = Array.from({ length: 64 }, (_, i) => {
  const x = [((i * 13) % 32) / 16 - 1, ((i * 7) % 32) / 16 - 1];
  const warm = x[0] > 0;
  return { x, warm, dry: warm ? x[1] > 0 : null, degrees: 10 * x[0] };
});
const declare = () =>
  new Project({
    name: 'weather',
    inputs: { x: vector({ size: 2 }) },
    tasks: { warm: binary(), dry: binary(), degrees: boundedRegression({ min: -20, max: 40 }) },
  }).flow('full', (task, x) => {
    const warm = task.warm(x.features);
    return [warm, task.dry(x.features).given(warm), task.degrees(x.features)];
  });

const project = declare();
const history = await project.fit(rows, { epochs: 3, progress: false, engine: process.argv[2] ?? 'onnx' });
assert.equal(history.epochs.length, 3);
assert.ok(history.epochs[2].loss < history.epochs[0].loss);
const folder = path.join(mkdtempSync(path.join(tmpdir(), 'headgate-')), 'model');
await project.save(folder);
const again = declare();
await again.load(folder);
const predictions = await again.predict(rows.slice(0, 5), { probabilities: true });
assert.deepEqual(predictions, await project.predict(rows.slice(0, 5), { probabilities: true }));
assert.deepEqual(Object.keys(predictions[0]), ['warm', 'dry', 'degrees']);
console.log(JSON.stringify({ losses: history.epochs.map(({ loss }) => loss), predictions }));
