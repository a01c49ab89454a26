/** @file `fit({ augment })`: what is trained on is changed, and nothing else; to the bit, on every engine, stopped and resumed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { generate, side } from '../../flows/security-camera/generator.js';
import { declareCamera } from '../../flows/security-camera/project.js';
import {
  type Augmentation,
  adam,
  binary,
  boundedRegression,
  brightness,
  type EngineName,
  type FitOptions,
  flip,
  HeadgateError,
  image,
  imageFolder,
  Project,
  type Row,
  shift,
  Table,
  tf,
  uniforms,
} from '../../src/index.js';

const SIDE = 6;

function declared(seed = 0) {
  return new Project({
    name: 'spot',
    seed,
    inputs: { frame: image({ height: SIDE, width: SIDE, channels: 1 }) },
    tasks: { x: boundedRegression({ min: 0, max: SIDE }), bright: binary() },
    backbone: ({ frame }) => ({
      features: tf.layers
        .dense({ units: 8, activation: 'relu' })
        .apply(tf.layers.flatten().apply(frame)) as tf.SymbolicTensor,
    }),
    onNote: () => {},
  }).flow('full', (task, x) => {
    const bright = task.bright(x.features);
    return [bright, task.x(x.features).given(bright)];
  });
}

/** One bright pixel, and where it is. */
const rows: Row[] = Array.from({ length: 22 }, (_, row) => {
  const draws = uniforms({ seed: 2, stream: 'spots', counter: row }, SIDE * SIDE + 2);
  const frame = Uint8Array.from(draws.subarray(2), (draw) => draw * 60);
  const x = Math.floor((draws[0] ?? 0) * SIDE);
  if (row % 4 !== 0) frame[Math.floor((draws[1] ?? 0) * SIDE) * SIDE + x] = 255;
  return { frame, x: x + 0.5, bright: row % 4 !== 0 };
});

const mirrored = rows.map((row): Row => {
  const pixels = row.frame as Uint8Array; // as it was made
  const frame = pixels.map((_, i) => pixels[Math.floor(i / SIDE) * SIDE + SIDE - 1 - (i % SIDE)] ?? 0);
  return { ...row, frame, x: SIDE - Number(row.x) };
});

const always = { frame: { steps: [flip({ probability: 1 })], moves: { x: ['x'] } } };
const mixed = { frame: { steps: [flip(), shift({ x: 1, y: 1 }), brightness({ most: 0.1 })], moves: { x: ['x'] } } };
const optimizer = adam({ learningRate: 0.01 });
const quiet = { epochs: 3, batchSize: 8, seed: 4, progress: false, optimizer, heads: 'drawn' } as const;

async function fitted(data: Parameters<Project['fit']>[0], options: FitOptions) {
  const project = declared();
  const history = await project.fit(data as Row[], options as object);
  const weights = project.model.getWeights().map((weight) => [...weight.dataSync()]);
  project.dispose();
  return { losses: history.epochs.map(({ loss }) => loss), weights, history };
}

for (const engine of ['cpu', 'onnx', 'wasm'] satisfies EngineName[]) {
  test(`${engine}: to mirror every row is to train on mirrored rows, to the bit`, async () => {
    const known = { ...quiet, engine, lossUnits: 'plain' } as const;
    const own = await fitted(rows, { ...known, augment: always });
    const expected = await fitted(mirrored, known);
    expect(own.losses).toEqual(expected.losses);
    expect(own.weights).toEqual(expected.weights);
    expect((await fitted(rows, known)).weights).not.toEqual(expected.weights);
  });
}

test('a table, records and a source are trained on alike; each epoch is another', async () => {
  const options = { ...quiet, engine: 'cpu', augment: mixed } as const;
  const own = await fitted(rows, options);
  expect(await fitted(Table.fromRecords(rows), options)).toMatchObject({ losses: own.losses, weights: own.weights });
  const one = await fitted(rows, { ...options, seed: 5 });
  expect(one.weights).not.toEqual(own.weights);
});

