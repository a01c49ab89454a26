/** @file Masked language modelling through the verbs: beside other tasks, under conditions, in nested flows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createBatcher } from '../../src/data/batches.js';
import { bindTable } from '../../src/data/bind.js';
import { hiddenPort, inputPort, MASK } from '../../src/data/ports.js';
import { adam, along, binary, maskedLanguageModel, Project, recordsSource, text, tf } from '../../src/index.js';
import { uniforms } from '../../src/random.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { numberedWords, wordTokenizer } from '../support/word-tokenizer.js';

const WORDS = 12;
const LENGTH = 8;
const tokenizer = wordTokenizer(numberedWords(WORDS));

/** A line counts up or down from a word; whoever sees its neighbours knows a hidden one. Every third is noise. */
function lines(count: number, seed = 5) {
  return Array.from({ length: count }, (_, row) => {
    const [start = 0, way = 0, size = 0, ...noise] = uniforms({ seed, stream: 'lines', counter: row }, 3 + LENGTH);
    const isNoise = row % 3 === 2;
    const length = 3 + Math.floor(size * (LENGTH - 2));
    const words = Array.from({ length }, (_, i) => {
      const step = way < 0.5 ? i : -i;
      const at = isNoise ? Math.floor((noise[i] ?? 0) * WORDS) : Math.floor(start * WORDS) + step;
      return `w${((at % WORDS) + WORDS) % WORDS}`;
    });
    return { line: words.join(' '), ordered: !isNoise, rising: isNoise ? null : way < 0.5 };
  });
}

function declare(seed = 2) {
  return new Project({
    name: 'lines',
    seed,
    inputs: { line: text({ tokenizer, length: LENGTH }) },
    tasks: { ordered: binary(), rising: binary(), word: along('token', maskedLanguageModel({ tokenizer })) },
    backbone: ({ line }) => {
      const embedded = tf.layers.embedding({ inputDim: tokenizer.size, outputDim: 16, name: 'pieces' }).apply(line);
      const near = tf.layers
        .conv1d({ filters: 48, kernelSize: 3, padding: 'same', activation: 'relu', name: 'near' })
        .apply(embedded);
      const wide = tf.layers.conv1d({ filters: 48, kernelSize: 3, padding: 'same', activation: 'relu', name: 'wide' });
      const tokens = wide.apply(near) as tf.SymbolicTensor;
      return { tokens, whole: tf.layers.globalMaxPooling1d({}).apply(tokens) };
    },
    onNote: () => {},
  })
    .flow('language', (task, x) => [task.rising(x.whole), task.word(x.tokens)])
    .flow('all', (task, x) => {
      const ordered = task.ordered(x.whole);
      return [ordered, task.language(x).given(ordered)];
    });
}

/** Rows as an evaluation sees them: the hidden lines, and what is asked of them. */
function hiddenRows(rows: ReturnType<typeof lines>) {
  const layout = layoutOf(declare().resolved);
  const dataset = bindTable(rows, layout);
  const { tensors } = createBatcher(dataset, rows.length)(Array.from(rows.keys()));
  const slot = layout.slot('language.word');
  const tokens = Array.from(tensors[inputPort('line')]?.data ?? []);
  const mask = Array.from(tensors[MASK]?.data ?? []);
  const asked = rows.flatMap((_, row) =>
    Array.from({ length: LENGTH }, (_, i) => i)
      .filter((i) => mask[row * layout.width + slot.offset + i] === 1)
      .map((i) => ({
        row,
        i,
        label: tokenizer.pieces[dataset.labels.values[row * layout.width + slot.offset + i] ?? 0],
      })),
  );
  const hidden = rows.map((row, at) => ({
    ...row,
    line: tokenizer.decode(tokens.slice(at * LENGTH, (at + 1) * LENGTH).filter((id) => id !== 0)),
  }));
  return { hidden, asked };
}

const train = lines(480);
const heldOut = lines(150, 6);

test('it learns what stands between words, under the condition of a nested flow, and is measured on hidden tokens', async () => {
  const project = declare();
  const history = await project.fit(train, { epochs: 60, batchSize: 32, validation: heldOut, progress: false });
  const evaluation = await project.evaluate(heldOut);
  const { hidden, asked } = hiddenRows(heldOut);
  // Only ordered lines count: noise cannot be known.
  expect(asked.every(({ row }) => heldOut[row]?.ordered)).toBe(true);
  expect(evaluation.rows.find((row) => row.task_path === 'language.word')?.num_samples).toBe(asked.length);
  const accuracy = evaluation.value('language.word', 'accuracy') ?? 0;
  expect(accuracy).toBeGreaterThan(0.9);
  expect(history.epochs.at(-1)?.tasks['language.word']).toBeLessThan(0.3);

  // The accuracy again, from predictions of the lines as evaluation hides them.
  const said = await project.predict(hidden, { probabilities: true });
  const right = asked.filter(({ row, i, label }) => said[row]?.language?.word[i]?.value === label);
  const unsure = said.flatMap((own, row) => (own.language === null && heldOut[row]?.ordered ? [row] : []));
  if (unsure.length === 0) expect(right.length / asked.length).toBeCloseTo(accuracy, 12);
  else expect(right.length / asked.length).toBeLessThanOrEqual(accuracy);

  // Other tasks are measured on the lines as they are.
  const plain = await project.predict(heldOut);
  const correct = plain.filter(({ ordered }, row) => ordered === heldOut[row]?.ordered).length;
  expect(evaluation.value('ordered', 'accuracy')).toBeCloseTo(correct / heldOut.length, 12);

  // cross_entropy is the validation loss in nats, and perplexity e to its power.
  const entropy = evaluation.value('language.word', 'cross_entropy') ?? Number.NaN;
  expect(evaluation.value('language.word', 'perplexity')).toBeCloseTo(Math.exp(entropy), 10);
  const unit = project.describe().tasks['language.word']?.lossUnit ?? Number.NaN;
  const validated = await declare().fit(train, { epochs: 1, validation: heldOut, progress: false });
  expect(validated.epochs).toHaveLength(1);
  expect(entropy / unit).toBeLessThan(0.3);

  // Somebody hides a word.
  const [answer] = await project.predict([{ line: ['w3 w4', null, 'w6 w7'] }]);
  expect(answer?.language?.word[2]).toBe('w5');
}, 120_000);

