/** @file Properties of training under pathways, over random networks and masks: forward and gradients are those written out. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeadgateError, type PathwaySettings, Project, regression, sgd, tf, vector } from '../../../src/index.js';
import { uniforms } from '../../../src/random.js';
import { backboneOf, isOfTokens, type Spec, specs, width } from './backbones.js';
import { type Labels, Reference, type View } from './reference.js';

const silent = { engine: 'cpu', onNote: () => {} } as const;
const tasks = ['a', 'b', 'c'] as const;
type Task = (typeof tasks)[number];

const settings: fc.Arbitrary<PathwaySettings> = fc.record({
  granularity: fc.constantFrom<NonNullable<PathwaySettings['granularity']>>(
    ...(['unit', 'unit', 'unit', 'weight', 'weight'] as const),
    { block: [2, 2] },
    { keep: 1, of: 4 },
  ),
  // Each of them owns a share; alone or overlapping, a pathway may have more.
  sparsity: fc.constantFrom(0.75, 0.8),
  exclusive: fc.constantFrom(true, true, true, false),
  readsOthers: fc.constantFrom(false, false, false, true),
  scope: fc.constantFrom('layer', 'global'),
  seed: fc.nat(2 ** 30),
});

/** Which tasks go together, which alone, and which have no pathway. */
const ways: fc.Arbitrary<Readonly<Record<string, readonly Task[]>>> = fc.constantFrom<
  Readonly<Record<string, readonly Task[]>>[]
>(
  { a: ['a'], b: ['b'], c: ['c'] },
  { a: ['a'], b: ['b'] },
  { ab: ['a', 'b'], c: ['c'] },
  { c: ['c'] },
  { bc: ['b', 'c'] },
);

interface Case {
  readonly spec: Spec;
  readonly settings: PathwaySettings;
  readonly ways: Readonly<Record<string, readonly Task[]>>;
  /** A task without a label in these rows. */
  readonly missing: Task | null;
  readonly seed: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  spec: specs,
  settings,
  ways,
  missing: fc.constantFrom<(Task | null)[]>(null, 'a', 'c', 'c'),
  seed: fc.nat(2 ** 30),
});

function rowsOf({ spec, missing, seed }: Case) {
  return Array.from({ length: 5 }, (_, i) => {
    const drawn = [...uniforms({ seed, stream: 'rows', counter: i }, width + 6)];
    const x = drawn.slice(0, width).map((u) => (isOfTokens(spec) ? Math.floor(u * 9) : 2 * u - 1));
    const label = (at: number, task: Task): number | null =>
      task === missing || (drawn[width + 3 + at] ?? 0) < 0.25 ? null : 2 * (drawn[width + at] ?? 0) - 1;
    return { x, a: label(0, 'a'), b: label(1, 'b'), c: label(2, 'c') };
  });
}

function declared({ spec, seed }: Case) {
  return new Project({
    name: 'drawn',
    inputs: { x: vector({ size: width, standardise: false }) },
    tasks: {
      a: regression({ standardise: false }),
      b: regression({ standardise: false }),
      c: regression({ standardise: false }),
    },
    backbone: ({ x }) => ({ features: backboneOf(spec)(x) }),
    seed,
    onNote: () => {},
  }).flow('all', (task, x) => [task.a(x.features), task.b(x.features), task.c(x.features)]);
}

type Declared = ReturnType<typeof declared>;

/** By the project's public answers: whose tensors, which masks. */
function viewOf(project: Declared, task: Task): View {
  const way = project.pathways.list.find(({ tasks: own }) => own.includes(task)) ?? null;
  const weights = project.weights();
  const nameOf = (parameter: string): string => {
    if (way === null) return weights[`whole/${parameter}`] === undefined ? parameter : `whole/${parameter}`;
    return way.copies.includes(parameter) ? `pathway/${way.name}/${parameter}` : parameter;
  };
  const live = Uint8Array.from(weights[`head/${task}/kernel`]?.data ?? [], (value) => (value === 0 ? 0 : 1));
  const masked = (parameter: string, ask: (way: string, parameter: string) => ArrayLike<number> | null) => {
    if (parameter === `head/${task}/kernel`) return live; // rows of others' units are 0
    return way === null || nameOf(parameter) !== parameter ? null : ask(way.name, parameter);
  };
  return {
    task,
    nameOf,
    sees: (parameter) => masked(parameter, project.pathways.seenBy),
    trains: (parameter) => masked(parameter, project.pathways.trainedBy),
  };
}

