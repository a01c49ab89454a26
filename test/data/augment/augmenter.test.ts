/** @file Pictures and labels together: the label says where the thing is, whatever batch, chunk or order a row came in. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Augment, createAugmenter } from '../../../src/data/augment/augmenter.js';
import { type AugmentOptions, augmentOption } from '../../../src/data/augment/options.js';
import { bindTable } from '../../../src/data/bind.js';
import { type Feed, tableFeed } from '../../../src/data/feed.js';
import { inputPort, MASK, TARGETS } from '../../../src/data/ports.js';
import { streamFeed } from '../../../src/data/stream-feed.js';
import type { BatchTensor } from '../../../src/engine/engine.js';
import {
  binary,
  boundedRegression,
  brightness,
  classification,
  contrast,
  crop,
  flip,
  HeadgateError,
  image,
  iterableSource,
  noise,
  Project,
  type Row,
  regression,
  shift,
  Table,
  tableSource,
  uniforms,
} from '../../../src/index.js';
import { type Layout, layoutOf } from '../../../src/tasks/layout.js';

const [HEIGHT, WIDTH] = [16, 24];

/** Boxes whose labels end with their last pixel (`counts: 'pixels'`), or at their edge. */
function boxes(isInclusive: boolean, count = 40, seed = 1): Row[] {
  return Array.from({ length: count }, (_, row) => {
    const draws = [...uniforms({ seed, stream: 'boxes', counter: row }, 4)];
    const [width, height] = [1 + Math.floor((draws[0] ?? 0) * 8), 1 + Math.floor((draws[1] ?? 0) * 6)];
    const [x, y] = [Math.floor((draws[2] ?? 0) * (WIDTH - width)), Math.floor((draws[3] ?? 0) * (HEIGHT - height))];
    const frame = new Uint8Array(HEIGHT * WIDTH);
    for (let i = y; i < y + height; i++) frame.fill(255, i * WIDTH + x, i * WIDTH + x + width);
    const less = isInclusive ? 1 : 0;
    return { frame, x, y, width: width - less, height: height - less, age: row, isWide: width > 4 };
  });
}

const side = { width: boundedRegression({ min: 0, max: WIDTH }), height: boundedRegression({ min: 0, max: HEIGHT }) };

const { resolved } = new Project({
  name: 'boxes',
  inputs: { frame: image({ height: HEIGHT, width: WIDTH, channels: 1 }) },
  tasks: {
    ...{ x: side.width, y: side.height, width: side.width, height: side.height },
    age: regression(),
    isWide: binary(),
    half: classification({ classes: ['upper', 'lower'] }),
  },
})
  .flow('box', (task, input) => [
    task.x(input.features),
    task.y(input.features),
    task.width(input.features),
    task.height(input.features),
  ])
  .flow('full', (task, input) => {
    const box = task.box(input);
    return [
      box,
      task.age(input.features),
      task.isWide(input.features),
      task.half(input.features).given(box.x.below(12)),
    ];
  });
const layout = layoutOf(resolved);

function augmenter(frame: AugmentOptions, seed = 5, of: Layout = layout) {
  return createAugmenter(of, { augment: augmentOption.read({ frame }, 'fit.augment') ?? {}, seed, only: null });
}

const boxed = { boxes: [{ x: 'x', y: 'box.y', width: 'width', height: 'height' }] } as const;
const all = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);

