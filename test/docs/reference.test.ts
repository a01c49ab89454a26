import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Option } from '../../src/options.js';

/** By the name under which a function reads its options, the schema by which it does. */
const schemas = vi.hoisted(() => new Map<string, Readonly<Record<string, Option<unknown>>>>());

vi.mock('../../src/options.js', async (original) => {
  const own = await original<typeof import('../../src/options.js')>();
  const readOptions: typeof own.readOptions = (name, schema, ...rest) => {
    schemas.set(name, schema);
    return own.readOptions(name, schema, ...rest);
  };
  return { ...own, readOptions };
});

const headgate = await import('../../src/index.js');
const predict = await import('../../src/entry/predict.js');
const layers = await import('../../src/entry/layers.js');
const entries = [
  headgate,
  predict,
  await import('../../src/entry/decorators.js'),
  layers,
  await import('../../src/entry/tfjs.js'),
];
const { defaultOptimizer } = await import('../../src/train/default-optimizer.js');
const { allOptions, callsIn, readReference, root } = await import('./reference-page.js');
const sections = readReference();

const declared = () =>
  new headgate.Project({
    name: 'reference',
    inputs: { x: headgate.vector({ columns: ['a'] }) },
    tasks: { open: headgate.binary(), shirt: headgate.classification({ classes: ['red', 'blue'] }) },
    onNote: () => {},
  }).flow('full', (task, x) => [task.open(x.features), task.shirt(x.features)]);
const rows = [
  { a: 0, open: true, shirt: 'red' },
  { a: 1, open: false, shirt: 'blue' },
];
const project = declared();
const fit = { engine: 'cpu', epochs: 1, progress: false } as const;
const history = await project.fit(rows, fit);
const evaluation = await project.evaluate(rows, { engine: 'cpu' });
const tuning = await project.tune(rows, { engine: 'cpu' });
const merging = await project.merge([declared()], { method: 'average' });
const extraction = await project.extract(['open'], { onNote: () => {} });
const interpretation = await project.interpret(rows, { engine: 'cpu' });

/** Calls each function with options that it refuses: it has read its schema by then. */
async function readEverySchema(): Promise<void> {
  const wrong = { nonsense: 1 } as never;
  const { Project, Table, ...functions } = headgate;
  const saved = predict.savedDecisions(project.graph);
  const { tf } = headgate;
  const network = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  const logits = { open: Float32Array.of(0), shirt: Float32Array.of(0, 0) };
  const { binary, classification, multilabel, boundedRegression, regression, image, vector, tensor } = functions;
  const { number, category, boolean, date, numbers } = functions;
  const { adam, adamW, sgd, cosine, stepwise, oneCycle, plateau, readCsv } = functions;
  const kinds = [binary, classification, multilabel, boundedRegression, regression, headgate.maskedLanguageModel];
  const makers: readonly ((options: never) => unknown)[] = [
    ...[...kinds, image, vector, tensor],
    ...[number, category, boolean, date, numbers, headgate.text],
    ...[headgate.flip, headgate.shift, headgate.crop, headgate.brightness, headgate.contrast, headgate.noise],
    ...[adam, adamW, sgd, cosine, stepwise, oneCycle, plateau, headgate.dynamicWeightAverage],
  ];
  const calls: readonly (() => unknown)[] = [
    ...makers.map((make) => () => make(wrong)),
    () => new Project(wrong),
    () => Project.from(class {}, wrong),
    () => readCsv('none.csv', wrong),
    () => Table.fromRecords(rows).split({ all: 1 }, wrong),
    () => Table.fromRecords(rows).shards(2, wrong),
    () => headgate.mixTables([{ table: rows, share: 1 }], wrong),
    () => headgate.suggest(rows, wrong),
    () => headgate.padded([1], wrong),
    () => headgate.warmUp(1, wrong),
    () => headgate.unionSources({ rows }, wrong),
    () => headgate.balancedSource(rows, wrong),
    () => headgate.imageFolder('nowhere', wrong),
    () => headgate.imagesIn(rows, wrong),
    () => headgate.trainTokenizer([], wrong),
    () => headgate.tensorBoard(wrong),
    ...(['fit', 'findLearningRate', 'evaluate', 'tune', 'predict', 'explain', 'interpret'] as const).map(
      (verb) => () => project[verb](rows, wrong),
    ),
    () => declared().flow('third', (task, x) => [task.open(x.features)], wrong),
    () => declared().flow('other', (task, x) => [task.open(x.features).given(task.open(x.features), wrong)]),
    () => project.describeData(rows, wrong),
    () => project.explainGraph(wrong),
    () => project.pathways.assign(wrong),
    () => project.pathways.sparsest(rows, wrong),
    () => project.pathways.select(wrong),
    ...(['save', 'load'] as const).map((verb) => () => project[verb]('nowhere', wrong)),
    () => project.merge([project], wrong),
    () => project.adopt(project, wrong),
    () => project.extract([project.resolved.tasks[0]?.path ?? ''], wrong),
    () => project.pathways.assign(wrong),
    () => project.pathways.report(undefined, wrong),
    () => project.pathways.unitMasks(rows, wrong),
    () => project.pathways.compare(wrong),
    () => project.pathways.delta(wrong),
    () => project.pathways.search(rows, wrong),
    () => extraction.meld(wrong),
    () => project.pathways.forget(wrong),
    () => headgate.iterableSource(() => [], wrong),
    ...(['parquetSource', 'csvSource', 'jsonLinesSource', 'arrowSource', 'sqlSource'] as const).map(
      (open) => () => headgate[open]('none', wrong),
    ),
    ...(['maskModel', 'maskTask', 'addLayerMasks'] as const).map((prune) => () => layers[prune](network, wrong)),
    ...(['sparanaXavier', 'sparse', 'blockSparse'] as const).map((name) => () => layers.initializers[name](wrong)),
    ...(['transformerEncoder', 'tokenMask', 'maskedMean'] as const).map((make) => () => headgate[make](wrong)),
    () => layers.buildTransformerBlock(wrong),
    () => layers.buildTokenPositionEmbeddingBlock(wrong),
    () => evaluation.toString(wrong),
    () => tuning.toString(wrong),
    () => predict.savedDecisions(project.graph, wrong),
    () => saved.predict(logits, wrong),
    () => saved.explain(logits, wrong),
  ];
  for (const call of calls) {
    const refused = await (async () => call())().then(
      () => false,
      (error: unknown) => error instanceof headgate.HeadgateError && error.code === 'INVALID_OPTIONS',
    );
    expect(refused, String(call)).toBe(true);
  }
}
await readEverySchema();

