/** @file How verbs read streams: once for every epoch, from where a fit stopped, one chunk ahead; and what is refused. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import {
  adamW,
  cosine,
  HeadgateError,
  type History,
  iterableSource,
  type Note,
  recordsSource,
  type Source,
  type StreamLike,
  stepwise,
  Table,
  tableSource,
} from '../../../src/index.js';
import { declared, fitting, opening, records, type Subject, weightsOf } from './subject.js';

const rows = records(43);
const optimizer = adamW({ learningRate: stepwise({ initial: 0.01, factor: 0.5, every: 2 }) });
const running = { ...fitting, optimizer };

async function refusal(run: () => Promise<unknown>): Promise<HeadgateError> {
  const error: unknown = await run().then(
    () => null,
    (cause: unknown) => cause,
  );
  if (error instanceof HeadgateError) return error;
  throw new Error(`expected a HeadgateError, got ${String(error)}`);
}

test.each<[string, () => StreamLike]>([
  ['a generator', () => opening(rows)()],
  ['a stream of Node', () => Readable.from(rows)],
])('%s can be read for one epoch, and is refused by name at the second', async (_, open) => {
  const project = declared();
  expect((await project.fit(open(), { ...running, epochs: 1 })).epochs).toHaveLength(1);
  const error = await refusal(() => project.fit(open(), { ...running, epochs: 2 }));
  expect(error).toMatchObject({ code: 'SOURCE_EXHAUSTED', path: 'data' });
  expect(error.message).toContain('Give a function that opens them');
  const late = await refusal(() => project.fit(opening(rows), { ...running, epochs: 2, validation: open() }));
  expect(late.code).toBe('SOURCE_EXHAUSTED');
  project.dispose();
});

test('a function that gives one generator again and again is refused by name: its rows are looked at first', async () => {
  const once = opening(rows)();
  const project = declared();
  const error = await refusal(() => project.fit(() => once, { ...running, epochs: 1 }));
  expect(error).toMatchObject({ code: 'SOURCE_EXHAUSTED', path: 'data' });
  project.dispose();
});

test('of rows that can be read once nothing is learnt, which is said', async () => {
  const project = declared();
  const { notes } = await project.fit(opening(rows)(), { ...running, epochs: 1 });
  expect(notes.map(({ code }) => code)).toContain('NOTHING_LEARNT');
  project.dispose();
});

test('a fit that was stopped in the middle of an epoch goes on in its source to the byte', async () => {
  const sources: [string, () => StreamLike][] = [
    ['records', () => recordsSource(rows, { chunkRows: 5 })],
    ['flowing', () => iterableSource(opening(rows), { chunkRows: 5, windowRows: 20 })],
  ];
  for (const [name, open] of sources) {
    const whole = declared();
    const through = await whole.fit(open(), { ...running, epochs: 3 });
    const project = declared();
    const controller = new AbortController();
    let steps = 0;
    const stopping = {
      name: 'stopping',
      on: (event: { kind: string }) => {
        if (event.kind === 'step' && ++steps === 9) controller.abort();
      },
    };
    const stopped = await project.fit(open(), {
      ...running,
      ...{ epochs: 3, signal: controller.signal, watchers: [stopping] },
    });
    expect([name, stopped.ended, stopped.partial?.steps]).toEqual([name, 'aborted', 3]);
    const other = await refusal(() => project.fit(rows, { ...running, epochs: 2, continue: true }));
    expect(other).toMatchObject({ code: 'CANNOT_CONTINUE', path: 'data' });
    const rest = await project.fit(open(), { ...running, epochs: 2, continue: true });
    expect(weightsOf(project)).toBe(weightsOf(whole));
    const seen = ({ epochs }: History) => epochs.map(({ seconds: _, dataWait: __, ...record }) => record);
    expect(seen(rest)).toEqual(seen(through));
    whole.dispose();
    project.dispose();
  }
});

test('a fit of a table that was stopped in an epoch does not go on in a source', async () => {
  const project = declared();
  const stopping = {
    name: 'stopping',
    on: (event: { kind: string }, fit: { stop: (reason: 'stopped') => void }) => {
      if (event.kind === 'step') fit.stop('stopped');
    },
  };
  await project.fit(rows, { ...running, epochs: 3, watchers: [stopping] });
  const error = await refusal(() => project.fit(recordsSource(rows), { ...running, continue: true }));
  expect(error).toMatchObject({ code: 'CANNOT_CONTINUE', path: 'data', expected: 'a table, as in that fit' });
  project.dispose();
});

test('rows that nobody can count: schedules of the length are refused by name, others and progress go on', async () => {
  const project = declared();
  const refused = await refusal(() =>
    project.fit(opening(rows), { ...running, optimizer: adamW({ learningRate: cosine({ peak: 0.1 }) }) }),
  );
  expect(refused).toMatchObject({ code: 'INVALID_LEARNING_RATE', problem: expect.stringContaining('cosine') });
  const seen: unknown[] = [];
  const watcher = {
    name: 'looking',
    on: (event: { kind: string; steps?: unknown; rows?: unknown; done?: unknown }) => {
      if (event.kind === 'epochBegin') seen.push(event.steps);
      if (event.kind === 'validation') seen.push([event.done, event.rows]);
    },
  };
  const history = await project.fit(opening(rows), {
    ...running,
    ...{ epochs: 2, validation: opening(records(300)), watchers: [watcher] },
  });
  expect([history.steps, history.epochs.length, history.partial]).toEqual([12, 2, null]);
  const measured = [
    [128, null],
    [256, null],
    [300, null],
  ];
  expect(seen).toEqual([null, ...measured, null, ...measured]);
  project.dispose();
});

test('notes about a source are those about its table, and are told when an epoch has ended', async () => {
  const plain = records(20).map((row, i) => ({
    ...row,
    a: 1.7e9 + i,
    shirt: 'red',
    lokced: 1,
    age: null,
    open: i === 0 ? null : true,
  }));
  const told: string[] = [];
  const onNote = ({ code, path }: Note) => told.push(`${code} ${path}`);
  const onEpochEnd = () => {
    told.push('epoch');
  };
  const [one, two] = [declared(), declared()];
  const ofTable = await one.fit(plain, { ...running, epochs: 2, onNote, validation: plain });
  const expected = told.splice(0);
  expect(expected).toEqual(expect.arrayContaining(['NO_LABEL_COUNTS shirt', 'LABELS_ALL_EQUAL open']));
  const ofSource = await two.fit(opening(plain), {
    ...running,
    epochs: 2,
    onNote,
    onEpochEnd,
    validation: opening(plain),
  });
  expect(told).toEqual([...expected, 'epoch', 'epoch']);
  expect(ofSource.notes).toEqual(ofTable.notes);
  one.dispose();
  two.dispose();
});

test('labels that never count are refused at the end of the first epoch', async () => {
  const none = records(9).map((row) => ({ ...row, open: null, age: null, shirt: null }));
  const project = declared();
  const before = weightsOf(project);
  expect((await refusal(() => project.fit(opening(none), running))).code).toBe('NO_COUNTED_LABELS');
  const unnamed = records(9).map(({ open: _, age: __, shirt: ___, ...row }) => row);
  expect((await refusal(() => project.fit(opening(unnamed), running))).code).toBe('NO_LABELS');
  expect((await refusal(() => project.evaluate(opening(unnamed), { engine: 'cpu' }))).code).toBe('NO_LABELS');
  expect((await refusal(() => project.fit(() => [], running))).code).toBe('EMPTY_DATASET');
  expect((await refusal(() => project.evaluate(() => [], { engine: 'cpu' }))).code).toBe('EMPTY_DATASET');
  expect(weightsOf(project)).toBe(before);
  project.dispose();
});

test('where columns are known, a source without labels is refused before a row is read', async () => {
  let isRead = false;
  const source: Source = {
    ...recordsSource(records(9).map(({ open: _, age: __, shirt: ___, ...row }) => row)),
    read: () => {
      isRead = true;
      throw new Error('read');
    },
  };
  const project = declared();
  for (const run of [() => project.fit(source, running), () => project.evaluate(source)]) {
    expect((await refusal(run)).code).toBe('NO_LABELS');
  }
  expect(isRead).toBe(false);
  project.dispose();
});

const broken = (chunk: object, count: number | null = null): Source => ({
  rows: count,
  columns: null,
  rowsAt: null,
  async *read() {
    const table = Table.fromRecords(rows);
    yield Object.assign({ table, ids: table.ids, mark: 43 }, chunk);
  },
});

test.each<[string, Source]>([
  ['a chunk whose ids are too few', broken({ ids: Uint32Array.of(1) })],
  ['a chunk whose rows are no table', broken({ table: rows })],
  ['a chunk without a mark', broken({ mark: undefined })],
  ['fewer rows than it said', broken({}, 44)],
])('a source from outside is refused for %s', async (_, source) => {
  const project = declared();
  for (const run of [() => project.fit(source, running), () => project.evaluate(source, { engine: 'cpu' })]) {
    expect(await refusal(run)).toMatchObject({ code: 'INVALID_SOURCE', path: 'data' });
  }
  project.dispose();
});

test('the next chunk is asked for before the one before it is used, and no more than that', async () => {
  const order: string[] = [];
  let readings = 0;
  let given = 0;
  let taken = 0;
  const table = Table.fromRecords(rows);
  const source: Source = {
    ...{ rows: null, columns: null, rowsAt: null },
    async *read() {
      if (readings++ === 0) {
        yield { table: table.slice(0, 40), ids: table.ids.subarray(0, 40), mark: 40 }; // what the rows are like is learnt
        return;
      }
      try {
        for (let at = 0; at < 40; at += 8) {
          order.push(`chunk ${at / 8}`);
          given += 8;
          expect(given - taken).toBeLessThanOrEqual(2 * 8 + 8);
          const ids = Uint32Array.from({ length: 8 }, (_, i) => at + i);
          yield { table: table.select(ids), ids, mark: at + 8 };
        }
      } finally {
        order.push('closed');
      }
    },
  };
  const step = (event: { kind: string }, fit: { stop: (reason: 'stopped') => void }) => {
    if (event.kind !== 'step') return;
    taken += 8;
    order.push(`step ${taken / 8 - 1}`);
    if (taken === 24) fit.stop('stopped');
  };
  const project = declared();
  await project.fit(source, { ...running, epochs: 1, watchers: [{ name: 'steps', on: step }] });
  expect(order.indexOf('chunk 1')).toBeLessThan(order.indexOf('step 0'));
  expect(order.indexOf('chunk 2')).toBeLessThan(order.indexOf('step 1'));
  expect(order.at(-1)).toBe('closed');
  project.dispose();
});

test('bytes stay bytes and whole numbers whole, in a source as in a table', async () => {
  const ints = rows.map((row, i) => ({ ...row, a: Int32Array.of(i)[0], frame: new Uint8Array(4).fill(i) }));
  const project = declared();
  const one = await fittedWeights(project, recordsSource(ints, { chunkRows: 3 }));
  const other = declared();
  expect(await fittedWeights(other, Table.fromRecords(ints))).toBe(one);
  for (const each of [project, other]) each.dispose();
});

async function fittedWeights(project: Subject, data: StreamLike | Table): Promise<string> {
  await project.fit(data, { ...running, epochs: 1 });
  return weightsOf(project);
}

test('a source may ask its own project while a verb reads it', async () => {
  const project = declared();
  await project.fit(rows, { ...running, epochs: 1 });
  async function* asking() {
    for (const row of rows) {
      const [guess] = await project.predict([row], { engine: 'cpu' });
      yield { ...row, open: guess?.open ?? null };
    }
  }
  const evaluation = await project.evaluate(asking, { engine: 'cpu' });
  const accuracy = evaluation.rows.find(
    ({ task_path, metric_name }) => task_path === 'open' && metric_name === 'accuracy',
  );
  expect(accuracy).toMatchObject({ metric_res: 1, num_samples: 43 });
  project.dispose();
});

test('predictions of a stream are by the weights of when they were asked for, and end with the project', async () => {
  const project = declared();
  const before = await project.predict(rows, { engine: 'cpu' });
  const stream = project.predict(tableSource(Table.fromRecords(rows)), { engine: 'cpu' });
  await project.fit(rows, { ...running, epochs: 3 });
  const taken: unknown[] = [];
  for await (const row of stream) taken.push(row);
  expect(taken).toEqual([...before]);
  expect(() => project.predict(opening(rows), JSON.parse('{"engin":"cpu"}'))).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'predict.engin' }),
  );
  project.dispose();
  const late = stream[Symbol.asyncIterator]();
  expect((await refusal(async () => late.next())).code).toBe('DISPOSED');
  expect(() => project.predict(opening(rows))).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
});
