/** @file Uncertainty weighting in fits: what records say, missing labels, going on to the bit, and what is refused. */
import { expect, test } from 'vitest';
import { type FitOptions, type FitState, uncertainty, type Watcher } from '../../../src/index.js';
import { timeless } from '../run-in-parts.js';
import { bytesOf, declare, declared, options, rows, withSpare } from './balanced-project.js';

const S = 'balance/uncertainty';

/** Declared weight × exp(−s): the state has the tasks of one kind together. */
function weightsIn(state: FitState | undefined): Record<string, number> {
  const s = [...(state?.tensors[S]?.data ?? [])].map(Number);
  expect(s).toHaveLength(3);
  const places = ['age', 'spare', 'open'];
  return Object.fromEntries(places.map((path, i) => [path, (declared[path] ?? 0) * Math.exp(-(s[i] ?? Number.NaN))]));
}

/** Ends the fit after this many steps of the run. */
function stopAt(total: number): Pick<FitOptions, 'signal' | 'watchers'> {
  const controller = new AbortController();
  const on: Watcher['on'] = (event) => event.kind === 'step' && event.total === total && controller.abort();
  return { signal: controller.signal, watchers: [{ name: 'stop', on }] };
}

for (const engine of ['cpu', 'onnx'] as const) {
  test(`${engine}: parts are the whole, between epochs, within one and after each step of an epoch`, async () => {
    const given = { ...options, engine, balance: uncertainty(), validation: withSpare };
    const whole = declare();
    const states: FitState[] = [];
    const look: Watcher = {
      name: 'look',
      on: async (event, fit) => event.kind === 'epoch' && states.push(await fit.snapshot()),
    };
    const history = await whole.fit(withSpare, { ...given, epochs: 4, watchers: [look] });
    for (const [epoch, { weights, loss, tasks, validation }] of history.epochs.entries()) {
      expect(weights, `epoch ${epoch + 1}`).toEqual(weightsIn(states[epoch]));
      const total = (of: object) =>
        Object.entries(weights).reduce((sum, [path, one]) => sum + one * (Reflect.get(of, path) ?? 0), 0);
      expect(loss).toBeCloseTo(total(tasks), 10);
      expect(validation?.loss).toBeCloseTo(total(validation?.tasks ?? {}), 10);
      expect(validation?.tasks.spare).toBeGreaterThan(0);
    }
    expect(new Set(history.epochs.map(({ weights }) => weights.age)).size).toBe(4);

    for (const stop of [5, 10, 11, 12, 13, 14, 15]) {
      const parts = declare();
      const first = await parts.fit(withSpare, { ...given, epochs: 4, ...stopAt(stop) });
      expect([first.ended, first.steps]).toEqual(['aborted', stop]);
      const second = await parts.fit(withSpare, { ...given, epochs: 4 - Math.floor(stop / 5), continue: true });
      expect(timeless(second), `after ${stop}`).toEqual(timeless(history));
      expect(bytesOf(parts.model), `after ${stop}`).toEqual(bytesOf(whole.model));
    }
  });
}

test('a task without labels keeps its number to the bit; when they come, it moves', async () => {
  const own = declare();
  const given = { ...options, engine: 'cpu', balance: uncertainty() } as const;
  const alone = await own.fit(rows, { ...given, epochs: 2 });
  expect(alone.epochs.map(({ weights }) => weights.spare)).toEqual([3, 3]);
  expect(alone.epochs[1]?.weights.open).not.toBe(1);
  const joined = await own.fit(withSpare, { ...given, epochs: 1, continue: true });
  expect(joined.epochs[2]?.weights.spare).not.toBe(3);
});

test('a partial epoch has the weights of its last step', async () => {
  const states: FitState[] = [];
  const { signal, watchers = [] } = stopAt(7);
  const look: Watcher = {
    name: 'look',
    on: async (event, fit) => event.kind === 'step' && states.push(await fit.snapshot()),
  };
  const given = { ...options, engine: 'cpu', balance: uncertainty(), epochs: 3, signal } as const;
  const { partial } = await declare().fit(withSpare, { ...given, watchers: [...watchers, look] });
  expect([partial?.epoch, partial?.steps, states.length]).toEqual([2, 2, 7]);
  expect(partial?.weights).toEqual(weightsIn(states.at(-1)));
});

test('what was learnt in the step is part of the run: without it, a fit cannot go on', async () => {
  const own = declare();
  const given = { ...options, engine: 'cpu', epochs: 1 } as const;
  await own.fit(withSpare, { ...given, balance: uncertainty() });
  await expect(own.fit(withSpare, { ...given, continue: true })).rejects.toMatchObject({
    code: 'CANNOT_CONTINUE',
    path: expect.stringContaining(S),
    received: 'none',
  });
  await own.fit(withSpare, given);
  await expect(own.fit(withSpare, { ...given, balance: uncertainty(), continue: true })).rejects.toMatchObject({
    code: 'CANNOT_CONTINUE',
    path: expect.stringContaining(S),
  });
});

test('a balancer of the step without its functions is refused', async () => {
  const balance = { name: 'mine', needs: 'step', factors: () => 1 } as never; // as from JavaScript
  await expect(declare().fit(withSpare, { ...options, engine: 'cpu', epochs: 1, balance })).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'fit.balance',
  });
});

test('factors that are no float32 end the fit, and the error names the weights', async () => {
  const balance = { ...uncertainty(), initial: -200 };
  for (const engine of ['cpu', 'onnx'] as const) {
    await expect(declare().fit(withSpare, { ...options, engine, epochs: 1, balance })).rejects.toMatchObject({
      code: 'NON_FINITE_LOSS',
      path: 'weights',
    });
  }
});

test('tasks that are not trained keep their numbers', async () => {
  const own = declare();
  const states: FitState[] = [];
  const on: Watcher['on'] = async (event, fit) => event.kind === 'epoch' && states.push(await fit.snapshot());
  const given = { ...options, engine: 'cpu', epochs: 1, watchers: [{ name: 'look', on }] } as const;
  await own.fitTasks(['age'], withSpare, { ...given, balance: uncertainty() });
  const [age = 0, spare, open] = [...(states[0]?.tensors[S]?.data ?? [])].map(Number);
  expect([age === 0, spare, open]).toEqual([false, 0, 0]);
});