test('continued in the middle of an epoch, and after one: as if it had never stopped, to the bit', async () => {
  const options = { ...quiet, engine: 'cpu', augment: mixed, epochs: 4 } as const;
  const whole = await fitted(rows, options);
  for (const data of [rows, () => rows]) {
    for (const stopAt of [1, 3, 5]) {
      const project = declared();
      const controller = new AbortController();
      const stopper = {
        name: 'stopper',
        on: (event: { readonly kind: string; readonly total?: number }) => {
          if (event.kind === 'step' && event.total === stopAt) controller.abort();
        },
      };
      const first = await project.fit(data as Row[], { ...options, signal: controller.signal, watchers: [stopper] });
      expect(first.epochs.length).toBe(Math.floor(stopAt / 3));
      await project.fit(data as Row[], { ...options, epochs: 4 - first.epochs.length, continue: true });
      expect(project.model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(whole.weights);
      project.dispose();
    }
  }
});

/** Looks on, and changes nothing. */
function counting() {
  const seen: number[] = [];
  const step: Augmentation = {
    name: 'counting',
    movesPoints: false,
    apply: ({ values }) => {
      seen.push(values[0] ?? -1);
      return null;
    },
  };
  return { seen, step };
}

test('every row of every epoch, and nothing else: neither validation rows nor those that are predicted or evaluated', async () => {
  const { seen, step } = counting();
  const project = declared();
  const augment = { frame: { steps: [step] } };
  const options = { ...quiet, engine: 'cpu', augment, validation: mirrored, keep: 'last' } as const;
  const { epochs } = await project.fit(rows, options);
  expect(seen).toHaveLength(3 * rows.length);
  const firsts = rows.map(({ frame }) => (frame as Uint8Array)[0]);
  for (const epoch of [0, 1, 2]) {
    const own = seen.slice(epoch * rows.length, (epoch + 1) * rows.length);
    expect(own.sort()).toEqual([...firsts].sort());
  }
  await project.predict(rows, { engine: 'cpu' });
  await project.evaluate(rows, { engine: 'cpu' });
  expect(seen).toHaveLength(3 * rows.length);
  // A change of all pixels changes no validation: the same weights, seen by the same rows.
  const frozen = { ...options, optimizer: adam({ learningRate: 1e-30 }) } as const;
  const plain = declared();
  const expected = await plain.fit(rows, { ...frozen, augment: undefined });
  const changed = await declared().fit(rows, { ...frozen, augment: always });
  expect(changed.epochs[2]?.validation).toEqual(expected.epochs[2]?.validation);
  expect(changed.epochs[2]?.loss).not.toBe(expected.epochs[2]?.loss);
  expect(epochs).toHaveLength(3);
});

test('images in files are not decoded again for it, and are trained on as rows in memory are', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-augment-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [i, { frame }] of rows.entries()) {
    const pixels = sharp(frame as Uint8Array, { raw: { width: SIDE, height: SIDE, channels: 1 } });
    await pixels.png().toFile(path.join(folder, `${String(i).padStart(2, '0')}.png`));
  }
  const photos = await imageFolder(folder, {
    ...{ height: SIDE, width: SIDE, channels: 1, as: 'frame' },
    cache: path.join(folder, 'cache'),
  });
  const options = {
    ...quiet,
    engine: 'cpu',
    augment: { frame: { steps: [flip(), brightness({ most: 0.3 })] } },
  } as const;
  const bright = () =>
    new Project({
      name: 'bright',
      inputs: { frame: image({ height: SIDE, width: SIDE, channels: 1 }) },
      tasks: { file: binary() },
      backbone: ({ frame }) => ({ features: tf.layers.flatten().apply(frame) as tf.SymbolicTensor }),
      onNote: () => {},
    }).flow('full', (task, x) => [task.file(x.features)]);
  const source = {
    ...photos,
    async *read(...given: Parameters<typeof photos.read>) {
      for await (const chunk of photos.read(...given)) {
        yield {
          ...chunk,
          table: chunk.table.with(
            'file',
            Array.from(chunk.ids, (id) => id % 4 !== 0),
          ),
        };
      }
    },
  };
  const own = bright();
  const { epochs } = await own.fit(source, options);
  expect(photos.counts()).toMatchObject({ decoded: rows.length, cached: 3 * rows.length });
  const table = rows.map(({ frame }, i) => ({ frame, file: i % 4 !== 0 }));
  const expected = await bright().fit(table, options);
  expect(epochs.map(({ loss }) => loss)).toEqual(expected.epochs.map(({ loss }) => loss));
});

