import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { load } from '../../src/deploy/load.js';
import { manifestFile, type SavedModel } from '../../src/deploy/model-folder.js';
import { save } from '../../src/deploy/save.js';
import { HeadgateError } from '../../src/errors.js';
import { readSafetensors, writeSafetensors } from '../../src/files/safetensors.js';
import type { FlowGraph } from '../../src/flow/graph.js';
import { declaredOf, freshFolder, graph, modelOf, namesIn } from './saved-model.js';

async function saved(model: SavedModel = modelOf(1)): Promise<string> {
  const folder = join(freshFolder(), 'model');
  await save(folder, model);
  return folder;
}

async function error(folder: string, expected?: SavedModel): Promise<HeadgateError> {
  const thrown = await load(folder, expected && declaredOf(expected)).catch((cause: unknown) => cause);
  if (thrown instanceof HeadgateError) return thrown;
  throw thrown;
}

const readText = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');

/** Replaces a file as an attacker would, who knows to put its checksum into the manifest. */
function forge(folder: string, name: string, contents: string | Uint8Array): void {
  const bytes = Buffer.from(contents);
  writeFileSync(join(folder, name), bytes);
  if (name === manifestFile) return;
  const manifest = JSON.parse(readText(folder, manifestFile));
  manifest.files[name] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  writeFileSync(join(folder, manifestFile), JSON.stringify(manifest));
}

const forgeJson = (folder: string, name: string, change: (json: Record<string, unknown>) => unknown): void =>
  forge(folder, name, JSON.stringify(change(JSON.parse(readText(folder, name)))));

test('no folder', async () => {
  expect(await error(join(freshFolder(), 'nothing'))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
});

test('a file in place of the folder', async () => {
  const path = join(freshFolder(), 'model');
  writeFileSync(path, '');
  expect(await error(path)).toMatchObject({ code: 'LOAD_FAILED', path });
});

test.each(['headgate.json', 'flow.json', 'backbone.json', 'weights.safetensors', 'thresholds.json', 'statistics.json'])(
  '%s is missing, a link, a folder or a pipe',
  async (name) => {
    const folder = await saved();
    const path = join(folder, name);
    const elsewhere = join(freshFolder(), name);
    renameSync(path, elsewhere);
    expect(await error(folder)).toMatchObject({ code: 'LOAD_FAILED', path });
    symlinkSync(elsewhere, path);
    expect(await error(folder)).toMatchObject({ code: 'NOT_A_FILE', path });
    unlinkSync(path);
    mkdirSync(path);
    expect(await error(folder)).toMatchObject({ code: 'NOT_A_FILE', path });
    rmSync(path, { recursive: true });
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [path]);
      expect(await error(folder)).toMatchObject({ code: 'NOT_A_FILE', path });
      unlinkSync(path);
    }
    renameSync(elsewhere, path);
    await load(folder);
  },
);

test('a link to the folder itself is the user’s own doing', async () => {
  const link = join(freshFolder(), 'link');
  symlinkSync(await saved(), link);
  expect((await load(link)).thresholds).toEqual(modelOf(1).thresholds);
});

test.each([
  ['headgate.json', 65_537],
  ['weights.safetensors', 2 ** 31],
])('%s larger than any that is written is not read into memory', async (name, bytes) => {
  const folder = await saved();
  truncateSync(join(folder, name), bytes); // a hole: takes no room on the disk
  expect(await error(folder)).toMatchObject({ code: 'FILE_TOO_LARGE', received: `${bytes} bytes` });
});

test.each(['model.js', '__proto__', '.hidden'])('a file that does not belong there: %s', async (name) => {
  const folder = await saved();
  writeFileSync(join(folder, name), '');
  expect(await error(folder)).toMatchObject({ code: 'UNKNOWN_FILE', path: join(folder, name) });
});

