/** @file Melding: what an extracted project has learnt goes back into the whole one, and nothing else changes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeadgateError, type PathwaySettings, Project, regression, tf, vector } from '../../../src/index.js';
import { asked, quiet, rows, silent, type Three, three, thrownBy } from './ways.js';

const ask = { ...asked, probabilities: true } as const;

const bytesOf = (project: Pick<Three, 'weights'>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(project.weights()).map(([name, { data }]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
    ]),
  );

interface Drawn {
  readonly hidden: readonly number[];
  readonly batchNorm: boolean;
  readonly pathways: PathwaySettings | undefined;
  readonly task: 'red' | 'round' | 'size';
}

const settings: fc.Arbitrary<PathwaySettings | undefined> = fc.oneof(
  fc.constant(undefined),
  fc
    .record({
      granularity: fc.constantFrom<PathwaySettings['granularity']>('weight', 'unit', { block: [2, 2] }),
      exclusive: fc.boolean(),
      readsOthers: fc.boolean(),
      seed: fc.nat(99),
      scope: fc.constantFrom<PathwaySettings['scope']>('layer', 'global'),
    })
    .map(
      ({ granularity, scope, ...others }): PathwaySettings => ({
        ...{ ...others, granularity, method: 'random', sparsity: others.exclusive ? 0.75 : 0.5 },
        scope: granularity === 'weight' ? scope : 'layer',
      }),
    ),
);

const drawn: fc.Arbitrary<Drawn> = fc.record({
  hidden: fc.array(fc.integer({ min: 8, max: 20 }), { minLength: 1, maxLength: 3 }),
  batchNorm: fc.boolean(),
  pathways: settings,
  task: fc.constantFrom('red', 'round', 'size'),
});

async function trained({ hidden, batchNorm, pathways }: Drawn): Promise<Three> {
  const project = three({ hidden, batchNorm, ...(pathways === undefined ? {} : { pathways }) });
  await project.fit(rows, { ...quiet, epochs: 1 });
  return project;
}

test('extracting and melding without training is the identity, to the bit', async () => {
  const shrunk = { parameters: 0, of: 0 };
  await fc.assert(
    fc.asyncProperty(drawn, async (one) => {
      const project = await trained(one);
      const before = bytesOf(project);
      const { project: small, report, meld } = await project.extract([one.task], silent);
      const { parameters } = await meld(silent);
      expect(bytesOf(project)).toEqual(before);
      expect(parameters.every(({ written }) => written === 0)).toBe(true);
      expect(parameters.map(({ name }) => name)).toContain(`head/${one.task}/kernel`);
      shrunk.parameters += report.parameters.after;
      shrunk.of += report.parameters.before;
      small.dispose();
      project.dispose();
    }),
    { numRuns: 25 },
  );
  expect(shrunk.parameters).toBeLessThan(0.9 * shrunk.of); // it was of smaller networks
}, 120_000);

test('the melded project predicts as the small one that was trained, and what others see alone is as it was', async () => {
  const counts = { melded: 0, refused: 0, exclusive: 0 };
  await fc.assert(
    fc.asyncProperty(drawn, async (one) => {
      const project = await trained(one);
      const before = bytesOf(project);
      const others = (['red', 'round', 'size'] as const).filter(
        (task) => task !== one.task && !(one.task === 'round' && task === 'red'),
      );
      const was = await project.predict(rows, ask);
      const { project: small, meld } = await project.extract([one.task], silent);
      await small.fit(rows, { ...quiet, epochs: 2 });
      const melding = await meld(silent).catch((error: unknown) => error);
      if (melding instanceof HeadgateError) {
        // Two pathways saw one weight, and each trained it for itself.
        expect(melding.code).toBe('CANNOT_MELD');
        const { exclusive, readsOthers } = one.pathways ?? {};
        expect(one.task === 'round' && (exclusive === false || readsOthers === true)).toBe(true);
        expect(bytesOf(project)).toEqual(before);
        counts.refused++;
        return;
      }
      counts.melded++;
      const [now, own] = await Promise.all([project.predict(rows, ask), small.predict(rows, ask)]);
      for (const [i, given] of own.entries()) {
        const row = given as unknown as (typeof now)[number]; // the compiler does not know which tasks are left
        for (const task of ['red', 'round'] as const) {
          if (others.includes(task)) continue;
          if (one.task === 'size') continue;
          const [a, b] = [row[task]?.probability ?? null, now[i]?.[task]?.probability ?? null];
          if (Math.abs((now[i]?.red?.probability ?? 0) - 0.5) < 1e-4) continue; // either side of the threshold
          expect(Math.abs((a ?? -1) - (b ?? -1))).toBeLessThan(1e-5);
        }
        if (one.task === 'size') expect(Math.abs(row.size.value - (now[i]?.size.value ?? 99))).toBeLessThan(1e-5);
      }
      const after = bytesOf(project);
      for (const task of others) expect(after[`head/${task}/kernel`]).toBe(before[`head/${task}/kernel`]);
      if (one.pathways?.exclusive === true && one.pathways.readsOthers === false) {
        counts.exclusive++;
        const kept = others.filter((task) => task !== 'round'); // it asks about what was trained
        const pick = (all: typeof was) => all.map((row) => kept.map((task) => row[task]));
        expect(pick(now)).toEqual(pick(was));
        for (const { name, tasks } of project.pathways.list) {
          if (tasks.includes(one.task) || (one.task === 'round' && tasks.includes('red'))) continue;
          for (const parameter of Object.keys(before)) {
            const owned = project.pathways.trainedBy(name, parameter);
            if (owned === null) continue;
            const width = (before[parameter]?.length ?? 0) / owned.length;
            owned.forEach((value, i) => {
              if (value !== 1 || parameter.startsWith('head/')) return;
              const at = (all: typeof before) => all[parameter]?.slice(i * width, (i + 1) * width);
              if (at(after) !== at(before)) throw new Error(`${parameter}[${i}] of ${name} has changed`);
            });
          }
        }
      }
      small.dispose();
      project.dispose();
    }),
    { numRuns: 40 },
  );
  expect(counts.melded).toBeGreaterThan(20);
  expect(counts.exclusive).toBeGreaterThan(3);
}, 240_000);

/** Of 12 hidden units, 4 are the same for every input: no weight leads to them. */
async function withConstants(useBias: boolean) {
  const project = new Project({
    name: 'constants',
    inputs: { x: vector({ columns: ['a', 'b', 'c'], standardise: false }) },
    tasks: { size: regression({ standardise: false }) },
    backbone: ({ x }) => {
      const first = tf.layers.dense({ units: 12, name: 'first', activation: 'sigmoid' }).apply(x);
      return { features: tf.layers.dense({ units: 6, name: 'second', activation: 'tanh', useBias }).apply(first) };
    },
  }).flow('all', (task, x) => [task.size(x.features)]);
  await project.fit(rows, { ...quiet, epochs: 1 });
  const [kernel, ...others] = project.model.getLayer('first').getWeights();
  if (kernel === undefined) throw new Error('there is no kernel');
  const mask = tf.tensor1d(Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? 0 : 1)));
  project.model.getLayer('first').setWeights([kernel.mul(mask), ...others]);
  return project;
}