/** The first and last white pixels, without looking at any label; null where there is none. */
function found(pixels: ArrayLike<number>) {
  const white = Array.from(pixels, (value, i) =>
    value > 127 ? [[i % WIDTH, Math.floor(i / WIDTH)] as const] : [],
  ).flat();
  if (white.length === 0) return null;
  const [xs, ys] = [white.map(([x]) => x), white.map(([, y]) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

for (const counts of ['pixels', 'edges'] as const) {
  test(`the box that is found in the pixels is where its labels say: ${counts}`, () => {
    const less = counts === 'pixels' ? 1 : 0;
    const steps = [flip(), flip({ direction: 'vertical' }), shift({ x: 6, y: 5, fill: 0 })];
    const { augment, notes } = augmenter({ steps, moves: { ...boxed, counts }, stays: ['age'] });
    const dataset = bindTable(boxes(counts === 'pixels', 200), layout);
    let [gone, cut, whole] = [0, 0, 0];
    for (const epoch of [0, 1, 2]) {
      const made = augment(dataset, all(200), epoch);
      const { values, present, width } = made.labels;
      for (let row = 0; row < 200; row++) {
        const label = (name: string) => {
          const at = row * width + layout.slot(name).offset;
          return present[at] === 1 ? (values[at] as number) : null;
        };
        const box = found(made.inputs.frame?.values.subarray(row * HEIGHT * WIDTH, (row + 1) * HEIGHT * WIDTH) ?? []);
        const said = { x: label('box.x'), y: label('box.y'), width: label('box.width'), height: label('box.height') };
        const before = boxes(counts === 'pixels', 200)[row] as Row;
        if (box === null) {
          gone++;
          expect(said).toEqual({ x: null, y: null, width: null, height: null });
        } else {
          expect(said).toEqual({ ...box, width: box.width - less, height: box.height - less });
          if (said.width === before.width && said.height === before.height) whole++;
          else cut++;
        }
        expect(label('age')).toBe(row);
        expect(label('isWide')).toBe(Number(before.isWide));
      }
    }
    expect([gone > 0, cut > 20, whole > 300]).toEqual([true, true, true]);
    const [note] = notes();
    expect(note?.code).toBe('LABELS_MOVED_OUT');
    expect(note?.path).toBe('box.x');
    expect(note?.text).toMatch(new RegExp(`, ${gone} left the picture or their range`));
  });
}

/** A task's handle, whatever its kind. */
type Apply = (feature: unknown) => never;

/** Of a project with these tasks, one row: its labels after a flip and a shift to the right by `right`. */
function moved(
  tasks: Readonly<Record<string, ReturnType<typeof regression> | ReturnType<typeof boundedRegression>>>,
  row: Row,
  { steps = [flip({ probability: 1 })], ...rest }: Partial<AugmentOptions>,
) {
  const flow = new Project({
    name: 'one',
    inputs: { frame: image({ height: 4, width: 10, channels: 1 }) },
    tasks,
  }).flow('full', (task, x) => Object.keys(tasks).map((name) => (task[name] as Apply)(x.features)));
  const own = layoutOf(flow.resolved);
  const { augment, notes } = augmenter({ steps, ...rest }, 1, own);
  const dataset = bindTable([{ frame: new Uint8Array(40), ...row }], own);
  const { labels, mask } = augment(dataset, all(1), 0);
  const told = own.slots.map(({ task, offset }) => [
    task.name,
    labels.present[offset] === 1 ? labels.values[offset] : null,
  ]);
  for (const { offset } of own.slots) expect(mask[offset]).toBe(labels.present[offset]);
  return { ...Object.fromEntries(told), notes: notes().map(({ path }) => path) };
}

const ten = boundedRegression({ min: 0, max: 10 });
const far = regression({ standardise: false });

test('points and boxes, by hand', () => {
  expect(moved({ x: ten }, { x: 3 }, { moves: { x: ['x'] } })).toEqual({ x: 7, notes: [] });
  expect(moved({ x: ten }, { x: 3 }, { moves: { x: ['x'], counts: 'pixels' } })).toEqual({ x: 6, notes: [] });
  // Shares of the picture, and pixels of a photo of 40 by 16.
  const shares = boundedRegression({ min: 0, max: 1 });
  const size = { width: 1, height: 1 };
  expect(moved({ x: shares }, { x: 0.25 }, { moves: { x: ['x'], size } })).toEqual({ x: 0.75, notes: [] });
  expect(moved({ x: far }, { x: 8 }, { moves: { x: ['x'], size: { width: 40, height: 16 } } })).toEqual({
    x: 32,
    notes: [],
  });
  // A box of one width for all, and one whose width is missing.
  const box = { boxes: [{ x: 'x', width: 2 }] };
  expect(moved({ x: ten }, { x: 3 }, { moves: box })).toEqual({ x: 5, notes: [] });
  const labelled = { boxes: [{ x: 'x', width: 'w' }] };
  expect(moved({ x: ten, w: ten }, { x: 3, w: 4 }, { moves: labelled })).toEqual({ x: 3, w: 4, notes: [] });
  expect(moved({ x: ten, w: ten }, { x: 2, w: null }, { moves: labelled })).toEqual({ x: null, w: null, notes: ['x'] });
  expect(moved({ x: ten, w: ten }, { x: null, w: 4 }, { moves: labelled })).toEqual({ x: null, w: 4, notes: [] });
  const right = [{ name: 'right', movesPoints: true, apply: () => ({ x: { scale: 1, offset: 3 }, y: null }) }];
  expect(moved({ x: ten, w: ten }, { x: 2, w: null }, { steps: right, moves: labelled })).toEqual({
    x: 5,
    w: null,
    notes: [],
  });
  expect(moved({ x: ten, w: ten }, { x: 5, w: 4 }, { steps: right, moves: labelled })).toEqual({
    x: 8,
    w: 2,
    notes: [],
  });
  expect(moved({ x: ten }, { x: 7 }, { steps: right, moves: { x: ['x'] } })).toEqual({ x: 10, notes: [] });
  expect(moved({ x: ten }, { x: 7.5 }, { steps: right, moves: { x: ['x'] } })).toEqual({ x: null, notes: ['x'] });
  // No bounds, but out of the picture all the same.
  expect(moved({ x: far }, { x: 7.5 }, { steps: right, moves: { x: ['x'] } })).toEqual({ x: null, notes: ['x'] });
  // In the picture, but out of the task's range.
  const narrow = boundedRegression({ min: 2, max: 6 });
  expect(moved({ x: narrow }, { x: 3 }, { moves: { x: ['x'] } })).toEqual({ x: null, notes: ['x'] });
  // What does not move keeps its value to the bit; what is missing stays missing.
  expect(moved({ x: ten }, { x: 0.1 }, { steps: [flip({ probability: 0 })], moves: { x: ['x'] } })).toEqual({
    x: 0.1,
    notes: [],
  });
  expect(moved({ x: ten, y: ten }, { x: null, y: 1 }, { moves: { x: ['x'], y: ['y'] } })).toEqual({
    x: null,
    y: 1,
    notes: [],
  });
});

test('what conditions ask of a label that has moved decides which tasks apply', () => {
  const { augment } = augmenter({ steps: [flip({ probability: 1 })], moves: boxed, stays: ['age'] });
  const rows: Row[] = boxes(false, 30).map((row) => ({ ...row, half: Number(row.y) < 8 ? 'upper' : 'lower' }));
  const dataset = bindTable(rows, layout);
  const { mask, applies } = augment(dataset, all(30), 0);
  const { offset, answer } = layout.slot('half');
  const isLeft = rows.map(({ x, width }) => WIDTH - Number(x) - Number(width) < 12);
  expect(new Set(isLeft).size).toBe(2);
  for (const [row, expected] of isLeft.entries()) {
    expect(mask[row * layout.width + offset]).toBe(Number(expected));
    expect(applies[row * layout.answers + answer]).toBe(Number(expected));
  }
  expect([...dataset.mask]).not.toEqual([...mask]);
});

test('rows of weight 0 do not count where conditions are asked anew', () => {
  const { augment } = augmenter({ steps: [flip({ probability: 1 })], moves: boxed, stays: ['age'] });
  const rows = boxes(false, 6).map((row, i) => ({ ...row, half: 'upper', w: i % 2 }));
  const { mask } = augment(bindTable(rows, layout, null, 'w'), all(6), 0);
  for (const row of all(6)) {
    expect(mask.subarray(row * layout.width, (row + 1) * layout.width).includes(1)).toBe(row % 2 === 1);
  }
});

const everything: AugmentOptions = {
  steps: [
    ...[flip(), shift({ x: 3, y: 2 }), crop({ least: 0.7 })],
    ...[brightness({ most: 0.2 }), contrast({ most: 0.2 }), noise({ deviation: 0.05 })],
  ],
  moves: boxed,
  stays: ['age'],
};

interface Seen {
  readonly pixels: string;
  readonly targets: string;
  readonly mask: string;
}

/** What the batches of an epoch say of each row, by its number. */
async function epochOf(feed: Feed, epoch: number): Promise<ReadonlyMap<number, Seen>> {
  const rows = new Map<number, Seen>();
  for await (const { batch, ids } of feed.batches(epoch, null)) {
    for (const [i, id] of ids.entries()) {
      const part = (name: string) => {
        const { shape, data } = batch.tensors[name] as BatchTensor; // each batch has it
        const size = shape.slice(1).reduce((a, b) => a * b, 1);
        return Buffer.from(data.slice(i * size, (i + 1) * size).buffer).toString('hex');
      };
      expect(rows.has(id)).toBe(false);
      rows.set(id, { pixels: part(inputPort('frame')), targets: part(TARGETS), mask: part(MASK) });
    }
  }
  return rows;
}

const rows: Row[] = boxes(false, 23).map((row, i) => ({ ...row, x: i % 5 === 0 ? null : row.x, half: 'upper' }));
const table = Table.fromRecords(rows);

const feedOf = (augment: Augment | null, batchSize: number, seed: number) =>
  tableFeed(bindTable(table, layout), { batchSize, seed, mixesRows: false, augment });

test('the same bytes for a row, whatever the batch size, the order, the chunks and whether rows are there or flow', async () => {
  const { augment } = augmenter(everything);
  const expected = await epochOf(feedOf(augment, 23, 0), 3);
  expect(expected.size).toBe(23);
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        batchSize: fc.integer({ min: 1, max: 30 }),
        seed: fc.integer(),
        chunkRows: fc.integer({ min: 1, max: 30 }),
        as: fc.constantFrom('table', 'chunks', 'flow', 'part'),
      }),
      async ({ batchSize, seed, chunkRows, as }) => {
        const mixed = { batchSize, seed, mixesRows: batchSize % 2 === 0, augment };
        if (as === 'table') {
          expect(await epochOf(tableFeed(bindTable(table, layout), mixed), 3)).toEqual(expected);
          return;
        }
        if (as === 'part') {
          const some = bindTable(
            table.filter((_, row) => row % 3 === 0),
            layout,
          );
          for (const [id, row] of await epochOf(tableFeed(some, mixed), 3)) expect(row).toEqual(expected.get(id));
          return;
        }
        const source =
          as === 'flow' ? iterableSource(() => rows, { chunkRows, windowRows: 7 }) : tableSource(table, { chunkRows });
        expect(await epochOf(streamFeed(source, layout, mixed), 3)).toEqual(expected);
      },
    ),
    { numRuns: 40 },
  );
});

