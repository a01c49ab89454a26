/** @file What cannot be: of options, of tasks that have pathways, of masks in files, of projects that are merged. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../../../src/files/safetensors.js';
import type { PathwaySettings } from '../../../src/index.js';
import { asked, quiet, rows, silent, type Three, three, thrownBy } from './ways.js';

const weights: PathwaySettings = { granularity: 'weight', sparsity: 0.7, method: 'random', readsOthers: true };
const units: PathwaySettings = { granularity: 'unit', sparsity: 0.7, method: 'random' };

test.each([-0.1, 1, 2, Number.NaN, Number.POSITIVE_INFINITY, '0.5'])(
  'a sparsity of %s is refused',
  async (sparsity) => {
    const expected = { code: 'INVALID_OPTIONS', path: 'pathways.assign.sparsity' };
    const project = three();
    expect(
      await thrownBy(() => project.pathways.assign({ sparsity: sparsity as never, method: 'magnitude' })),
    ).toMatchObject(expected);
    expect(project.pathways.list).toEqual([]);
    expect(await thrownBy(() => three({ pathways: { ...units, sparsity: sparsity as never } }))).toMatchObject({
      ...{ code: 'INVALID_OPTIONS', path: 'Project.pathways.sparsity' },
    });
  },
);

test.each([
  ['unit', 'layer1', '7', '2 free of 16'],
  ['weight', 'layer1', '22', '4 free of 48'],
] as const)(
  '%s: where too little is left it says of which layer, how much is asked, and how much there is',
  async (granularity, layer, expected, received) => {
    const project = three();
    const before = project.weights();
    const error = await thrownBy(() =>
      project.pathways.assign({ granularity, sparsity: 0.54, method: 'magnitude', ...asked }),
    );
    expect(error).toMatchObject({ code: 'CAPACITY_EXHAUSTED', path: 'pathways.size', expected, received });
    expect(error.problem).toContain(layer);
    expect(project.pathways.list).toEqual([]);
    expect(project.weights()).toEqual(before);
  },
);

test('a task or a name that has a pathway gets no second one, and nothing changes', async () => {
  const project = three();
  await project.pathways.assign({ ...units, ways: { red: ['red'] }, ...asked });
  const before = project.weights();
  for (const ways of [{ other: ['red'] }, { red: ['size'] }, { size: ['size'], all: ['size', 'round'] }]) {
    expect(await thrownBy(() => project.pathways.assign({ ...units, ways, ...asked }))).toMatchObject({
      code: 'PATHWAY_EXISTS',
    });
  }
  expect(project.pathways.list.map(({ name }) => name)).toEqual(['red']);
  expect(project.weights()).toEqual(before);
});

test('a task is extracted with what its condition asks about, whichever pathways these have', async () => {
  const project = three();
  await project.pathways.assign({ ...units, ways: { red: ['red'] }, ...asked });
  await project.fit(rows, { ...quiet, epochs: 1 });
  // `round` asks about `red`, and has no pathway.
  const { project: small } = await project.extract(['round'], silent);
  expect(small.graph.root.members.map(({ name }) => name)).toEqual(['red', 'round']);
  const [was, now] = [await project.predict(rows, asked), await small.predict(rows, asked)];
  expect(now).toEqual(was.map(({ red, round }) => ({ red, round })));
});

test('projects whose pathways are others are not merged', async () => {
  const [own, same] = [three({ pathways: units }), three({ pathways: units })];
  const [other, none] = [three({ pathways: { ...units, seed: 1 } }), three()];
  for (const project of [own, same, other, none]) await project.fit(rows, { ...quiet, epochs: 1 });
  const before = own.weights();
  const refused = { code: 'MERGE_MISMATCH', received: '"others"', path: 'pathways.red' };
  expect(await thrownBy(() => own.merge([other], { method: 'average' }))).toMatchObject(refused);
  expect(await thrownBy(() => own.merge([none], { method: 'average' }))).toMatchObject({
    ...{ code: 'MERGE_MISMATCH', path: 'pathways', received: '"no pathways"' },
  });
  expect(await thrownBy(() => own.merge([same], { method: 'ties', base: none }))).toMatchObject({
    code: 'MERGE_MISMATCH',
  });
  expect(own.weights()).toEqual(before);
  await own.merge([same], { method: 'average' });
  expect(own.weights()).toEqual(before);
});

let root = '';
let subject: Three;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'headgate-'));
  subject = three({ pathways: weights });
  await subject.fit(rows, { ...quiet, epochs: 1 });
  await subject.save(join(root, 'weights'), silent);
  const ofUnits = three({ pathways: units });
  await ofUnits.fit(rows, { ...quiet, epochs: 1 });
  await ofUnits.save(join(root, 'units'), silent);
});
afterAll(() => rmSync(root, { recursive: true }));

/** A copy of the folder, with one file changed by somebody who knows to change its checksum too. */
function forged(of: 'weights' | 'units', name: string, change: (bytes: Buffer) => Uint8Array): string {
  const folder = mkdtempSync(join(root, 'forged-'));
  cpSync(join(root, of), folder, { recursive: true });
  const bytes = change(readFileSync(join(folder, name)));
  writeFileSync(join(folder, name), bytes);
  const manifest = JSON.parse(readFileSync(join(folder, 'headgate.json'), 'utf8'));
  manifest.files[name] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  writeFileSync(join(folder, 'headgate.json'), JSON.stringify(manifest));
  return folder;
}