test('labels that left the picture are counted and said', async () => {
  const far = { frame: { steps: [shift({ x: 5, y: 0 })], moves: { x: ['x'] } } };
  const { history } = await fitted(rows, { ...quiet, engine: 'cpu', augment: far });
  const note = history.notes.find(({ code }) => code === 'LABELS_MOVED_OUT');
  expect(note?.path).toBe('x');
  const [, moved = '0', lost = '0'] = /^Of (\d+) labels of x that moved .*, (\d+) left/.exec(note?.text ?? '') ?? [];
  expect(Number(moved)).toBeGreaterThan(Number(lost));
  expect(Number(lost)).toBeGreaterThan(0);
  expect(Number(moved)).toBeLessThanOrEqual(3 * rows.length);
});

test('what does not fit is said before any row is read', async () => {
  let isRead = false;
  const source = () => {
    isRead = true;
    return rows;
  };
  const error = await declared()
    .fit(source, { ...quiet, engine: 'cpu', augment: { frame: { steps: [flip()] } } })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HeadgateError);
  expect(error).toMatchObject({ code: 'INVALID_OPTIONS', path: 'fit.augment.frame' });
  expect(isRead).toBe(false);
});

const faces = {
  counts: 'pixels',
  boxes: [
    { x: 'faceX1', y: 'faceY1', width: 'faceWidth', height: 'faceHeight' },
    { x: 'bodyX1', y: 'bodyY1', width: 'bodyWidth', height: 'bodyHeight' },
  ],
} as const;
const places = faces.boxes.flatMap((box) => Object.values(box));

/** The security camera in a mirror, made without any augmentation. */
function inMirror(table: Table): Table {
  const left = (name: 'face' | 'body') => (row: Row) =>
    row[`${name}X1`] === null ? null : side - 1 - Number(row[`${name}X1`]) - Number(row[`${name}Width`]);
  return table
    .derive('faceX1', left('face'))
    .derive('bodyX1', left('body'))
    .derive('frame', (row) => {
      const pixels = row.frame as Uint8Array; // as it was generated
      return pixels.map((_, i) => {
        const [y, x, channel] = [Math.floor(i / (side * 3)), Math.floor(i / 3) % side, i % 3];
        return pixels[(y * side + side - 1 - x) * 3 + channel] ?? 0;
      });
    });
}

test('security camera: mirrored frames teach where faces are in a mirror, and cost little where there is none', async () => {
  const [train, plain] = [generate({ rows: 100, seed: 1 }), generate({ rows: 300, seed: 99 })];
  const mirror = inMirror(plain);
  const options = { epochs: 40, batchSize: 32, seed: 1, engine: 'onnx', progress: false, onNote: () => {} } as const;
  const errorsOf = async (augment: FitOptions['augment']) => {
    const project = declareCamera(1);
    await project.fit(train, { ...options, augment });
    const errors = [];
    for (const rows of [plain, mirror]) {
      const { rows: scores } = await project.evaluate(rows, { engine: 'onnx', onNote: () => {} });
      const own = scores.find(
        ({ task_path, metric_name }) => task_path.endsWith('faceX1') && metric_name === 'mean_absolute_error',
      );
      errors.push(own?.metric_res ?? Number.NaN);
    }
    project.dispose();
    return errors as [number, number]; // one for each
  };
  const none = await errorsOf(undefined);
  const flipped = await errorsOf({ frame: { steps: [flip()], moves: faces } });
  const wrong = await errorsOf({ frame: { steps: [flip()], stays: places } });
  expect(flipped[0]).toBeLessThan(none[0] * 1.3);
  expect(flipped[1]).toBeLessThan(none[1] * 0.8);
  // What a slip of sign would do, so that these bounds are known to see one.
  expect(wrong[0]).toBeGreaterThan(none[0] * 1.3);
  expect(wrong[1]).toBeGreaterThan(none[1] * 2);
}, 120_000);