test.each(['../../etc/passwd', '..\\flow.json', '/etc/passwd', '__proto__', '.hidden', 'headgate.json', 'a..b'])(
  'a manifest that leads elsewhere: %s',
  async (name) => {
    const folder = await saved();
    const manifest = JSON.parse(readText(folder, manifestFile));
    const entry = JSON.stringify(manifest.files['flow.json']);
    const extended = readText(folder, manifestFile).replace(
      '"files": {',
      `"files": { ${JSON.stringify(name)}: ${entry},`,
    );
    forge(folder, manifestFile, extended);
    const thrown = await error(folder);
    expect(thrown).toMatchObject({ code: 'INVALID_MODEL_FILE', path: join(folder, manifestFile) });
    expect(thrown.message).toContain(`It lists ${JSON.stringify(name)}`);
  },
);

test.each<[string, (json: Record<string, unknown>) => unknown, string]>([
  ['another format', (json) => ({ ...json, format: 'keras' }), 'format'],
  ['no version', ({ version: _, ...json }) => json, 'version'],
  ['no writer', ({ writer: _, ...json }) => json, 'writer'],
  ['no files', ({ files: _, ...json }) => json, 'files'],
  ['no weights among its files', (json) => ({ ...json, files: {} }), 'It lists no flow.json'],
  [
    'files of version 1 and an unknown key',
    (json) => ({ ...json, version: 1 }),
    'Unrecognized keys: "writer", "requires"',
  ],
  ['a list', () => [], 'expected object'],
  ['null', () => null, 'expected object'],
])('a manifest with %s', async (_, change, problem) => {
  const folder = await saved();
  forgeJson(folder, manifestFile, change);
  const thrown = await error(folder);
  expect(thrown.code).toBe('INVALID_MODEL_FILE');
  expect(thrown.message).toContain(problem);
});

test.each<[string, (json: Record<string, unknown>) => unknown, string]>([
  ['a later version', (json) => ({ ...json, version: 3, writer: 'headgate 9.1.0' }), 'version 3 of the format'],
  [
    'a later version whose other keys are of another kind',
    ({ format }) => ({ format, version: 4, writer: 'headgate 9.1.0', parts: [] }),
    'version 4 of the format',
  ],
  [
    'a part that a reader must know',
    (json) => ({ ...json, writer: 'headgate 9.1.0', requires: ['flow', 'parameters', 'thresholds', 'masks'] }),
    'masks',
  ],
])('a folder with %s says who wrote it, whatever else lies in it', async (_, change, received) => {
  const folder = await saved();
  forgeJson(folder, manifestFile, change);
  writeFileSync(join(folder, 'masks.safetensors'), 'of a kind to come');
  const thrown = await error(folder);
  expect([thrown.code, thrown.path, thrown.received]).toEqual(['NEWER_FORMAT', join(folder, manifestFile), received]);
  expect(thrown.problem).toContain('headgate 9.1.0');
});

test('an optional part of a later version is left out with a note; keys to come are no fault', async () => {
  const folder = await saved();
  writeFileSync(join(folder, 'curves.bin'), 'x');
  forge(folder, 'curves.bin', 'xyz');
  forgeJson(folder, manifestFile, (json) => ({ ...json, writer: 'headgate 9.1.0', saved: { on: 'paper' } }));
  const model = await load(folder, declaredOf());
  expect(model.notes).toEqual([
    {
      code: 'UNKNOWN_PART',
      path: 'curves.bin',
      text: 'It was left out: it is an optional part that headgate 9.1.0 knows and this version does not.',
    },
  ]);
  expect(model.writer).toBe('headgate 9.1.0');
  await save(folder, modelOf(2)); // it is a model's folder, so it may be replaced
  expect(namesIn(folder)).not.toContain('curves.bin');
});

