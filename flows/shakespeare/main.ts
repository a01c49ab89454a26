/** @file `npm run shakespeare`: learns the words of plays and what its lines are, from one text; `-- path` names another. */
import { Table, trainTokenizer } from 'headgate';
import { declareShakespeare } from './project.js';
import { excerpt, readLines, speakersOf } from './read.js';

const lines = await readLines(process.argv[2] ?? excerpt);
const { train, validation, test } = Table.fromRecords(lines).split(
  { train: 0.8, validation: 0.1, test: 0.1 },
  { seed: 1 },
);

const tokenizer = trainTokenizer(
  train.toRecords().map(({ text }) => String(text)),
  { kind: 'wordPiece', size: 2048 },
);
tokenizer.report.print();

const speakers = speakersOf(lines, 5);
const shakespeare = declareShakespeare(tokenizer, speakers);
const known = (table: Table): Table =>
  table.derive('speaker', ({ speaker }) => (speakers.includes(String(speaker)) ? speaker : null));

console.log(String(shakespeare));
await shakespeare.fit(known(train), { validation: known(validation), epochs: 20, seed: 1 });
await shakespeare.tune(known(validation));
(await shakespeare.evaluate(known(test))).print();
console.log(await shakespeare.explain([{ text: ['What is the', null, 'of this'] }]));
