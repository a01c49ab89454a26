/**
 * @file Titanic from the path of its CSV alone: `suggest` declares it, the defaults train it, beside scikit-learn's logistic regression on
 * the same columns and rows, one-hot and standardised.
 *
 *   npx tsx bench/data/titanic.ts --python PATH
 *   --file PATH      of titanic3.csv. Default ../shared/data/titanic3.csv
 *   --seeds N        splits (4 of 5 rows train, stratified), weights, orders of rows. Default 10
 *   --python PATH    an interpreter with scikit-learn and pandas; without one, there is no peer
 *   --flow           the declaration of flows/titanic, with all of its tasks; logistic regression gets its columns
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Project, readCsv, suggest, type Table } from 'headgate';
import { declareTitanic } from '../../flows/titanic/project.js';
import { readPassengers } from '../../flows/titanic/read.js';
import { printEstimate } from '../pathways/mnist.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    file: { type: 'string', default: path.join(root, '../shared/data/titanic3.csv') },
    seeds: { type: 'string', default: '10' },
    python: { type: 'string' },
    flow: { type: 'boolean', default: false },
  },
});
const LABEL = 'survived';
const metrics = ['accuracy', 'roc_auc'] as const;
type Scores = Readonly<Record<(typeof metrics)[number], number>>;

const { table, notes } = options.flow ? await readPassengers(options.file) : await readCsv(options.file);
for (const note of notes) console.log(note);
const suggestion = await suggest(table, { tasks: [LABEL], name: 'titanic' });
suggestion.print();

function suggested(seed: number) {
  const { inputs, tasks } = suggestion;
  return new Project({ name: 'titanic', seed, inputs, tasks, onNote: () => {} }).flow('all', (task, x) =>
    task[LABEL] === undefined ? [] : [task[LABEL](x.features)],
  );
}

async function ours(train: Table, test: Table, seed: number): Promise<Scores> {
  const project = options.flow ? declareTitanic(seed) : suggested(seed);
  await project.fit(train, { seed, progress: false, onNote: () => {} });
  const evaluation = await project.evaluate(test);
  project.dispose();
  const [accuracy, auc] = metrics.map((metric) => evaluation.value(LABEL, metric));
  if (accuracy === null || accuracy === undefined || auc === null || auc === undefined) throw new Error('no scores');
  return { accuracy, roc_auc: auc };
}

/** Answers one split after another. */
function peer(python: string): {
  readonly ask: (train: Table, test: Table) => Promise<Scores>;
  readonly end: () => void;
} {
  const child = spawn(python, ['-B', path.join(root, 'bench/peers/titanic.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = options.flow ? declareTitanic().graph.inputs.passenger?.columns : suggestion.inputs.row?.columns;
  const columns = suggestion.columns.filter(({ name }) => read?.includes(name));
  const isNumber = (input: string | null): boolean => input?.startsWith('number(') ?? false;
  return {
    ask: async (train, test) => {
      const job = {
        label: LABEL,
        numbers: columns.filter(({ input }) => isNumber(input)).map(({ name }) => name),
        categories: columns.filter(({ input }) => !isNumber(input)).map(({ name }) => name),
        train: train.toRecords(),
        test: test.toRecords(),
      };
      child.stdin.write(`${JSON.stringify(job)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('the peer ended early');
      return JSON.parse(value) as Scores; // what titanic.py prints
    },
    end: () => child.stdin.end(),
  };
}

const other = options.python === undefined ? null : peer(options.python);
const own: Scores[] = [];
const theirs: Scores[] = [];
for (let seed = 1; seed <= Number(options.seeds); seed++) {
  const { train, test } = table.split({ train: 0.8, test: 0.2 }, { seed, stratify: LABEL });
  own.push(await ours(train, test, seed));
  if (other !== null) theirs.push(await other.ask(train, test));
}
other?.end();
for (const metric of metrics) {
  printEstimate(
    `headgate, ${metric}`,
    own.map((scores) => scores[metric]),
  );
  if (other === null) continue;
  printEstimate(
    `logistic regression, ${metric}`,
    theirs.map((scores) => scores[metric]),
  );
  printEstimate(
    `difference, ${metric}`,
    own.map((scores, i) => scores[metric] - (theirs[i]?.[metric] ?? Number.NaN)),
  );
}