test.each(['flow.json', 'backbone.json', 'weights.safetensors', 'thresholds.json', 'statistics.json'])(
  '%s changed after it was saved',
  async (name) => {
    const folder = await saved();
    const bytes = readFileSync(join(folder, name));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(join(folder, name), bytes);
    expect(await error(folder)).toMatchObject({ code: 'CHECKSUM_MISMATCH', path: join(folder, name) });
    truncateSync(join(folder, name), bytes.length - 1);
    const thrown = await error(folder);
    expect(thrown.code).toBe('CHECKSUM_MISMATCH');
    expect(thrown.received).toContain(`${bytes.length - 1} bytes`);
  },
);

test('a flow that is not one, or carries more than one does', async () => {
  const folder = await saved();
  forge(folder, 'flow.json', '{"format":"headgate-flow"}');
  expect((await error(folder)).code).toBe('INVALID_FLOW');
  forge(folder, 'flow.json', JSON.stringify({ ...graph, onLoad: 'process.exit()' }));
  expect((await error(folder)).code).toBe('INVALID_FLOW');
  forge(folder, 'flow.json', JSON.stringify(graph).replace('"name":"door"', '"name":"door","name":"gate"'));
  expect((await error(folder)).code).toBe('INVALID_JSON');
});

test.each<[string, unknown, string, string]>([
  ['of a task that is not in the flow', [{ path: 'window', thresholds: [0.5] }], 'INVALID_THRESHOLDS', 'no such task'],
  ['of a nested flow', [{ path: 'person', thresholds: [0.5] }], 'INVALID_THRESHOLDS', 'no such task'],
  ['of __proto__', [{ path: '__proto__', thresholds: [0.5] }], 'INVALID_THRESHOLDS', 'no such task'],
  ['twice', Array(2).fill({ path: 'open', thresholds: [0.5] }), 'INVALID_THRESHOLDS', 'stands twice'],
  ['without numbers', [{ path: 'open', thresholds: [] }], 'INVALID_MODEL_FILE', 'thresholds'],
  ['that are no numbers', [{ path: 'open', thresholds: ['0.5'] }], 'INVALID_MODEL_FILE', 'expected number'],
  ['with more to them', [{ path: 'open', thresholds: [0.5], f: 1 }], 'INVALID_MODEL_FILE', 'Unrecognized key'],
  ['that are no list', {}, 'INVALID_MODEL_FILE', 'expected array'],
])('thresholds %s', async (_, tasks, code, problem) => {
  const folder = await saved();
  forgeJson(folder, 'thresholds.json', (json) => ({ ...json, tasks }));
  const thrown = await error(folder);
  expect([thrown.code, thrown.message]).toEqual([code, expect.stringContaining(problem)]);
});

test('a threshold beyond all numbers', async () => {
  const folder = await saved();
  forge(folder, 'thresholds.json', readText(folder, 'thresholds.json').replace('0.25', '1e999'));
  expect((await error(folder)).code).toBe('INVALID_MODEL_FILE');
});

test('weights that are no safetensors, or of a type that no weight has', async () => {
  const folder = await saved();
  forge(folder, 'weights.safetensors', 'PK\x03\x04 not a tensor in here');
  expect((await error(folder)).code).toBe('INVALID_SAFETENSORS');
  const u8 = writeSafetensors({
    tensors: new Map([['w', { dtype: 'U8', shape: [1], data: Uint8Array.of(1) }]]),
    metadata: new Map(),
  });
  forge(folder, 'weights.safetensors', u8);
  expect(await error(folder)).toMatchObject({ code: 'INVALID_MODEL_FILE', received: 'U8' });
});

type Change = (json: FlowGraph) => FlowGraph;
const withMembers =
  (change: (members: FlowGraph['root']['members']) => unknown[]): Change =>
  (json) =>
    ({ ...json, root: { ...json.root, members: change(json.root.members) } }) as FlowGraph;
const withFirst = (more: object): Change => withMembers(([first, ...rest]) => [{ ...first, ...more }, ...rest]);