/** Null where the network is too small for these pathways. */
async function assigned(one: Case): Promise<Declared | null> {
  const project = declared(one);
  try {
    await project.pathways.assign({ ...one.settings, method: 'random', ways: one.ways, ...silent });
    return project;
  } catch (error) {
    project.dispose();
    if (error instanceof HeadgateError && ['CAPACITY_EXHAUSTED', 'NOTHING_TO_MASK'].includes(error.code)) return null;
    throw error;
  }
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const [is, shall] = [Number(actual[i]), Number(expected[i])];
    expect(Math.abs(is - shall) / (1 + Math.abs(shall)), `${what}[${i}]: ${is}, expected ${shall}`).toBeLessThan(1e-5);
  }
}

const rates = [
  { learningRate: 0.1, momentum: 0, weightDecay: 0 },
  { learningRate: 0.05, momentum: 0.9, weightDecay: 0.1 },
] as const;

type EngineName = 'cpu' | 'onnx';
type Rows = ReturnType<typeof rowsOf>;

/** Each task answers as its own network does, and two steps with this rate lead to what is written out. */
async function isAsWrittenOut(
  project: Declared,
  { spec }: Case,
  rows: Rows,
  given: { readonly engine: EngineName; readonly rate: (typeof rates)[number] },
): Promise<void> {
  const { engine, rate } = given;
  const x = rows.map((row) => row.x);
  const labels: Labels = Object.fromEntries(tasks.map((task) => [task, rows.map((row) => row[task])]));
  const before = project.weights();
  const views = tasks.map((task) => viewOf(project, task));
  const reference = new Reference(views, backboneOf(spec), width, before);
  const predicted = await project.predict(rows, { ...silent, engine, probabilities: true });
  const answers = reference.answers(x);
  for (const task of tasks) {
    const values = predicted.map((row) => row[task]?.value ?? Number.NaN);
    expectClose(values, answers[task] ?? [], `forward of ${task}`);
  }
  // Two steps: momentum shows in the second.
  const options = { ...silent, engine, epochs: 2, batchSize: 8, progress: false } as const;
  await project.fit(rows, { ...options, heads: 'drawn', lossUnits: 'plain', optimizer: sgd(rate) });
  for (let step = 0; step < 2; step++) reference.step(x, labels, rate);
  for (const [name, { data }] of Object.entries(project.weights())) {
    const shall = reference.values.get(name) ?? [];
    const was = before[name]?.data ?? [];
    expectClose(data, shall, name);
    data.forEach((value, i) => {
      const isOpen = name.includes('moving_') ? shall[i] !== was[i] : reference.opened.get(name)?.[i] === 1;
      if (!isOpen) expect(Object.is(value, was[i]), `${name}[${i}] moved`).toBe(true);
    });
  }
  reference.dispose();
}

/** Of what the others see nothing moves, whoever sees what. @returns whether the task itself moved */
async function aloneLeavesOthers(project: Declared, seed: number, rows: Rows, engine: EngineName): Promise<boolean> {
  const labelled = tasks.filter((task) => rows.some((row) => row[task] !== null));
  const alone = labelled[seed % labelled.length] as Task; // one has a label
  const ask = { ...silent, engine } as const;
  const before = await project.predict(rows, ask);
  const optimizer = sgd({ ...rates[1], learningRate: 0.2 });
  await project.fitTasks([alone], rows, { ...ask, epochs: 2, batchSize: 8, progress: false, optimizer });
  const after = await project.predict(rows, ask);
  for (const other of tasks.filter((task) => task !== alone)) {
    expect(after.map((row) => row[other])).toEqual(before.map((row) => row[other]));
  }
  return after.some((row, i) => row[alone] !== before[i]?.[alone]);
}

test.each([
  ['cpu', 50],
  ['onnx', 5],
] as const)(
  '%s: each task sees and trains its own masked network, and what nobody trains keeps its bits',
  async (engine, numRuns) => {
    const counted = { moved: 0, together: 0, whole: 0, averages: 0 };
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const rows = rowsOf(one);
        fc.pre(rows.some(({ a, b, c }) => a !== null || b !== null || c !== null));
        const project = await assigned(one);
        fc.pre(project !== null);
        if (project === null) return;
        for (const rate of rates) await isAsWrittenOut(project, one, rows, { engine, rate });
        if (await aloneLeavesOthers(project, one.seed, rows, engine)) counted.moved++;
        if (Object.keys(project.weights()).some((name) => name.startsWith('whole/'))) counted.averages++;
        if (project.pathways.list.some(({ units, copies }) => units !== null && copies.length === 0))
          counted.together++;
        if (project.pathways.list.flatMap((way) => way.tasks).length < tasks.length) counted.whole++;
        project.dispose();
      }),
      { numRuns },
    );
    if (engine === 'cpu') for (const [kind, count] of Object.entries(counted)) expect(count, kind).toBeGreaterThan(0);
    expect(tf.memory().numTensors).toBe(0);
  },
);
