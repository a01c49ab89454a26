/**
 * @file Measures what unknown rows do, on labels of which most are hidden: `npx tsx scripts/unknown-conditions.ts
 * [titanic3.csv]`. Each task of the flows with a condition, trained with `exclude` and with `include`, evaluated on rows of
 * which every label is known. The figures stand in docs/language.md.
 */
import { binary, boundedRegression, classification, image, Project, type Table, vector } from 'headgate';
import { columns, readPassengers } from '../bench/quality/passengers.js';
import { ink, readDigits, side, withLoop, withoutLoop } from '../flows/digits/read.js';
import { uniforms } from '../src/random.js';

type WhenUnknown = 'exclude' | 'include';

const digits = (whenUnknown: WhenUnknown, seed: number) =>
  new Project({
    name: 'digits',
    seed,
    inputs: { image: image({ height: side, width: side, channels: 1, scale: 1 / ink }) },
    tasks: {
      hasLoop: binary(),
      loopDigit: classification({ classes: withLoop }),
      plainDigit: classification({ classes: withoutLoop }),
      writtenArea: boundedRegression({ min: 0, max: (side * side) / 2 }),
    },
  }).flow('digit', (task, x) => {
    const loop = task.hasLoop(x.features);
    return [
      loop,
      task.loopDigit(x.features).given(loop, { whenUnknown }),
      task.plainDigit(x.features).given(loop.not(), { whenUnknown }),
      task.writtenArea(x.features),
    ];
  });

const titanic = (whenUnknown: WhenUnknown, seed: number) =>
  new Project({
    name: 'titanic',
    seed,
    inputs: { passenger: vector({ columns }) },
    tasks: {
      survived: binary(),
      lifeboat: binary(),
      bodyRecovered: binary(),
      age: boundedRegression({ min: 0, max: 100 }),
    },
  }).flow('passenger', (task, x) => {
    const survived = task.survived(x.features);
    return [
      survived,
      task.lifeboat(x.features).given(survived, { whenUnknown }),
      task.bodyRecovered(x.features).given(survived.not(), { whenUnknown }),
      task.age(x.features),
    ];
  });

/** One label a row is left, or each with a probability. */
function hidden(table: Table, tasks: readonly string[], kept: 'one a row' | number, seed: number): Table {
  const rows = Array.from({ length: table.rows }, (_, row) => {
    const drawn = uniforms({ seed, stream: 'hidden', counter: row }, tasks.length + 1);
    const one = Math.floor((drawn[tasks.length] ?? 0) * tasks.length);
    const isKept = (task: number): boolean => (kept === 'one a row' ? task === one : (drawn[task] ?? 1) < kept);
    return tasks.map((task, i) => (isKept(i) ? (table.value(row, task) ?? null) : null));
  });
  return tasks.reduce(
    (sum, task, i) => sum.with(task, rows.map((row) => row[i]) as never), // the cells of that very column
    table,
  );
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1));

interface Case {
  readonly name: string;
  readonly table: Table;
  readonly declare: typeof digits | typeof titanic;
  readonly tasks: readonly string[];
  readonly asked: readonly (readonly [string, string])[];
  readonly epochs: number;
}

async function measure(
  { name, table, declare, tasks, asked, epochs }: Case,
  kept: 'one a row' | number,
): Promise<void> {
  const found = new Map<string, number[]>();
  for (let seed = 0; seed < 6; seed++) {
    const { train, test } = table.split({ train: 0.7, test: 0.3 }, { seed });
    const rows = hidden(train, tasks, kept, seed);
    for (const whenUnknown of ['exclude', 'include'] as const) {
      const project = declare(whenUnknown, seed) as ReturnType<typeof digits>; // any of them: paths are strings here
      const quiet = { onNote: () => {} };
      await project.fit(rows as never, { ...quiet, epochs, progress: false, seed });
      const evaluation = await project.evaluate(test as never, quiet);
      for (const [task, metric] of asked) {
        const key = `${task} ${metric} ${whenUnknown}`;
        found.set(key, [
          ...(found.get(key) ?? []),
          evaluation.value(task as never, metric, 'given_truth') ?? Number.NaN,
        ]);
      }
      project.dispose();
    }
  }
  for (const [key, values] of found) {
    console.log(`${name}, ${kept}: ${key} ${mean(values).toFixed(3)} ± ${deviation(values).toFixed(3)}`);
  }
}

const handwritten: Case = {
  name: 'digits',
  table: await readDigits(),
  declare: digits,
  tasks: ['hasLoop', 'loopDigit', 'plainDigit', 'writtenArea'],
  asked: [
    ['loopDigit', 'accuracy'],
    ['plainDigit', 'accuracy'],
  ],
  epochs: 20,
};
await measure(handwritten, 'one a row');
await measure(handwritten, 0.1);
const [file] = process.argv.slice(2);
if (file !== undefined) {
  const passengers: Case = {
    name: 'titanic',
    table: (await readPassengers(file)).table,
    declare: titanic,
    tasks: ['survived', 'lifeboat', 'bodyRecovered', 'age'],
    asked: [
      ['lifeboat', 'accuracy'],
      ['lifeboat', 'roc_auc'],
      ['bodyRecovered', 'roc_auc'],
    ],
    epochs: 30,
  };
  await measure(passengers, 'one a row');
  await measure(passengers, 0.1);
}