test.each<[string, Change, string, string]>([
  [
    'an input of another shape',
    (json) => ({ ...json, inputs: { frame: { ...json.inputs.frame, shape: [4] } as never } }),
    'inputs.frame.shape',
    'differs here',
  ],
  [
    'another input',
    (json) => ({ ...json, inputs: { picture: json.inputs.frame as never } }),
    'inputs.picture',
    'has no such input',
  ],
  [
    'one input more',
    (json) => ({ ...json, inputs: { ...json.inputs, picture: json.inputs.frame as never } }),
    'inputs.picture',
    'has no such input',
  ],
  [
    'a task more',
    withMembers(([first, ...rest]) => [first, { ...first, name: 'shut', path: 'shut' }, ...rest]),
    'shut',
    'has no such task or flow',
  ],
  ['a task fewer', withMembers(([, ...rest]) => rest), 'open', 'the program has not'],
  ['another kind', withFirst({ kind: 'regression' }), 'open.kind', 'differs here'],
  ['another option', withFirst({ options: { unheardOf: 3 } }), 'open.options.unheardOf', 'differs here'],
  ['an axis', withFirst({ axis: 'tokens' }), 'open.axis', 'differs here'],
  [
    'another dtype',
    (json) => ({ ...json, inputs: { frame: { ...json.inputs.frame, dtype: 'uint8' } as never } }),
    'inputs.frame.dtype',
    'differs here',
  ],
  ['another feature', withFirst({ feature: 'other' }), 'open.feature', 'differs here'],
  [
    'a condition on a task',
    withFirst({ condition: { type: 'predicate', path: 'person.shirt', predicate: 'is', args: ['red'] } }),
    'open.condition',
    'differs here',
  ],
  [
    'no condition on a flow',
    withMembers(([first, flow]) => [first, { ...flow, condition: null }]),
    'person.condition',
    'differs here',
  ],
  [
    'a nested task with other classes',
    withMembers(([first, flow]) => [
      first,
      {
        ...flow,
        members: [
          { ...(flow as FlowGraph['root']).members[0], options: { classes: ['red'] } },
          (flow as FlowGraph['root']).members[1],
        ],
      },
    ]),
    'person.shirt.options.classes',
    'differs here',
  ],
  [
    'a task where a flow was',
    withMembers(([first]) => [first, { ...first, name: 'person', path: 'person' }]),
    'person.type',
    'differs here',
  ],
])('the program declares %s', async (_, change, path, problem) => {
  const folder = await saved();
  const thrown = await error(folder, { ...modelOf(1), graph: change(graph) });
  expect([thrown.code, thrown.path]).toEqual(['FLOW_MISMATCH', path]);
  expect(thrown.message).toContain(problem);
});

test('the difference is told as data', async () => {
  const folder = await saved();
  const thrown = await error(folder, { ...modelOf(1), graph: withFirst({ feature: 'other' })(graph) });
  expect([thrown.expected, thrown.received]).toEqual(['"other"', '"features"']);
});

test('names that stand in no path, and the order of keys, tasks and flows, do not matter', async () => {
  const folder = await saved();
  const renamed: FlowGraph = { ...graph, name: 'gate', root: { ...graph.root, name: 'all' } };
  const { frame } = graph.inputs;
  const reordered = Object.fromEntries(Object.entries(frame ?? {}).reverse());
  const members = withMembers((own) => [...own].reverse())(renamed);
  const declared = { ...members, inputs: { frame: reordered as never } };
  expect((await load(folder, declaredOf({ ...modelOf(1), graph: declared }))).notes).toEqual([]);
});

test('options that only training and tuning read may differ; the difference is a note', async () => {
  const folder = await saved();
  const options = { weight: 2, threshold: 0.3, focal: { gamma: 2 } };
  const declared = declaredOf({ ...modelOf(1), graph: withFirst({ options })(graph) });
  const { notes, thresholds } = await load(folder, declared);
  expect(notes).toEqual(
    ['weight at its default, the program declares 2', 'threshold at its default, the program declares 0.3']
      .concat('focal at its default, the program declares {"gamma":2}')
      .map((text) => ({ code: 'OPTIONS_DIFFER', path: 'open', text: `The model was saved with ${text}.` })),
  );
  expect(thresholds).toEqual(modelOf(1).thresholds); // the tuned ones, not those to begin with
});

