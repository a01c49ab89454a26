/** @file Which tokens are hidden, and by what. */
import { expect, test } from 'vitest';
import { createBatcher } from '../../../src/data/batches.js';
import { bindTable } from '../../../src/data/bind.js';
import { hiddenInputs } from '../../../src/data/hiding/hidden-inputs.js';
import { hideTokens } from '../../../src/data/hiding/hide.js';
import { COUNTS, hiddenPort, inputPort, MASK } from '../../../src/data/ports.js';
import {
  along,
  binary,
  type InputSpec,
  maskedLanguageModel,
  Project,
  type TaskKind,
  tensor,
  text,
  tf,
} from '../../../src/index.js';
import { uniforms } from '../../../src/random.js';
import { layoutOf } from '../../../src/tasks/layout.js';
import { refusal } from '../../support/columns.js';
import { numberedWords, wordTokenizer } from '../../support/word-tokenizer.js';

const words = numberedWords(50);
const tokenizer = wordTokenizer(words);
const LENGTH = 20;

const project = (rate = 0.15) =>
  new Project({
    name: 'lines',
    inputs: { line: text({ tokenizer, length: LENGTH }) },
    tasks: { english: binary(), word: along('token', maskedLanguageModel({ tokenizer, rate })) },
    backbone: ({ line }) => {
      const tokens = tf.layers.embedding({ inputDim: tokenizer.size, outputDim: 2 }).apply(line) as tf.SymbolicTensor;
      return { tokens, whole: tf.layers.flatten().apply(tokens) };
    },
  }).flow('all', (task, x) => {
    const english = task.english(x.whole);
    return [english, task.word(x.tokens).given(english)];
  });

const layout = (rate?: number) => layoutOf(project(rate).resolved);

/** Lines of 0 to `LENGTH` words, one in ten of which is not known. */
const rows = Array.from({ length: 300 }, (_, row) => {
  const [count = 0, english = 0, ...draws] = uniforms({ seed: 7, stream: 'lines', counter: row }, 2 + LENGTH);
  const line = draws
    .slice(0, Math.floor(count * (LENGTH + 1)))
    .map((u) => (u < 0.1 ? 'unheard' : `w${Math.floor(u * 50)}`));
  return { line: line.join(' '), english: english < 0.8 };
});

const own = layout();
const dataset = bindTable(rows, own);
const slot = own.slot('word');

function hidden(epoch: number, seed = 3, which = Array.from(rows.keys()), rate?: number) {
  const flow = rate === undefined ? own : layout(rate);
  const batcher = createBatcher(rate === undefined ? dataset : bindTable(rows, flow), which.length, { seed });
  const { tensors } = batcher(which, epoch);
  const take = (name: string) => Array.from(tensors[name]?.data ?? []); // every port is there
  return {
    tokens: take(inputPort('line')),
    mask: take(MASK),
    counts: take(COUNTS),
    places: take(hiddenPort('line')),
    width: flow.width,
  };
}

const plain = Array.from(dataset.inputs.line?.values ?? []); // the input is there
const isHidden = ({ mask, width }: ReturnType<typeof hidden>, row: number, i: number): boolean =>
  mask[row * width + slot.offset + i] === 1;

test('of each row where it applies, 15 % of the known tokens are hidden: rounded, at least one', () => {
  const batch = hidden(1);
  let total = 0;
  for (const [row, { english, line }] of rows.entries()) {
    const known = line.split(' ').filter((word) => words.includes(word)).length;
    const count = Array.from({ length: LENGTH }, (_, i) => isHidden(batch, row, i)).filter(Boolean).length;
    expect(count).toBe(english && known > 0 ? Math.max(1, Math.round(0.15 * known)) : 0);
    for (let i = 0; i < LENGTH; i++) {
      const id = plain[row * LENGTH + i] as number; // one each
      if (isHidden(batch, row, i)) expect(id).toBeGreaterThan(4);
      else expect(batch.tokens[row * LENGTH + i]).toBe(id);
    }
    total += count;
  }
  expect(batch.counts[own.groups.flatMap((group) => group.slots).indexOf(slot)]).toBe(total);
});

