/** @file A masked language model of a transformer on lines of Shakespeare: a vocabulary at each hidden token, AdamW. */
import { readFileSync } from 'node:fs';
import {
  adamW,
  along,
  maskedLanguageModel,
  Project,
  Table,
  text,
  trainTokenizer,
  transformerEncoder,
} from '../../src/index.js';
import type { BenchCase } from '../case.js';
import { race } from '../race.js';
import { atMost } from '../report.js';
import { createWorkload, ours, type Workload } from '../workload.js';

const VOCABULARY = 2048;
const LENGTH = 64;
const LAYERS = 4;
const WIDTH = 128;
const HEADS = 4;
const BATCH = 32;

export function languageWorkload(): Workload {
  const lines = readFileSync(new URL('../../flows/shakespeare/excerpt.txt', import.meta.url), 'utf8').split('\n');
  const tokenizer = trainTokenizer(lines, { kind: 'wordPiece', size: VOCABULARY });
  // Four lines a row, which are about forty tokens.
  const passages = Array.from({ length: BATCH }, (_, i) => lines.slice(4 * i, 4 * i + 4).join(' '));
  const project = new Project({
    name: 'language',
    inputs: { line: text({ tokenizer, length: LENGTH, tooLong: 'cut' }) },
    tasks: { token: along('token', maskedLanguageModel({ tokenizer })) },
    backbone: ({ line }) => ({
      tokens: transformerEncoder({
        ...{ vocabulary: tokenizer.size, layers: LAYERS, width: WIDTH, heads: HEADS },
        dropout: 0,
      }).apply(line),
    }),
  }).flow('root', (task, x) => [task.token(x.tokens)]);
  const table = Table.fromRecords(passages.map((line) => ({ line })));
  return createWorkload({ project, table, optimizer: adamW({ weightDecay: 0.01 }), batchSize: BATCH });
}

export const language: BenchCase = {
  name: 'language',
  usual: true,
  run: (context) => {
    const job = languageWorkload();
    const options = { heads: HEADS, layers: LAYERS };
    return race(context, {
      name: 'language',
      title: `masked language model: ${LAYERS} layers of width ${WIDTH}, ${LENGTH} tokens, batch ${BATCH}, ${VOCABULARY} pieces, AdamW`,
      contestants: [() => ours(job, 'onnx')],
      peers: [
        { name: 'pytorch, logits of all', program: 'transformer.py', workload: job, options },
        {
          ...{ name: 'pytorch, logits of the hidden', program: 'transformer.py', workload: job },
          options: { ...options, hidden: true },
        },
      ],
      comparisons: [
        { of: 'headgate onnx', over: 'pytorch, logits of all', target: atMost(1.2) },
        { of: 'headgate onnx', over: 'pytorch, logits of the hidden', target: atMost(1.2) },
      ],
    });
  },
};