test('fresh in each epoch and with each seed; another input or step draws other numbers; the data stays as it was', async () => {
  const before = rows.map(({ frame }) => Buffer.from(frame as Uint8Array).toString('hex'));
  const { augment } = augmenter(everything);
  const [first, second] = [await epochOf(feedOf(augment, 4, 1), 0), await epochOf(feedOf(augment, 4, 1), 1)];
  const other = await epochOf(feedOf(augmenter(everything, 6).augment, 4, 1), 0);
  const plain = await epochOf(feedOf(null, 4, 1), 0);
  for (const [id, { pixels }] of first) {
    expect(new Set([pixels, second.get(id)?.pixels, other.get(id)?.pixels, plain.get(id)?.pixels]).size).toBe(4);
    expect(plain.get(id)?.pixels).toBe(before[id]);
  }
  expect(await epochOf(feedOf(augment, 4, 1), 0)).toEqual(first);
  expect(rows.map(({ frame }) => Buffer.from(frame as Uint8Array).toString('hex'))).toEqual(before);
  // Bytes in the table's own array are not written to by a source's feed, either.
  const column = table.column('frame');
  await epochOf(streamFeed(tableSource(table), layout, { batchSize: 5, seed: 1, augment }), 0);
  expect(column.value(3)).toEqual(rows[3]?.frame);
});