test('a row that the condition shuts out is not touched', () => {
  const batch = hidden(1);
  const shut = rows.flatMap(({ english }, row) => (english ? [] : [row]));
  expect(shut.length).toBeGreaterThan(30);
  for (const row of shut) {
    const span = [row * LENGTH, (row + 1) * LENGTH] as const;
    expect(batch.tokens.slice(...span)).toEqual(plain.slice(...span));
  }
});

test('of the hidden tokens 80 % are masked, 10 % another and 10 % themselves; none becomes special', () => {
  const counts = { masked: 0, same: 0, other: 0 };
  const others = new Set<number>();
  for (let epoch = 1; epoch <= 60; epoch++) {
    const batch = hidden(epoch);
    for (let row = 0; row < rows.length; row++) {
      for (let i = 0; i < LENGTH; i++) {
        if (!isHidden(batch, row, i)) continue;
        const [now, before] = [batch.tokens[row * LENGTH + i] as number, plain[row * LENGTH + i]]; // one each
        if (now === 4) counts.masked++;
        else if (now === before) counts.same++;
        else {
          counts.other++;
          others.add(now);
        }
      }
    }
  }
  const all = counts.masked + counts.same + counts.other;
  const deviation = (share: number) => Math.sqrt((share * (1 - share)) / all);
  expect(all).toBeGreaterThan(15_000);
  expect(Math.abs(counts.masked / all - 0.8)).toBeLessThan(4 * deviation(0.8));
  // Another token is the same one once in fifty times.
  expect(Math.abs(counts.other / all - 0.1 * (49 / 50))).toBeLessThan(4 * deviation(0.1));
  expect(Math.abs(counts.same / all - 0.102)).toBeLessThan(4 * deviation(0.1));
  expect([...others].sort((a, b) => a - b)).toEqual(words.map((_, i) => i + 5));
});

test('every token of a row is hidden as often as any other', () => {
  const times = new Map<number, number>();
  const row = rows.findIndex(
    ({ english, line }) => english && line.split(' ').filter((w) => words.includes(w)).length === 10,
  );
  for (let epoch = 1; epoch <= 4000; epoch++) {
    const batch = hidden(epoch, 3, [row]);
    for (let i = 0; i < LENGTH; i++) if (isHidden(batch, 0, i)) times.set(i, (times.get(i) ?? 0) + 1);
  }
  expect(times.size).toBe(10);
  // round(.15 × 10) = 2 of 10: 800 times each, with a deviation of about 25.
  for (const count of times.values()) expect(Math.abs(count - 800)).toBeLessThan(110);
});

test('what is hidden depends on seed, epoch and the row, and on neither the batch nor its order', () => {
  const whole = hidden(2);
  const order = [17, 250, 3, 3, 99];
  const part = hidden(2, 3, order);
  for (const [at, row] of order.entries()) {
    for (let i = 0; i < LENGTH; i++) {
      expect(part.tokens[at * LENGTH + i]).toBe(whole.tokens[row * LENGTH + i]);
      expect(isHidden(part, at, i)).toBe(isHidden(whole, row, i));
    }
  }
  expect(hidden(2).tokens).toEqual(whole.tokens);
  expect(hidden(3).tokens).not.toEqual(whole.tokens);
  expect(hidden(2, 4).tokens).not.toEqual(whole.tokens);
});

test('the places that a step reads lead to the hidden tokens, and what is left over to one that is not', () => {
  const batch = hidden(5);
  const most = batch.places.length / rows.length;
  expect(most).toBe(3);
  for (let row = 0; row < rows.length; row++) {
    const places = batch.places.slice(row * most, (row + 1) * most).map((place) => place - row * LENGTH);
    const chosen = Array.from({ length: LENGTH }, (_, i) => i).filter((i) => isHidden(batch, row, i));
    expect([...new Set(places)].filter((i) => isHidden(batch, row, i)).sort((a, b) => a - b)).toEqual(chosen);
    const others = places.filter((i) => !isHidden(batch, row, i));
    expect(others.length).toBe(most - chosen.length);
    for (const place of places) expect(place >= 0 && place < LENGTH).toBe(true);
  }
});