test.each(['cpu', 'wasm', 'onnx'] as const)('on %s the losses of the hidden tokens are the same', async (engine) => {
  const project = declare();
  const fit = { engine, epochs: 2, batchSize: 32, progress: false, validation: heldOut } as const;
  const { epochs } = await project.fit(train.slice(0, 96), fit);
  const reference = await declare().fit(train.slice(0, 96), { ...fit, engine: 'onnx' });
  for (const [i, epoch] of epochs.entries()) {
    const other = reference.epochs[i];
    expect(epoch.tasks['language.word']).toBeCloseTo(other?.tasks['language.word'] ?? Number.NaN, 4);
    expect(epoch.validation?.loss).toBeCloseTo(other?.validation?.loss ?? Number.NaN, 4);
  }
});

test('a stream gives the bytes of the table, and a fit that goes on those of a longer one', async () => {
  const said = async (training: (project: ReturnType<typeof declare>) => Promise<unknown>) => {
    const project = declare();
    await training(project);
    return project.predict(heldOut, { probabilities: true, engine: 'cpu' });
  };
  const options = { engine: 'cpu', batchSize: 32, progress: false, optimizer: adam() } as const;
  const rows = train.slice(0, 96);
  const whole = await said((project) => project.fit(rows, { ...options, epochs: 3 }));
  const streamed = await said((project) => project.fit(recordsSource(rows), { ...options, epochs: 3 }));
  expect(streamed).toEqual(whole);
  const continued = await said(async (project) => {
    await project.fit(rows, { ...options, epochs: 1 });
    await project.fit(rows, { ...options, epochs: 2, continue: true });
  });
  expect(continued).toEqual(whole);
});

test('tokens are hidden anew in each epoch, and evaluations hide the same ones', async () => {
  const seen: string[] = [];
  const layout = layoutOf(declare().resolved);
  const dataset = bindTable(train, layout);
  const batcher = createBatcher(dataset, train.length, { seed: 1 });
  for (let epoch = 1; epoch <= 5; epoch++) {
    const { tensors } = batcher(Array.from(train.keys()), epoch);
    seen.push(String(tensors[hiddenPort('line')]?.data));
  }
  expect(new Set(seen).size).toBe(5);
  const project = declare();
  await project.fit(train, { epochs: 1, progress: false });
  expect((await project.evaluate(heldOut)).rows).toEqual((await project.evaluate(heldOut)).rows);
});

test('it is saved with its vocabulary, and loaded', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-language-'));
  try {
    const project = declare();
    await project.fit(train, { epochs: 2, progress: false });
    await project.save(path.join(folder, 'model'));
    const loaded = await declare(9).load(path.join(folder, 'model'));
    expect(await loaded.predict(heldOut, { probabilities: true })).toEqual(
      await project.predict(heldOut, { probabilities: true }),
    );
    expect((await loaded.evaluate(heldOut)).rows).toEqual((await project.evaluate(heldOut)).rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('no labels but those of the text are needed', async () => {
  const only = new Project({
    name: 'only',
    inputs: { line: text({ tokenizer, length: LENGTH }) },
    tasks: { word: along('token', maskedLanguageModel({ tokenizer })) },
    backbone: ({ line }) => ({
      tokens: tf.layers.embedding({ inputDim: tokenizer.size, outputDim: 4 }).apply(line),
    }),
    onNote: () => {},
  }).flow('all', (task, x) => [task.word(x.tokens)]);
  const texts = train.map(({ line }) => ({ line }));
  const history = await only.fit(texts, { epochs: 2, progress: false });
  expect(history.epochs.at(-1)?.tasks.word).toBeLessThan(1.2);
  const streamed = await only.evaluate(recordsSource(texts.slice(0, 50)));
  expect(streamed.rows).toEqual((await only.evaluate(texts.slice(0, 50))).rows);
});

test('of a vocabulary of 20,000 pieces two numbers a token leave the engine', async () => {
  const large = wordTokenizer(numberedWords(20_000));
  const project = new Project({
    name: 'large',
    inputs: { line: text({ tokenizer: large, length: 16 }) },
    tasks: { word: along('token', maskedLanguageModel({ tokenizer: large })) },
    backbone: ({ line }) => ({
      tokens: tf.layers.embedding({ inputDim: large.size, outputDim: 2 }).apply(line),
    }),
    onNote: () => {},
  }).flow('all', (task, x) => [task.word(x.tokens)]);
  const rows = Array.from({ length: 600 }, (_, row) => ({ line: `w${row} w${row + 1} w${row + 2}` }));
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 5);
  const evaluation = await project.evaluate(rows);
  clearInterval(watch);
  // All logits of these rows would be 600 × 16 × 20,000 × 4 bytes: 768 MB.
  expect((most - before) / 2 ** 20).toBeLessThan(500);
  expect(evaluation.value('word', 'perplexity')).toBeGreaterThan(15_000);
});
