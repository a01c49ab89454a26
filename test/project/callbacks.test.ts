/** @file What a user's own functions may do while a verb runs: use the project, throw, and call verbs of their own. */
import { expect, test } from 'vitest';
import { adam, binary, type HeadgateError, Project, tf, vector } from '../../src/index.js';

const engine = 'cpu' as const;
const onNote = () => {};
const rows = Array.from({ length: 12 }, (_, i) => ({ x: [Math.sin(i), Math.cos(i)], open: Math.sin(i) > 0 }));
const quietly = { engine, progress: false, epochs: 2 } as const;

function declared(backbone: (x: tf.SymbolicTensor) => tf.SymbolicTensor = (x) => x) {
  return new Project({
    name: 'callbacks',
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks: { open: binary() },
    backbone: ({ x }) => ({ features: backbone(x) }),
    onNote,
  }).flow('full', (task, { features }) => [task.open(features)]);
}

/** Everything that decides what a project predicts. */
const predicted = async (project: ReturnType<typeof declared>) =>
  JSON.stringify(await project.predict(rows, { engine, probabilities: true }));
const codeOf = (running: Promise<unknown>) =>
  running.then(
    () => 'done',
    (error: HeadgateError) => error.code,
  );

test('a backbone that uses its own project is refused by name; afterwards the project works', async () => {
  const inner: unknown[] = [];
  let depth = 0;
  const project: ReturnType<typeof declared> = declared((x) => {
    if (depth++ > 0) return x;
    try {
      inner.push(project.model);
    } catch (error) {
      inner.push((error as HeadgateError).code);
    }
    inner.push(codeOf(project.predict(rows, { engine })), codeOf(project.save('/nowhere/at/all')));
    return x;
  });
  await project.predict(rows, { engine });
  expect(await Promise.all(inner)).toEqual(['PROJECT_BUSY', 'PROJECT_BUSY', 'PROJECT_BUSY']);
  expect(depth).toBe(1);
  expect(await predicted(project)).toBe(await predicted(declared()));
});

test('a backbone that throws is called again by the next verb', async () => {
  let calls = 0;
  const project = declared((x) => {
    if (calls++ === 0) throw new Error('not yet');
    return x;
  });
  await expect(project.predict(rows, { engine })).rejects.toThrow('not yet');
  expect(await predicted(project)).toBe(await predicted(declared()));
});

test('schedules, balancers and listeners that call verbs: readers read, what changes is refused, the fit is as it was', async () => {
  const alone = declared();
  await alone.fit(rows, { ...quietly, validation: rows, optimizer: adam({ learningRate: () => 0.01 }) });
  const project = declared();
  const called: Promise<string>[] = [];
  const verbs = () => {
    called.push(codeOf(project.fit(rows, quietly)), codeOf(project.tune(rows, { engine })));
    called.push(codeOf(project.predict(rows, { engine })), codeOf(project.evaluate(rows, { engine })));
  };
  await project.fit(rows, {
    ...quietly,
    validation: rows,
    optimizer: adam({
      learningRate: () => {
        verbs();
        return 0.01;
      },
    }),
    balance: {
      name: 'calls verbs',
      needs: 'losses',
      weights: () => {
        verbs();
        return {};
      },
    },
    onEpochEnd: async () => {
      verbs();
      await project.evaluate(rows, { engine });
    },
  });
  const codes = await Promise.all(called);
  expect(codes.length).toBeGreaterThanOrEqual(4 * (2 + 2 + 2)); // a step, a balancing and an end for each epoch
  codes.forEach((code, i) => {
    expect(code).toBe(i % 4 < 2 ? 'PROJECT_BUSY' : 'done');
  });
  expect(await predicted(project)).toBe(await predicted(alone));
});

test('what a watcher, a schedule or a balancer throws is the error of the fit, which can be called again', async () => {
  const throwing = {
    name: 'throws',
    on: ({ kind }: { readonly kind: string }) => {
      if (kind === 'step') throw new Error('watcher');
    },
  };
  const fail = (word: string) => () => {
    throw new Error(word);
  };
  const project = declared();
  await expect(project.fit(rows, { ...quietly, watchers: [throwing] })).rejects.toThrow('watcher');
  const schedule = adam({ learningRate: fail('schedule') });
  await expect(project.fit(rows, { ...quietly, optimizer: schedule })).rejects.toThrow('schedule');
  const balance = { name: 'throws', needs: 'losses', weights: fail('balancer') } as const;
  await expect(project.fit(rows, { ...quietly, balance })).rejects.toThrow('balancer');
  expect((await project.fit(rows, quietly)).ended).toBe('completed');
});

test('a listener may call verbs, whose own notes it hears, too', async () => {
  const heard: string[] = [];
  const inner: Promise<string>[] = [];
  const project: ReturnType<typeof declared> = declared();
  const listen = ({ code }: { readonly code: string }) => {
    if (heard.push(code) < 3) inner.push(codeOf(project.predict(rows, { engine, onNote: listen })));
  };
  await project.predict(rows, { engine, onNote: listen });
  expect(await Promise.all(inner)).toEqual(['done', 'done']);
  expect(heard).toEqual(['NEVER_TRAINED', 'NEVER_TRAINED', 'NEVER_TRAINED']);
});

test('thresholds are read, not changed, through what the project hands out', async () => {
  const project = declared();
  const before = await predicted(project);
  const given = project.thresholds as Map<string, readonly number[]>; // as from JavaScript
  given.set('open', [2]).delete('open');
  expect([...project.thresholds]).toEqual([['open', [0.5]]]);
  expect(await predicted(project)).toBe(before);
});

test('two projects that share a pretrained layer may be fit at once: each as it says, the layer whole', async () => {
  const shared = tf.layers.dense({ units: 3, name: 'shared' });
  const backbone = (x: tf.SymbolicTensor) => shared.apply(x) as tf.SymbolicTensor;
  const [one, other] = [declared(backbone), declared(backbone)];
  await Promise.all([one.predict(rows, { engine }), other.predict(rows, { engine })]);
  const ended = await Promise.all([one.fit(rows, quietly), other.fit(rows, { ...quietly, seed: 3 })]);
  expect(ended.map((history) => history.ended)).toEqual(['completed', 'completed']);
  // The layer is one: what both predict is by its weights of now, whoever was the last to write them.
  for (const project of [one, other]) {
    const [x] = [tf.tensor2d(rows.map((row) => row.x))];
    const logits = tf.tidy(() => [...(project.model.predict(x) as tf.Tensor).dataSync()]);
    x.dispose();
    const given = await project.predict(rows, { engine, probabilities: true });
    given.forEach(({ open }, i) => {
      expect(open?.probability).toBeCloseTo(1 / (1 + Math.exp(-(logits[i] as number))), 5);
    });
  }
});

test('a fit waits for watchers, also for a promise that is not of this language', async () => {
  const order: string[] = [];
  const watcher = (name: string, answer: () => unknown) => ({
    name,
    on: ({ kind }: { readonly kind: string }) => (kind === 'epoch' ? answer() : undefined),
  });
  const slow = watcher('slow', () => ({
    // biome-ignore lint/suspicious/noThenProperty: what a promise of another library is
    then: (done: () => void) =>
      setTimeout(() => {
        order.push('slow');
        done();
      }, 20),
  }));
  await declared().fit(rows, {
    ...quietly,
    watchers: [slow, watcher('next', () => void order.push('next'))],
  });
  expect(order).toEqual(['slow', 'next', 'slow', 'next']);
});
