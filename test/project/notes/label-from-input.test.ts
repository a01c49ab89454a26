import { expect, test } from 'vitest';
import { bindTable } from '../../../src/data/bind.js';
import { asTable, type Table } from '../../../src/data/table.js';
import {
  along,
  binary,
  classification,
  image,
  multilabel,
  Project,
  type Row,
  regression,
  tensor,
  vector,
} from '../../../src/index.js';
import { labelFromInput } from '../../../src/project/notes/label-from-input.js';
import { uniforms } from '../../../src/random.js';
import { layoutOf } from '../../../src/tasks/layout.js';

const { resolved } = new Project({
  name: 'leaks',
  inputs: { person: vector({ columns: ['age', 'fare', 'code'] }), deck: vector({ size: 2 }) },
  tasks: {
    alive: binary(),
    price: regression(),
    port: classification({ classes: ['a', 'b', 'c'] }),
    traits: multilabel({ classes: ['hat', 'beard'] }),
    boat: binary(),
  },
}).flow('full', (task, x) => {
  const alive = task.alive(x.features);
  return [
    alive,
    task.price(x.features),
    task.port(x.features),
    task.traits(x.features),
    task.boat(x.features).given(alive),
  ];
});
const layout = layoutOf(resolved);

const noise = uniforms({ seed: 1, stream: 'leaks', counter: 0 }, 300_000);
let drawn = 0;
const random = () => noise[drawn++] ?? Number.NaN;

/** Numbers and labels that have to do with each other, and of which none tells another. */
const honest = (): Row => {
  const age = random();
  return {
    age,
    fare: random(),
    code: Math.floor(3 * random()),
    deck: [random(), random()],
    alive: age + random() > 1,
    price: age + 0.1 * random(),
    port: ['a', 'b', 'c'][Math.floor(3 * random())] ?? 'a',
    traits: { hat: random() > 0.5, beard: age > 0.6 ? true : random() > 0.5 },
    boat: random() > 0.5,
  };
};

/** What is said of rows, bound in pieces of some size. */
function said(rows: readonly Row[], size = rows.length): string[][] {
  const watch = labelFromInput(layout);
  const table = asTable(rows);
  for (let start = 0; start < table.rows; start += size) {
    const piece: Table = table.slice(start, start + size);
    watch.see(bindTable(piece, layout), piece);
  }
  return watch.notes().map(({ code, path, text }) => [code, path, text]);
}

const rows = (count: number, change: (row: Row, i: number) => Row = () => ({})): Row[] =>
  Array.from({ length: count }, (_, i) => {
    const row = honest();
    return { ...row, ...change(row, i) };
  });

test('honest rows: not a word, few or many, whole or in pieces', () => {
  for (const count of [5, 50, 300, 9000]) expect(said(rows(count))).toEqual([]);
  expect(said(rows(300), 32)).toEqual([]);
});

const asks = expect.stringContaining('Is it known when you predict?');

test.each<[string, (row: Row) => Row, string, string]>([
  ['a threshold', ({ fare }) => ({ alive: Number(fare) > 0.4 }), 'alive', 'Its labels follow from fare alone'],
  ['the other way round', ({ fare }) => ({ alive: Number(fare) < 0.4 }), 'alive', 'Its labels follow from fare alone'],
  ['a copy', ({ alive }) => ({ code: alive }), 'alive', 'Its labels follow from code alone'],
  ['a unit', ({ price }) => ({ fare: 32 + 1.8 * Number(price) }), 'price', 'Its labels are those of fare, but for'],
  [
    'a code',
    ({ port }) => ({ code: port === 'a' ? 7 : port === 'b' ? 3 : 5 }),
    'port',
    'Its labels follow from code alone',
  ],
  ['a flag for one class', ({ port }) => ({ code: port === 'b' }), 'port', 'From its labels follows code'],
  [
    'one class of several',
    ({ deck }) => ({ traits: { hat: ([deck].flat()[1] as number) > 0.5, beard: random() > 0.5 } }),
    'traits',
    'Its labels follow from deck[1] alone',
  ],
])('%s is seen, whole and in pieces', (_, change, path, text) => {
  const data = rows(120, change);
  const expected = [['LABEL_FROM_INPUT', path, expect.stringContaining(text)]];
  expect(said(data)).toEqual(expected);
  expect(said(data)[0]?.[2]).toEqual(asks);
  expect(said(data, 32)).toEqual(expected);
  expect(said(data)[0]?.[2]).toContain('on the 120 rows');
});