test('a feed goes on in the middle of an epoch with the same bytes', async () => {
  const { augment } = augmenter(everything);
  for (const feed of [
    feedOf(augment, 4, 1),
    streamFeed(tableSource(table), layout, { batchSize: 4, seed: 1, augment }),
  ]) {
    const whole: string[] = [];
    const cursors = [];
    const bytes = (data: ArrayLike<number> | undefined) => Array.from(data ?? []).join();
    for await (const { batch, cursor } of feed.batches(2, null)) {
      whole.push(bytes(batch.tensors[inputPort('frame')]?.data) + bytes(batch.tensors[TARGETS]?.data));
      cursors.push(cursor);
    }
    const rest: string[] = [];
    for await (const { batch } of feed.batches(2, cursors[1] ?? null)) {
      rest.push(bytes(batch.tensors[inputPort('frame')]?.data) + bytes(batch.tensors[TARGETS]?.data));
    }
    expect(rest).toEqual(whole.slice(2));
  }
});

test('floats as bytes: the same geometry, and white is what the scale makes 1', () => {
  const flow = new Project({
    name: 'floats',
    inputs: { frame: image({ height: HEIGHT, width: WIDTH, channels: 1, scale: 1 }) },
    tasks: { x: side.width, y: side.height, width: side.width, height: side.height, isWide: binary() },
  }).flow('full', (task, x) => [task.x, task.y, task.width, task.height, task.isWide].map((own) => own(x.features)));
  const own = layoutOf(flow.resolved);
  const bytes = boxes(false, 10);
  const floats = bytes.map((row) => ({ ...row, frame: Float32Array.from(row.frame as Uint8Array, (v) => v / 255) }));
  const options = { steps: [flip(), shift({ x: 3 }), brightness({ most: 0.2 })] };
  const moves = { boxes: [{ x: 'x', y: 'y', width: 'width', height: 'height' }] };
  const { augment } = augmenter({ ...options, moves }, 5, own);
  const [one, two] = [augment(bindTable(bytes, own), all(10), 0), augment(bindTable(floats, own), all(10), 0)];
  expect([...one.labels.values]).toEqual([...two.labels.values]);
  const [ofBytes, ofFloats] = [one.inputs.frame?.values ?? [], two.inputs.frame?.values ?? []];
  for (const [i, value] of ofBytes.entries()) {
    const clamped = Math.max(0, Math.min(1, ofFloats[i] as number));
    expect(Math.abs(value / 255 - clamped)).toBeLessThan(0.5 / 255 + 1e-6);
  }
});

