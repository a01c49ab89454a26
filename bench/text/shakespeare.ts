/**
 * @file A masked language model of Shakespeare beside what needs no network: how often pieces occur, and beside which. All answer the
 * same hidden tokens of the last tenth of the text. The counts see the true tokens beside a hidden one; the network sees
 * what evaluation leaves of them.
 *
 *   npx tsx bench/text/shakespeare.ts
 *   --file PATH      default ../shared/data/tinyshakespeare.txt
 *   --epochs N       default 40
 *   --seeds N        weights, orders of rows, hidden tokens. Default 3
 *   --size N         pieces of the vocabulary. Default 2048
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { along, maskedLanguageModel, Project, text, tokenMask, trainTokenizer, transformerEncoder } from 'headgate';
import { createBatcher } from '../../src/data/batches.js';
import { bindTable } from '../../src/data/bind.js';
import { inputPort, MASK } from '../../src/data/ports.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { type Guess, nGrams, unigram } from './n-grams.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    file: { type: 'string', default: path.join(root, '../shared/data/tinyshakespeare.txt') },
    epochs: { type: 'string', default: '40' },
    seeds: { type: 'string', default: '3' },
    size: { type: 'string', default: '2048' },
  },
});
const LENGTH = 64;
/** Lines of a row: about forty tokens. */
const LINES = 4;

const lines = readFileSync(options.file, 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '');
const passages = Array.from({ length: Math.floor(lines.length / LINES) }, (_, i) => ({
  line: lines.slice(LINES * i, LINES * (i + 1)).join(' '),
}));
const cut = Math.floor(passages.length * 0.9);
const [train, test] = [passages.slice(0, cut), passages.slice(cut)];
const tokenizer = trainTokenizer(
  train.map(({ line }) => line),
  { kind: 'wordPiece', size: Number(options.size) },
);
tokenizer.report.print();

const declare = (seed: number) =>
  new Project({
    name: 'shakespeare',
    seed,
    inputs: { line: text({ tokenizer, length: LENGTH, tooLong: 'cut' }) },
    tasks: { token: along('token', maskedLanguageModel({ tokenizer })) },
    backbone: ({ line }) => {
      const encoder = transformerEncoder({ vocabulary: tokenizer.size, layers: 4, width: 128, heads: 4, dropout: 0.1 });
      return { tokens: encoder.apply([line, tokenMask().apply(line)]) };
    },
    onNote: () => {},
  }).flow('all', (task, x) => [task.token(x.tokens)]);

/** The tokens that evaluations hide of the test rows. */
const { resolved } = declare(0);
const layout = layoutOf(resolved);
const dataset = bindTable(test, layout);
const { tensors } = createBatcher(dataset, test.length)(Array.from(test.keys()));
const mask = tensors[MASK]?.data ?? [];
const sequences = test.map(({ line }) => tokenizer.encode(line).subarray(0, LENGTH));
const asked = sequences.flatMap((sequence, row) =>
  Array.from(sequence.keys())
    .filter((place) => mask[row * LENGTH + place] === 1)
    .map((place) => ({ sequence, place })),
);

function measure(name: string, guess: Guess): void {
  let [right, loss] = [0, 0];
  for (const { sequence, place } of asked) {
    const logs = guess(sequence, place);
    const label = sequence[place] as number; // a place of it
    let best = 0;
    for (let id = 1; id < logs.length; id++) if ((logs[id] as number) > (logs[best] as number)) best = id;
    if (best === label) right++;
    loss -= logs[label] as number; // one for each piece
  }
  print(name, [right / asked.length], [Math.exp(loss / asked.length)]);
}

function print(name: string, accuracies: readonly number[], perplexities: readonly number[]): void {
  const said = (values: readonly number[], digits: number): string => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, values.length - 1));
    return `${mean.toFixed(digits)}${values.length > 1 ? ` ± ${deviation.toFixed(digits)}` : ''}`;
  };
  console.log(`${name.padEnd(28)} accuracy ${said(accuracies, 3)}, perplexity ${said(perplexities, 1)}`);
}

const learnt = train.map(({ line }) => tokenizer.encode(line));
console.log(`${asked.length} hidden tokens of ${test.length} passages; ${train.length} passages to learn from`);
measure('unigram', unigram(learnt, tokenizer.size));
const { trigram, twoSided } = nGrams(learnt, tokenizer.size, tokenizer.special.mask ?? -1);
measure('trigram, Kneser-Ney', trigram);
measure('bigrams from both sides', twoSided);
/** As the network sees them: with what stands in the place of hidden tokens. */
const tokens = tensors[inputPort('line')]?.data ?? [];
const asSeen = new Map(
  sequences.map((sequence, row) => [sequence, Array.from(tokens.slice(row * LENGTH, row * LENGTH + sequence.length))]),
);
const seen =
  (guess: Guess): Guess =>
  (sequence, place) =>
    guess(asSeen.get(sequence as Int32Array) ?? sequence, place); // one of those that are asked
measure('trigram, of what is seen', seen(trigram));
measure('both sides, of what is seen', seen(twoSided));

const [accuracies, perplexities]: [number[], number[]] = [[], []];
for (let seed = 1; seed <= Number(options.seeds); seed++) {
  const project = declare(seed);
  const start = performance.now();
  await project.fit(train, { seed, epochs: Number(options.epochs), batchSize: 32, progress: false });
  const seconds = (performance.now() - start) / 1000;
  const evaluation = await project.evaluate(test);
  accuracies.push(evaluation.value('token', 'accuracy') ?? Number.NaN);
  perplexities.push(evaluation.value('token', 'perplexity') ?? Number.NaN);
  print(
    `seed ${seed}, ${options.epochs} epochs, ${seconds.toFixed(0)} s`,
    accuracies.slice(-1),
    perplexities.slice(-1),
  );
  project.dispose();
}
print(`network, ${options.seeds} seeds`, accuracies, perplexities);