test('one row that it is wrong about, fewer than fifty labels, or ten of one side: not a word', () => {
  const told = ({ fare }: Row) => ({ alive: Number(fare) > 0.4 });
  expect(said(rows(120, (row, i) => (i === 77 ? { fare: 1, alive: false } : told(row))))).toEqual([]);
  expect(said(rows(49, told))).toEqual([]);
  expect(said(rows(120, (row, i) => (i % 3 === 0 ? told(row) : { alive: null })))).toEqual([]);
  expect(said(rows(120, (_, i) => ({ fare: i, alive: i < 9 })))).toEqual([]);
});

test('rows all over a table are looked at', () => {
  const data = rows(9000, ({ fare, alive }, i) => ({ alive: i < 8000 ? Number(fare) > 0.4 : alive }));
  expect(said(data)).toEqual([]);
  expect(said(data, 1000)).toEqual([['LABEL_FROM_INPUT', 'alive', expect.stringContaining('on the 4000 rows')]]);
});

test('labels that do not count are not looked at', () => {
  // a boat is told by the fare among the living alone, and among the dead by nothing
  const data = rows(200, ({ fare, alive, boat }) => ({ boat: alive === true ? Number(fare) > 0.4 : boat }));
  expect(said(data)).toEqual([['LABEL_FROM_INPUT', 'boat', expect.stringContaining('fare alone')]]);
});

test('the column that holds the labels has a note of its own', () => {
  const { resolved: same } = new Project({
    name: 'same',
    inputs: { x: vector({ columns: ['open', 'years'] }) },
    tasks: { open: binary() },
  }).flow('full', (task, x) => [task.open(x.features)]);
  const watch = labelFromInput(layoutOf(same));
  const table = asTable(Array.from({ length: 100 }, (_, i) => ({ open: i % 2, years: random() })));
  watch.see(bindTable(table, layoutOf(same)), table);
  expect(watch.notes()).toEqual([]);
});

test('pictures, and tasks along an axis, are not looked at', () => {
  const picture = new Project({
    name: 'picture',
    inputs: { frame: image({ height: 40, width: 40, channels: 1 }) },
    tasks: { dark: binary() },
  }).flow('full', (task, x) => [task.dark(x.features)]).resolved;
  const text = new Project({
    name: 'text',
    inputs: { text: tensor({ shape: [2], axes: ['token'] }) },
    tasks: { word: along('token', binary()) },
  }).flow('full', (task, x) => [task.word(x.features)]).resolved;
  const rows = Array.from({ length: 60 }, (_, i) => {
    const [flag, pixels] = [i % 2, new Uint8Array(1600).fill(i % 2)];
    return { frame: pixels, dark: flag, text: [flag, flag], word: [flag, flag] };
  });
  const notes = [picture, text].flatMap((flow) => {
    const watch = labelFromInput(layoutOf(flow));
    const table = asTable(rows);
    watch.see(bindTable(table, layoutOf(flow)), table);
    return watch.notes();
  });
  expect(notes).toEqual([]);
});

test('of a thousand classes, told by a thousand numbers, no more is asked', () => {
  const size = 1024;
  const classes = Array.from({ length: size + 1 }, (_, i) => `class ${i}`);
  const noted = (count: number) => {
    const { resolved: flow } = new Project({
      name: 'many',
      inputs: { x: vector({ size }) },
      tasks: { traits: multilabel({ classes: classes.slice(0, count) }) },
    }).flow('full', (task, x) => [task.traits(x.features)]);
    const flags = (i: number, length: number) => Array.from({ length }, () => i % 2);
    const table = asTable(Array.from({ length: 60 }, (_, i) => ({ x: flags(i, size), traits: flags(i, count) })));
    const watch = labelFromInput(layoutOf(flow));
    watch.see(bindTable(table, layoutOf(flow)), table);
    return watch.notes().length;
  };
  expect([noted(1), noted(size + 1)]).toEqual([1, 0]);
});

test('a fit says it', async () => {
  const project = new Project({
    name: 'fit',
    inputs: { x: vector({ columns: ['age', 'fare'] }) },
    tasks: { alive: binary() },
  }).flow('full', (task, x) => [task.alive(x.features)]);
  const fitting = { engine: 'cpu', epochs: 1, progress: false, onNote: () => {} } as const;
  const data = rows(120, ({ fare }) => ({ alive: Number(fare) > 0.4 }));
  const { notes } = await project.fit(asTable(data), fitting);
  expect(notes.map(({ code, path }) => [code, path])).toEqual([['LABEL_FROM_INPUT', 'alive']]);
});