test('at rate 1 every known token is hidden', () => {
  const batch = hidden(1, 3, Array.from(rows.keys()), 1);
  for (const [row, { english }] of rows.entries()) {
    for (let i = 0; i < LENGTH; i++) {
      expect(isHidden(batch, row, i)).toBe(english && (plain[row * LENGTH + i] as number) > 4); // one each
    }
  }
});

test('without values, only the mask is told, and it is the same', () => {
  const mask = dataset.mask.slice();
  const id = (row: number): number => dataset.ids[row] as number; // one each
  hideTokens(own, { rows: rows.length, mask, values: () => null, id }, { seed: 3, epoch: 1 });
  expect(Array.from(mask)).toEqual(hidden(1).mask);
});

const declare = (word: TaskKind, input: InputSpec = text({ tokenizer, length: 4 })) =>
  refusal(() => {
    const declared = new Project({
      name: 'p',
      inputs: { line: input },
      tasks: { word },
      backbone: ({ line }) => ({ tokens: tf.layers.embedding({ inputDim: 56, outputDim: 2 }).apply(line) }),
    }).flow('all', (task, x) => [task.word(x.tokens)]);
    hiddenInputs(layoutOf(declared.resolved));
  });

test('it must be known whose tokens are hidden', () => {
  expect(declare(maskedLanguageModel({ tokenizer }))).toMatchObject({
    code: 'HIDDEN_TOKENS',
    path: 'word',
    received: 'none',
  });
  const other = wordTokenizer([...words, 'more']);
  expect(declare(along('token', maskedLanguageModel({ tokenizer: other })))).toMatchObject({
    code: 'HIDDEN_TOKENS',
    problem: 'its vocabulary is not that of the input "line"',
  });
  const numbers = tensor({ shape: [4], axes: ['token'] });
  expect(declare(along('token', maskedLanguageModel({ tokenizer })), numbers)).toMatchObject({
    code: 'HIDDEN_TOKENS',
    problem: 'it is not known of which input it hides tokens',
  });
});

test('two tasks that hide tokens of one input hide the same ones, at one rate', () => {
  const two = (rate: number) =>
    layoutOf(
      new Project({
        name: 'p',
        inputs: { line: text({ tokenizer, length: LENGTH }) },
        tasks: {
          english: binary(),
          a: along('token', maskedLanguageModel({ tokenizer })),
          b: along('token', maskedLanguageModel({ tokenizer, rate })),
        },
        backbone: ({ line }) => {
          const tokens = tf.layers.embedding({ inputDim: 55, outputDim: 2 }).apply(line) as tf.SymbolicTensor;
          return { tokens, whole: tf.layers.flatten().apply(tokens) };
        },
      }).flow('all', (task, x) => {
        const english = task.english(x.whole);
        return [english, task.a(x.tokens), task.b(x.tokens).given(english)];
      }).resolved,
    );
  expect(refusal(() => hiddenInputs(two(0.3)))).toMatchObject({ code: 'HIDDEN_TOKENS', path: 'b' });
  const both = two(0.15);
  const data = bindTable(rows, both);
  const { tensors } = createBatcher(data, rows.length)(Array.from(rows.keys()));
  const mask = tensors[MASK]?.data ?? [];
  for (const [row, { english }] of rows.entries()) {
    const [a, b] = ['a', 'b'].map((path) => {
      const start = row * both.width + both.slot(path).offset;
      return Array.from(mask.slice(start, start + LENGTH));
    });
    expect(b).toEqual(english ? a : new Array(LENGTH).fill(0));
  }
});
