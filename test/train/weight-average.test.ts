/** @file Moving averages of weights: against a naive reference, what is measured and left, and going on. */
import { expect, test } from 'vitest';
import { adam, binary, type FitOptions, Project, regression, sgd, tf, vector, type Watcher } from '../../src/index.js';
import { normals } from '../../src/random.js';
import type { FitState } from '../../src/train/state.js';
import { bytes } from '../support/training.js';
import { timeless } from './run-in-parts.js';

/** `rare` counts in one row alone: its head rests in most steps. */
const rows = Array.from({ length: 20 }, (_, row) => {
  const [x = 0, y = 0] = normals({ seed: 6, stream: 'rows', counter: row }, 2);
  return { x: [x, y], open: y > 0, age: row % 3 === 0 ? null : x * y, rare: row === 5 ? 2 : null };
});

function declared() {
  return new Project({
    name: 'averaged',
    seed: 5,
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks: { open: binary(), age: regression(), rare: regression({ standardise: false }) },
    backbone: ({ x }) => ({
      features: tf.layers
        .dropout({ rate: 0.2 })
        .apply(tf.layers.dense({ units: 6, activation: 'tanh' }).apply(x)) as tf.SymbolicTensor,
    }),
    onNote: () => {},
  }).flow('all', (task, x) => {
    const open = task.open(x.features);
    return [open, task.age(x.features).given(open), task.rare(x.features)];
  });
}

const usual: FitOptions = { epochs: 4, batchSize: 4, progress: false, average: { decay: 0.8 } };
const weightsOf = ({ model }: ReturnType<typeof declared>): number[] =>
  model.getWeights().flatMap((weight) => [...weight.dataSync()]);

/** How far two numbers are from each other, beside their size. */
const relative = (a: number | null, b: number | null): number =>
  a === null || b === null ? Number.NaN : Math.abs(a - b) / (1 + Math.abs(b));

/** The state after each step, the one before the first not among them. */
function recorder(): { readonly watcher: Watcher; readonly states: FitState[] } {
  const states: FitState[] = [];
  const on: Watcher['on'] = async (event, fit) => {
    if (event.kind === 'begin' || event.kind === 'step') states.push(await fit.snapshot());
  };
  return { watcher: { name: 'recorder', on }, states };
}