test('which labels count where a condition is unknown may differ: a note of the task or flow', async () => {
  const folder = await saved();
  const whenUnknown = 'include' as const;
  const members = graph.root.members.map((node) => (node.type === 'flow' ? { ...node, whenUnknown } : node));
  const declared = declaredOf({ ...modelOf(1), graph: { ...graph, root: { ...graph.root, members } } });
  const text = 'The model was saved with whenUnknown at its default, the program declares "include".';
  expect((await load(folder, declared)).notes).toEqual([{ code: 'OPTIONS_DIFFER', path: 'person', text }]);
  const ofTask = declaredOf({ ...modelOf(1), graph: withFirst({ whenUnknown })(graph) });
  expect((await load(folder, ofTask)).notes).toEqual([{ code: 'OPTIONS_DIFFER', path: 'open', text }]);
});

test.each<[string, SavedModel['weights'], string, string]>([
  [
    'of another shape',
    { ...modelOf(1).weights, steps: { shape: [1], dtype: 'int32', data: Int32Array.of(1) } },
    'steps',
    'shape or type',
  ],
  [
    'of another type',
    { ...modelOf(1).weights, steps: { shape: [], dtype: 'float32', data: Float32Array.of(1) } },
    'steps',
    'shape or type',
  ],
  [
    'that are missing',
    { ...modelOf(1).weights, more: { shape: [], dtype: 'float32', data: Float32Array.of(1) } },
    'more',
    'has no such weight',
  ],
  [
    'that nobody asked for',
    Object.fromEntries(Object.entries(modelOf(1).weights).filter(([name]) => name !== 'steps')),
    'steps',
    'the program has not',
  ],
])('weights %s', async (_, weights, path, problem) => {
  const thrown = await error(await saved(), { ...modelOf(1), weights });
  expect([thrown.code, thrown.path]).toEqual(['WEIGHTS_MISMATCH', path]);
  expect(thrown.message).toContain(problem);
});

test('thresholds of other tasks, or another number of them', async () => {
  const folder = await saved();
  const { thresholds } = modelOf(1);
  const fewer = await error(folder, { ...modelOf(1), thresholds: new Map([...thresholds].slice(1)) });
  expect([fewer.code, fewer.path]).toEqual(['THRESHOLDS_MISMATCH', 'open']);
  const more = await error(folder, { ...modelOf(1), thresholds: new Map([...thresholds, ['open', [0.1, 0.2]]]) });
  expect([more.code, more.path, more.expected, more.received]).toEqual(['THRESHOLDS_MISMATCH', 'open', '2', '1']);
});

test('flipped bytes in any file: refused by a HeadgateError or, where the checksum was forged as well, maybe read', async () => {
  const folder = await saved();
  const names = namesIn(folder);
  const originals = new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
  const flip = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.array(flip, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (name, flips, forged) => {
        const bytes = Buffer.from(originals.get(name) ?? []);
        for (const [at, bits] of flips) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ bits;
        if (forged) forge(folder, name, bytes);
        else writeFileSync(join(folder, name), bytes);
        const unchanged = bytes.equals(originals.get(name) ?? Buffer.of());
        const outcome = await load(folder).catch((cause: unknown) => cause);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(HeadgateError);
        else expect(forged || unchanged || name === manifestFile).toBe(true);
        for (const [other, original] of originals) writeFileSync(join(folder, other), original);
      },
    ),
    { numRuns: 400 },
  );
});

test('the weights file is one that any safetensors reader opens', async () => {
  const bytes = readFileSync(join(await saved(), 'weights.safetensors'));
  const { tensors, metadata } = readSafetensors(bytes, 'w');
  expect([...metadata]).toEqual([['format', 'headgate']]);
  expect([...tensors.keys()]).toEqual(['open/kernel', 'steps', '__proto__']);
});