test('every function of the source that reads options has a section', () => {
  const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'options.ts')
    .map((file) => readFileSync(path.join(root, 'src', file), 'utf8'));
  const named = sources.flatMap((text) => [...text.matchAll(/readOptions\(\s*'([^']+)'/g)].map((match) => match[1]));
  const readers = new Set([...named, 'adam', 'adamW']);
  expect([...schemas.keys()].sort()).toEqual([...readers].sort());
  const withOptions = sections.flatMap(({ name }) => name ?? []);
  expect(withOptions.sort()).toEqual([...readers].sort());
});

test.each([...schemas.keys()])('%s: its options, what they take and their defaults are those of its schema', (name) => {
  const documented = [...allOptions(name, sections)];
  const schema = Object.entries(schemas.get(name) ?? {});
  const byName = <T>(pairs: readonly (readonly [string, T])[]) => Object.fromEntries(pairs);
  expect(byName(documented.map(([option, { takes }]) => [option, takes]))).toEqual(
    byName(schema.map(([option, { expected }]) => [option, expected])),
  );
  for (const [option, { usual }] of documented) {
    const own = schemas.get(name)?.[option];
    expect(defaultOf(usual), `${name}.${option}`).toEqual(own === undefined ? undefined : usualOf(own));
  }
});

/** What the page says: `needed`, a value, or null for words. */
function defaultOf(usual: string): unknown {
  if (usual === 'needed') return 'needed';
  expect(usual, 'a default').not.toBe('');
  const code = /^`([^`]+)`$/.exec(usual)?.[1];
  // the page's own words, such as `1/255` and `'few'`
  return code === undefined ? null : { value: new Function(`return ${code}`)() };
}

/** What the schema says; null where something else decides. */
function usualOf({ read }: Option<unknown>): unknown {
  try {
    const value = read(undefined, 'x');
    return value === undefined ? null : { value };
  } catch {
    return 'needed';
  }
}

test('every export stands on the page, and nothing else that calls itself one', () => {
  const exported = new Set(entries.flatMap((entry) => Object.keys(entry)));
  const page = sections.map(({ text }) => text).join('');
  const standing = [...exported].filter((name) => new RegExp(`\`${name}[\`(]`).test(page));
  expect(standing.sort()).toEqual([...exported].sort());
  const calls = callsIn(sections).filter((call) => !call.includes('.'));
  expect(calls.filter((call) => !exported.has(call))).toEqual([]);
});

test.each<[string, object]>([
  ['project', project],
  ['table', headgate.Table.fromRecords(rows)],
  ['history', history],
  ['evaluation', evaluation],
  ['tuning', tuning],
  ['merging', merging],
  ['interpretation', interpretation],
])('the members of a %s are those on the page', (name, object) => {
  const documented = callsIn(sections).filter((call) => call.startsWith(`${name}.`));
  const prototype = Object.getPrototypeOf(object);
  const inherited = prototype === Object.prototype ? [] : Object.getOwnPropertyNames(prototype);
  const common = prototype === Object.prototype ? ['notes', 'toString'] : ['constructor']; // said once, of all results
  const members = [...new Set([...inherited, ...Object.keys(object)])].filter((member) => !common.includes(member));
  expect(documented.sort()).toEqual(members.map((member) => `${name}.${member}`).sort());
});

test('static members of Table are those on the page', () => {
  const own = Object.getOwnPropertyNames(headgate.Table).filter((name) => /^from/.test(name));
  expect(callsIn(sections).filter((call) => call.startsWith('Table.'))).toEqual(own.map((name) => `Table.${name}`));
});

test('defaults in words: the optimizer, the seed, the ranks of a classification', async () => {
  const { classification } = headgate;
  const stepsPerEpoch = 1;
  const same = [undefined, { optimizer: defaultOptimizer(stepsPerEpoch), seed: 0 }].map(async (options) => {
    const own = declared();
    await own.fit(rows, { ...fit, ...options });
    const weights = own.model.getWeights().map((weight) => [...weight.dataSync()]);
    own.dispose();
    return weights;
  });
  const [usual, said] = await Promise.all(same);
  expect(usual).toEqual(said);
  const names = (classes: readonly string[]) => {
    const metric = classification({ classes }).metrics.find(({ name }) => name === 'accuracy');
    return metric
      ?.start()
      .results()
      .map((result) => result.name);
  };
  expect(names(['a', 'b', 'c', 'd', 'e'])).toEqual(['accuracy', 'accuracy_top3']);
  expect(names(['a', 'b', 'c', 'd', 'e', 'f'])).toEqual(['accuracy', 'accuracy_top3', 'accuracy_top5']);
});
