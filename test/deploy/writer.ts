/**
 * @file One of two processes on one folder: `save <folder> <rounds> <value>` saves a model of this value again and
 * again, `load` reads it and prints how often each value, or which error, was seen.
 */
import { load } from '../../src/deploy/load.js';
import { save } from '../../src/deploy/save.js';
import { HeadgateError } from '../../src/errors.js';
import { modelOf } from './model-of.js';

const [verb, folder = '', rounds, value] = process.argv.slice(2);
const seen: Record<string, number> = {};
for (let round = 0; round < Number(rounds); round++) {
  const outcome = await (verb === 'save' ? saving() : loading()).catch((error: unknown) =>
    error instanceof HeadgateError ? `${error.code} ${error.path} ${error.received}` : String(error),
  );
  seen[outcome] = (seen[outcome] ?? 0) + 1;
}
console.log(JSON.stringify(seen));

async function saving(): Promise<string> {
  await save(folder, modelOf(Number(value)));
  return 'saved';
}

async function loading(): Promise<string> {
  return String((await load(folder)).weights['open/kernel']?.data[0]);
}