type Tensors = Map<string, SafeTensor>;
const masks = (change: (tensors: Tensors) => void) => (bytes: Buffer) => {
  const tensors = new Map(readSafetensors(bytes, 'masks').tensors);
  change(tensors);
  return writeSafetensors({ tensors, metadata: new Map([['format', 'headgate']]) });
};
/** The file as one line, without spaces. */
const json = (change: (text: string) => string) => (bytes: Buffer) => {
  const text = JSON.stringify(JSON.parse(bytes.toString()));
  expect(change(text)).not.toBe(text);
  return Buffer.from(change(text));
};
const bitsOf = (tensors: Tensors, name: string): Uint8Array => {
  const data = tensors.get(name)?.data;
  if (!(data instanceof Uint8Array)) throw new Error(`no mask ${name}`);
  return data;
};
const set = (tensors: Tensors, name: string, data: Uint8Array): void => {
  tensors.set(name, { dtype: 'U8', shape: [data.length], data });
};
const kernel = 'backbone/layer1/kernel';

test.each<[string, 'weights' | 'units', string, (bytes: Buffer) => Uint8Array, string]>([
  [
    'a mask that is gone',
    'weights',
    'masks.safetensors',
    masks((all) => void all.delete(`reads/red/${kernel}`)),
    'INVALID_MODEL_FILE',
  ],
  [
    'a mask more',
    'weights',
    'masks.safetensors',
    masks((all) => set(all, 'reads/red/other', Uint8Array.of(1))),
    'INVALID_MODEL_FILE',
  ],
  [
    'a byte less',
    'weights',
    'masks.safetensors',
    masks((all) => set(all, `reads/red/${kernel}`, bitsOf(all, `reads/red/${kernel}`).slice(1))),
    'INVALID_MASK',
  ],
  [
    'floats for bits',
    'weights',
    'masks.safetensors',
    masks((all) => void all.set(`reads/red/${kernel}`, { dtype: 'F32', shape: [1], data: Float32Array.of(1) })),
    'INVALID_MODEL_FILE',
  ],
  [
    'bits behind the last',
    'units',
    'masks.safetensors',
    masks((all) =>
      set(
        all,
        'units/red/layer2',
        bitsOf(all, 'units/red/layer2').map((byte, i) => (i === 1 ? byte | 128 : byte)),
      ),
    ),
    'INVALID_MASK',
  ],
  [
    'live elements that are others',
    'weights',
    'masks.safetensors',
    masks((all) =>
      set(
        all,
        `live/${kernel}`,
        bitsOf(all, `live/${kernel}`).map((byte) => ~byte & 255),
      ),
    ),
    'INVALID_MODEL_FILE',
  ],
  [
    'elements seen of which there is no weight',
    'weights',
    'masks.safetensors',
    masks((all) =>
      set(
        all,
        `reads/size/${kernel}`,
        bitsOf(all, `reads/size/${kernel}`).map(() => 255),
      ),
    ),
    'INVALID_MODEL_FILE',
  ],
  [
    'elements trained that are not seen',
    'weights',
    'masks.safetensors',
    masks((all) =>
      set(
        all,
        `trains/red/${kernel}`,
        bitsOf(all, `trains/red/${kernel}`).map(() => 255),
      ),
    ),
    'INVALID_MODEL_FILE',
  ],
  ['no safetensors', 'weights', 'masks.safetensors', (bytes) => bytes.subarray(0, 20), 'INVALID_SAFETENSORS'],
  [
    'a pathway twice',
    'weights',
    'pathways.json',
    json((text) => text.replace('"name":"round"', '"name":"red"')),
    'INVALID_MODEL_FILE',
  ],
  [
    'a task in two pathways',
    'weights',
    'pathways.json',
    json((text) => text.replace('"tasks":["round"]', '"tasks":["red"]')),
    'INVALID_MODEL_FILE',
  ],
  [
    'a task that is not',
    'weights',
    'pathways.json',
    json((text) => text.replace('"tasks":["size"]', '"tasks":["sise"]')),
    'PATHWAYS_MISMATCH',
  ],
  [
    'a parameter of its own that is not',
    'weights',
    'pathways.json',
    json((text) => text.replace('"backbone/layer1/bias"', '"backbone/layer9/bias"')),
    'PATHWAYS_MISMATCH',
  ],
  [
    'a parameter of another shape',
    'weights',
    'pathways.json',
    json((text) => text.replaceAll('[3,16]', '[16,3]')),
    'PATHWAYS_MISMATCH',
  ],
  [
    'a layer of other units',
    'units',
    'pathways.json',
    json((text) => text.replaceAll('"layer2":12', '"layer2":13')),
    'PATHWAYS_MISMATCH',
  ],
  [
    'a key that nobody knows',
    'weights',
    'pathways.json',
    json((text) => text.replace('"version"', '"more":1,"version"')),
    'INVALID_MODEL_FILE',
  ],
])('a saved mask file with %s is refused, and nothing changes', async (_, of, name, change, code) => {
  const folder = forged(of, name, (bytes) => {
    const next = change(bytes);
    expect(Buffer.compare(next, bytes)).not.toBe(0);
    return next;
  });
  const project = three({ pathways: of === 'weights' ? weights : units });
  const before = project.weights();
  expect((await thrownBy(() => project.load(folder, silent))).code).toBe(code);
  expect((await thrownBy(() => project.adopt(folder, silent))).code).toBe(code);
  expect(project.pathways.list).toEqual([]);
  expect(project.weights()).toEqual(before);
});
