/** @file `npm run titanic -- path/to/titanic3.csv`: trains on the passengers and prints what can be foretold. */
import { titanic } from './project.js';
import { readPassengers } from './read.js';

const path = process.argv[2];
if (path === undefined) {
  console.error('Which file? npm run titanic -- path/to/titanic3.csv');
  process.exit(1);
}
const { table, notes } = await readPassengers(path);
for (const note of notes) console.log(note);
const { train, validation, test } = table.split({ train: 0.6, validation: 0.2, test: 0.2 }, { seed: 1 });

console.log(String(titanic));
await titanic.fit(train, { validation, seed: 1 });
await titanic.tune(validation);
(await titanic.evaluate(test)).print();
console.log(await titanic.explain(test.slice(0, 2), { why: true }));
