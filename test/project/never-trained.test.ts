/** @file A task of which no label ever counted is marked wherever its numbers stand; with unknown rows included it learns. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { binary, classification, Project, vector } from '../../src/index.js';
import { uniforms } from '../../src/random.js';

const asked = { engine: 'cpu', onNote: () => {} } as const;
const quiet = { ...asked, progress: false } as const;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** One task a row: who survived is known of one half, who was in a boat and which of the other. */
const rows = Array.from({ length: 240 }, (_, i) => {
  const [a = 0, b = 0] = uniforms({ seed: 2, stream: 'never-trained', counter: i }, 2);
  const isFirst = i % 2 === 0;
  return {
    a,
    b,
    survived: isFirst ? a > 0.5 : null,
    boat: isFirst ? null : b > 0.5,
    deck: isFirst ? null : b > 0.7 ? 'upper' : 'lower',
  };
});
/** Every label, of which none was seen in training. */
const known = rows.map(({ a, b }) => ({ a, b, survived: a > 0.5, boat: b > 0.5, deck: b > 0.7 ? 'upper' : 'lower' }));

function ship(whenUnknown: 'exclude' | 'include' = 'exclude') {
  return new Project({
    name: 'ship',
    inputs: { x: vector({ columns: ['a', 'b'] }) },
    tasks: { survived: binary(), boat: binary(), deck: classification({ classes: ['upper', 'lower'] }) },
  })
    .flow('place', (task, x) => [task.deck(x.features)])
    .flow('full', (task, x) => {
      const survived = task.survived(x.features);
      const boat = task.boat(x.features).given(survived, { whenUnknown });
      return [survived, boat, task.place(x).given(survived, { whenUnknown })];
    });
}

const untrained = ['boat', 'place.deck'];

/** Everywhere a reader meets the tasks. */
async function marks(project: ReturnType<typeof ship>) {
  const evaluation = await project.evaluate(known, asked);
  const interpretation = await project.interpret(known, { ...asked, top: 1 });
  const predictions = await project.predict(known, { ...asked, probabilities: true });
  const tree = await project.explain(known.slice(0, 20), { ...asked, width: Number.POSITIVE_INFINITY });
  const details = predictions.flatMap(({ survived, boat, place }) => {
    const own = { survived, boat, 'place.deck': place?.deck ?? null };
    return Object.entries(own).flatMap(([path, leaf]) => (leaf?.neverTrained === true ? [path] : []));
  });
  return {
    evaluation: evaluation.neverTrained,
    interpretation: interpretation.neverTrained,
    details: [...new Set(details)].sort(),
    printed: [String(evaluation), String(interpretation), tree].map((text) =>
      text.split('\n').flatMap((line) => (line.includes('(never trained)') ? [/[a-z.]+/.exec(line)?.[0] ?? ''] : [])),
    ),
    markdown: evaluation.toMarkdown().split('\n').slice(-2),
    columns: evaluation.toCsv().split('\n')[0],
  };
}

const nothing = {
  evaluation: [],
  interpretation: [],
  details: [],
  printed: [[], [], []],
  columns: 'task_path,metric_name,metric_res,num_samples,view',
};

test('one task a row: what hangs on a condition that is never known is marked, in memory and after load', async () => {
  const project = ship();
  expect(await marks(project)).toMatchObject(nothing); // of weights that nobody fit, the note speaks as a whole
  const history = await project.fit(rows, { ...quiet, epochs: 8 });
  expect(history.neverTrained).toEqual(untrained);
  expect(String(history).split('\n').at(-1)).toBe('never trained: boat, place.deck');
  expect(history.notes.filter(({ code }) => code === 'NO_LABEL_COUNTS').map(({ path }) => path)).toEqual(untrained);
  const found = await marks(project);
  expect(found).toMatchObject({ evaluation: untrained, interpretation: untrained, details: untrained });
  expect(found.printed.slice(0, 2)).toEqual([untrained, untrained]);
  expect(new Set(found.printed[2])).toEqual(new Set(['boat', 'deck']));
  expect(found.markdown).toEqual(['Never trained: boat, place.deck', '']);
  expect(found.columns).toBe(nothing.columns);

  await project.save(join(folder, 'ship'));
  const loaded = ship();
  await loaded.load(join(folder, 'ship'), { onNote: () => {} });
  expect(await marks(loaded)).toEqual(found);
  // a later fit that knows both labels trains them
  const again = await loaded.fit(known, { ...quiet, epochs: 1 });
  expect([again.neverTrained, String(again)]).toEqual([[], expect.not.stringContaining('never')]);
  expect(await marks(loaded)).toMatchObject(nothing);
});

test('with unknown rows included all tasks learn from their own labels, and nothing is marked', async () => {
  const project = ship('include');
  const history = await project.fit(rows, { ...quiet, epochs: 25 });
  expect(history.neverTrained).toEqual([]);
  expect(history.notes.map(({ code }) => code)).not.toContain('NO_LABEL_COUNTS');
  expect(await marks(project)).toMatchObject(nothing);
  const evaluation = await project.evaluate(known, asked);
  expect(evaluation.value('boat', 'roc_auc', 'given_truth')).toBeGreaterThan(0.95);
  expect(evaluation.value('place.deck', 'accuracy', 'given_truth')).toBeGreaterThan(0.9);
  // predictions are gated as ever: decoded values are never unknown
  const [row] = await project.predict([{ a: 0.01, b: 0.9 }], asked);
  expect(row).toEqual({ survived: false, boat: null, place: null });
});

test('weights that were saved before any fit are loaded as what they are', async () => {
  await ship().save(join(folder, 'drawn'), { onNote: () => {} });
  const project = ship();
  await project.load(join(folder, 'drawn'), { onNote: () => {} });
  expect(await marks(project)).toMatchObject({
    evaluation: ['survived', ...untrained],
    interpretation: ['survived', ...untrained],
  });
});

test('rows that can be read once: what did not count as they came is marked, and learnt of later', async () => {
  const project = ship();
  async function* once() {
    yield* rows;
  }
  const { neverTrained } = await project.fit(once(), { ...quiet, epochs: 1 });
  expect(neverTrained).toEqual(untrained);
  expect(Object.keys(project.describe().tasks)).toEqual(['survived']);
  await project.fit(known, { ...quiet, epochs: 1 });
  expect(Object.keys(project.describe().tasks)).toEqual(['survived', 'boat', 'place.deck']);
  expect(await marks(project)).toMatchObject(nothing);
});

test('a fit that is aborted before its first step has trained no task; the next one does all that a first one does', async () => {
  const [own, fresh] = [ship('include'), ship('include')];
  const aborted = await own.fit(rows, { ...quiet, epochs: 2, signal: AbortSignal.abort() });
  expect(aborted).toMatchObject({ ended: 'aborted', steps: 0, neverTrained: ['survived', ...untrained] });
  expect((await marks(own)).evaluation).toEqual(['survived', ...untrained]);
  const [later, first] = [await own.fit(rows, { ...quiet, epochs: 2 }), await fresh.fit(rows, { ...quiet, epochs: 2 })];
  expect(later.neverTrained).toEqual([]);
  expect(later.epochs.map(({ loss }) => loss)).toEqual(first.epochs.map(({ loss }) => loss));
  await own.dispose();
  await fresh.dispose();
});