for (const engine of ['cpu', 'onnx', 'wasm'] as const) {
  test(`${engine}: the averages are those of a naive reference; what rests keeps them to the bit`, async () => {
    const { watcher, states } = recorder();
    const optimizer = adam({ learningRate: 0.05 });
    await declared().fit(rows, { ...usual, engine, optimizer, watchers: [watcher] });
    const [first] = states;
    const parameters = Object.keys(first?.tensors ?? {}).filter((name) => /^(backbone|head)\//.test(name));
    expect(parameters.length).toBe(4);
    expect(states.length).toBe(21);
    let rested = 0;
    for (const name of parameters) {
      const average = Float64Array.from(first?.tensors[name]?.data ?? []);
      const steps = new Float64Array(average.length);
      for (const [i, { tensors }] of states.entries()) {
        const [now, kept] = [tensors[name]?.data ?? [], tensors[`extension/average/of/${name}`]?.data ?? []];
        if (i > 0) {
          const before = states[i - 1]?.tensors ?? {};
          for (let at = 0; at < average.length; at++) {
            // A task's column of the head is trained where its bias moves, the backbone in every step.
            const bias = 'head/features/bias';
            const column = at % 3;
            const isOpen = name.startsWith('backbone') || tensors[bias]?.data[column] !== before[bias]?.data[column];
            if (!isOpen) {
              expect(now[at]).toBe(before[name]?.data[at]);
              if (column === 2) rested++;
              expect(kept[at]).toBe(before[`extension/average/of/${name}`]?.data[at]);
              continue;
            }
            const taken = steps[at] as number;
            const decay = Math.min(0.8, (1 + taken) / (10 + taken));
            average[at] = decay * (average[at] as number) + (1 - decay) * (now[at] as number);
            steps[at] = taken + 1;
          }
        }
        for (let at = 0; at < average.length; at++) {
          expect(Math.abs((kept[at] as number) - (average[at] as number))).toBeLessThan(2e-6);
        }
      }
    }
    expect(rested).toBe(7 * 16); // the column of `rare` and its bias, in all steps but one of each epoch
  });

  test(`${engine}: what is measured, kept and left are the averages, and training does not see them`, async () => {
    const options: FitOptions = { ...usual, engine, optimizer: sgd({ learningRate: 0.3 }), validation: rows };
    const [plain, averaged, one, last] = [declared(), declared(), recorder(), recorder()];
    const { average: _, ...without } = options;
    const usualHistory = await plain.fit(rows, { ...without, watchers: [one.watcher] });
    const history = await averaged.fit(rows, { ...options, keep: 'last', watchers: [last.watcher] });
    for (const [i, { tensors }] of one.states.entries()) {
      for (const name of Object.keys(tensors))
        expect(bytes(last.states[i]?.tensors ?? {}, name)).toBe(bytes(tensors, name));
    }
    expect(history.epochs.map(({ loss }) => loss)).toEqual(usualHistory.epochs.map(({ loss }) => loss));
    const end = last.states.at(-1)?.tensors ?? {};
    const averages = Object.entries(end).flatMap(([name, { data }]) =>
      name.startsWith('extension/average/of/') ? [...data] : [],
    );
    expect(weightsOf(averaged).sort()).toEqual(averages.sort());
    expect(weightsOf(averaged)).not.toEqual(weightsOf(plain));
    // The validation of the last epoch is what the project answers with the weights that it was left with.
    const evaluation = await averaged.evaluate(rows);
    const measured = Object.entries(history.epochs.at(-1)?.validation?.metrics.age ?? {});
    expect(measured.length).toBeGreaterThan(1);
    for (const [metric, value] of measured) expect(relative(evaluation.value('age', metric), value)).toBeLessThan(1e-6);
    expect(await plain.evaluate(rows).then((others) => others.value('age', measured[0]?.[0] ?? ''))).not.toBe(
      measured[0]?.[1],
    );
  });

  test(`${engine}: two fits are one longer, to the bit, also with parts`, async () => {
    const options: FitOptions = { ...usual, engine, accumulate: 2, optimizer: adam({ learningRate: 0.05 }) };
    const [whole, parts] = [declared(), declared()];
    const expected = await whole.fit(rows, { ...options, validation: rows });
    await parts.fit(rows, { ...options, validation: rows, epochs: 1 });
    const history = await parts.fit(rows, { ...options, validation: rows, epochs: 3, continue: true });
    expect(weightsOf(parts)).toEqual(weightsOf(whole));
    expect(timeless(history)).toEqual(timeless(expected));
    expect(history.kept).toEqual(expected.kept);
    await expect(parts.fit(rows, { ...options, average: undefined, epochs: 1, continue: true })).rejects.toMatchObject({
      code: 'CANNOT_CONTINUE',
    });
  });
}

test('a decay lies between 0 and 1', async () => {
  for (const decay of [0, 1, -0.5, Number.NaN]) {
    await expect(declared().fit(rows, { ...usual, average: { decay } })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      path: 'fit.average.decay',
    });
  }
});

test('a fit of one task leaves all else as it was, to the bit', async () => {
  const project = declared();
  const options: FitOptions = { ...usual, engine: 'cpu', optimizer: adam({ learningRate: 0.05 }) };
  await project.fit(rows, options);
  const before = weightsOf(project);
  await project.fitTasks(['age'], rows, options);
  const changed = weightsOf(project).filter((value, i) => value !== before[i]).length;
  expect(changed).toBe(7); // its kernel and its bias
});