test.each<[string, unknown, string, string]>([
  ['no input of that name', { frme: { steps: [flip()] } }, 'fit.augment.frme', 'frame'],
  ['no steps', { frame: { steps: [] } }, 'fit.augment.frame.steps', 'at least 1'],
  ['what is no step', { frame: { steps: ['flip'] } }, 'fit.augment.frame.steps[0]', 'flip()'],
  ['coordinates that nobody told of', { frame: { steps: [flip()] } }, 'fit.augment.frame', '`moves`'],
  [
    'one that was forgotten',
    { frame: { steps: [shift({ x: 1 })], moves: boxed } },
    'fit.augment.frame',
    "stays: ['age']",
  ],
  [
    'a task twice',
    { frame: { steps: [flip()], moves: { x: ['x'], ...boxed }, stays: ['age'] } },
    'fit.augment.frame.moves.boxes[0].x',
    'another task than at fit.augment.frame.moves.x[0]',
  ],
  [
    'a task that is no number',
    { frame: { steps: [flip()], moves: { x: ['isWide'] } } },
    'fit.augment.frame.moves.x[0]',
    'whose label is one number',
  ],
  ['no task', { frame: { steps: [flip()], stays: ['agee'] } }, 'fit.augment.frame.stays[0]', 'age'],
  [
    'an edge without its reach',
    { frame: { steps: [flip()], moves: { boxes: [{ x: 'x' }] } } },
    'fit.augment.frame.moves.boxes[0].width',
    'moves.x',
  ],
  [
    'a size of 0',
    { frame: { steps: [flip()], moves: { size: { width: 0, height: 1 } } } },
    'fit.augment.frame.moves.size.width',
    'above 0',
  ],
])('refused: %s', (_, given, path, says) => {
  const make = () =>
    createAugmenter(layout, { augment: augmentOption.read(given, 'fit.augment'), seed: 0, only: null });
  let thrown: unknown;
  try {
    make();
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof HeadgateError)) throw new Error('nothing was thrown');
  expect([thrown.code, thrown.path]).toEqual(['INVALID_OPTIONS', path]);
  expect(thrown.message).toContain(says);
});

test('light alone moves nothing, and asks for nothing to be told', () => {
  const { augment, notes } = augmenter({ steps: [brightness({ most: 0.1 })] });
  const dataset = bindTable(rows, layout);
  const made = augment(dataset, all(23), 0);
  expect(made.labels.values).toEqual(dataset.labels.values);
  expect(made.mask).toEqual(dataset.mask);
  expect(notes()).toEqual([]);
});