test('a bias that constants were added to is given what training added, and once more when it is trained on', async () => {
  const project = await withConstants(true);
  const { project: small, report, meld } = await project.extract(['size'], silent);
  expect(report.units).toEqual({ before: 19, after: 15 });
  const was = project.weights()['backbone/second/bias']?.data ?? [];
  const folded = small.weights()['backbone/second/bias']?.data ?? [];
  expect([...folded].every((value, i) => Math.abs(value - (was[i] ?? 0)) > 1e-3)).toBe(true);
  for (let again = 0; again < 3; again++) {
    await small.fit(rows, { ...quiet, epochs: 2 });
    const melding = await meld(silent);
    const bias = melding.parameters.find(({ name }) => name === 'backbone/second/bias');
    expect(bias).toEqual({ name: 'backbone/second/bias', elements: 6, written: 6 });
    expect(melding.parameters.find(({ name }) => name === 'backbone/second/kernel')?.elements).toBe(48);
    expect(String(melding)).toContain('written back for size');
    const [now, own] = await Promise.all([project.predict(rows, asked), small.predict(rows, asked)]);
    for (const [i, { size }] of now.entries()) {
      const given = own[i] as unknown as (typeof now)[number]; // as above
      expect(Math.abs(size - given.size)).toBeLessThan(1e-5);
    }
    const before = bytesOf(project);
    await meld(silent);
    expect(bytesOf(project)).toEqual(before);
  }
});

test('a bias that the whole network has not cannot be melded once it is trained', async () => {
  const project = await withConstants(false);
  const { project: small, meld } = await project.extract(['size'], silent);
  const before = bytesOf(project);
  await meld(silent);
  expect(bytesOf(project)).toEqual(before);
  await small.fit(rows, { ...quiet, epochs: 1 });
  expect(await thrownBy(() => meld(silent))).toMatchObject({ code: 'CANNOT_MELD', path: 'backbone/second/bias' });
  expect(bytesOf(project)).toEqual(before);
});

test('what has changed since the extraction is named, and nothing is written', async () => {
  const pathways: PathwaySettings = { granularity: 'unit', sparsity: 0.7, method: 'random' };
  const project = three({ pathways, hidden: [20, 16] });
  await project.fit(rows, quiet);
  const extraction = await project.extract(['size'], silent);
  await extraction.project.fit(rows, { ...quiet, epochs: 1 });
  // Others may be trained meanwhile: size sees nothing of theirs.
  await project.fitTasks(['red', 'round'], rows, { ...quiet, epochs: 1 });
  await extraction.meld(silent);
  await project.fitTasks(['size'], rows, { ...quiet, epochs: 1 });
  const before = bytesOf(project);
  const { code, path, received } = await thrownBy(() => extraction.meld(silent));
  expect({ code, path }).toEqual({ code: 'MELD_CHANGED', path: 'backbone/layer1/kernel' });
  expect(received).toMatch(/^\d+ other elements$/);
  expect(bytesOf(project)).toEqual(before);
  const again = await project.extract(['red'], silent);
  await project.pathways.remove('round');
  await again.meld(silent);
  const last = await project.extract(['size'], silent);
  await project.pathways.remove('size');
  expect(await thrownBy(() => last.meld(silent))).toMatchObject({ code: 'MELD_CHANGED', path: 'pathways.size' });
  expect(await thrownBy(() => last.meld({ note: 1 } as never))).toMatchObject({ code: 'INVALID_OPTIONS' });
});

test('labels and inputs that the small project was the first to learn of are known to the whole one', async () => {
  const declared = () =>
    new Project({
      name: 'learnt',
      inputs: { x: vector({ columns: ['a', 'b', 'c'] }) },
      tasks: { size: regression(), other: regression() },
      onNote: () => {},
    }).flow('all', (task, x) => [task.size(x.features), task.other(x.features)]);
  const project = declared();
  const { project: small, meld } = await project.extract(['size'], silent);
  await small.fit(rows, quiet);
  await meld(silent);
  const [now, own] = await Promise.all([project.predict(rows, asked), small.predict(rows, asked)]);
  for (const [i, { size }] of now.entries()) {
    const given = own[i] as unknown as (typeof now)[number]; // as above
    expect(Math.abs(size - given.size)).toBeLessThan(1e-5);
  }
});
