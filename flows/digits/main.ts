/** @file `npm run digits`: trains on handwritten digits and prints how well every question is answered. */
import { digits } from './project.js';
import { readDigits } from './read.js';

const { train, validation, test } = (await readDigits()).split({ train: 0.7, validation: 0.1, test: 0.2 }, { seed: 1 });

console.log(String(digits));
await digits.fit(train, { validation, seed: 1 });
await digits.tune(validation);
(await digits.evaluate(test)).print();
console.log(await digits.explain(test.slice(0, 2), { why: true }));
