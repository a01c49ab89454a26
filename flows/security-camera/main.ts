/** @file `npm run demo`: trains the camera, tunes its thresholds, evaluates it, explains two frames, and saves it all. */
import { mkdir, writeFile } from 'node:fs/promises';
import { generate } from './generator.js';
import { camera } from './project.js';

const folder = 'runs/security-camera';
const { train, validation, test } = generate({ rows: 6000, seed: 1 }).split(
  { train: 0.7, validation: 0.1, test: 0.2 },
  { seed: 1 },
);

console.log(String(camera));
await camera.fit(train, { epochs: 10, batchSize: 64, validation, seed: 1 });
await camera.tune(validation);

const evaluation = await camera.evaluate(test);
evaluation.print();
console.log(await camera.explain(test.slice(0, 2), { why: true }));

await mkdir(folder, { recursive: true });
await writeFile(`${folder}/evaluation.csv`, evaluation.toCsv());
await camera.save(`${folder}/model`);
console.log(`Written: ${folder}/evaluation.csv and ${folder}/model`);
