/** @file A signal ends a search after the step that is running: what is given then, and what the project has. */
import { expect, test } from 'vitest';
import { adam, adamW, type SparsestOptions } from '../../../src/index.js';
import { firstLogits } from '../../../src/pathways/unit-masks/gumbel.js';
import { asked, quiet, rows, silent, type Three, three } from './ways.js';

const train = rows.slice(0, 64);
const validation = rows.slice(64);

async function trained(): Promise<Three> {
  const project = three();
  await project.fit(train, { ...quiet, epochs: 30, optimizer: adam({ learningRate: 0.02 }) });
  return project;
}

/** A signal that has fired when it is asked for the time after `asks`: once before each epoch, once before each step. */
function firesAfter(asks: number): AbortSignal {
  const { signal } = new AbortController();
  let asked = 0;
  Object.defineProperty(signal, 'aborted', { get: () => ++asked > asks });
  return signal;
}

const masks = { ...asked, tasks: ['size'], batchSize: 16, learningRate: 0.05, seed: 3 } as const;

test.each(['cpu', 'onnx', 'wasm'] as const)(
  '%s: unitMasks that end after an epoch are those of one epoch',
  async (engine) => {
    const project = await trained();
    const whole = await project.pathways.unitMasks(train, { ...masks, engine, epochs: 1 });
    const ended = await project.pathways.unitMasks(train, { ...masks, engine, epochs: 5, signal: firesAfter(5) });
    expect(whole).toMatchObject({ ended: 'completed', steps: 4, partial: null });
    expect(ended).toMatchObject({ ended: 'aborted', steps: 4, partial: null });
    expect([ended.logits, ended.history, ended.metrics]).toEqual([whole.logits, whole.history, whole.metrics]);
    expect(String(ended).split('\n')[0]).toBe(`${String(whole).split('\n')[0]}, aborted`);
    project.dispose();
  },
);

test('unitMasks that end within an epoch say after how many of its steps; the steps are those of a longer run', async () => {
  const project = await trained();
  const was = project.weights();
  const whole = await project.pathways.unitMasks(train, { ...masks, epochs: 2 });
  const ended = await project.pathways.unitMasks(train, { ...masks, epochs: 2, signal: firesAfter(9) });
  const again = await project.pathways.unitMasks(train, { ...masks, epochs: 7, signal: firesAfter(9) });
  expect(ended).toMatchObject({ ended: 'aborted', steps: 7, partial: { epoch: 2, steps: 3 } });
  expect(ended.history).toEqual(whole.history.slice(0, 1));
  expect(again.logits).toEqual(ended.logits);
  expect(ended.logits).not.toEqual(whole.logits);
  expect(project.weights()).toEqual(was);
  project.dispose();
});

test('a signal that has fired before: no step, and the first logits are measured', async () => {
  const project = await trained();
  const found = await project.pathways.unitMasks(train, { ...masks, signal: AbortSignal.abort() });
  expect(found).toMatchObject({ ended: 'aborted', steps: 0, history: [], partial: null });
  const free = found.logits.filter(Number.isFinite);
  expect(free).toEqual(firstLogits(free.length, 0.9, masks.seed));
  expect(found.metrics.length).toBeGreaterThan(0);
  project.dispose();
});

test('timers get their turn also on an engine that computes in this thread', async () => {
  const project = await trained();
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  const found = await project.pathways.unitMasks(train, { ...masks, epochs: 100_000, signal: controller.signal });
  expect(found.ended).toBe('aborted');
  project.dispose();
});

/** Weights, and who sees what of them. */
const stateOf = (project: Three) => [project.weights(), project.pathways.list];

const search: SparsestOptions = { ...asked, validation, budget: 10, least: 0.3, epochs: 3 };

/** Fires in the step of this number, over all tries. */
function firing(at: number) {
  const controller = new AbortController();
  let steps = 0;
  const learningRate = () => {
    if (++steps === at) controller.abort();
    return 0.01;
  };
  return { signal: controller.signal, optimizer: adamW({ learningRate }), taken: () => steps };
}

test.each([
  ['in the first step of the second try', 7],
  ['in the last but one of the second try', 11],
])('sparsest that ends %s has the first', async (_, at) => {
  const [project, twin] = [await trained(), await trained()];
  const { taken, ...options } = firing(at);
  const result = await project.pathways.sparsest(train, { ...search, ...options });
  const one = await twin.pathways.sparsest(train, { ...search, most: 0.3, optimizer: firing(-1).optimizer });
  expect(taken()).toBe(at);
  expect([result.ended, one.ended]).toEqual(['aborted', 'completed']);
  expect(result.tries).toEqual(one.tries);
  expect(result.best).toBe(result.tries[0]);
  expect(stateOf(project)).toEqual(stateOf(twin));
  expect(String(result)).toMatch(/kept sparsity 0\.\d+ \(the bar is [\d.]+\); aborted$/);
});

const { taken: _, ...early } = firing(2);

test.each([
  ['before', { signal: AbortSignal.abort() }],
  ['in the first try', early],
])('sparsest that ends %s leaves the project as it was, and what can be continued', async (_name, given) => {
  const [project, twin] = [await trained(), await trained()];
  const was = stateOf(project);
  const result = await project.pathways.sparsest(train, { ...search, ...given });
  expect(result).toMatchObject({ tries: [], best: null, ended: 'aborted' });
  expect(String(result)).toContain('none was tried: the project is as it was');
  expect(stateOf(project)).toEqual(was);
  const more = { ...quiet, ...silent, epochs: 1, optimizer: adam({ learningRate: 0.02 }), continue: true } as const;
  for (const one of [project, twin]) await one.fit(train, more);
  expect(project.weights()).toEqual(twin.weights());
});

test('a signal that fires in the last step of the last try does not undo it', async () => {
  const project = await trained();
  const { taken, ...options } = firing(6);
  const result = await project.pathways.sparsest(train, { ...search, most: 0.3, ...options });
  expect([result.ended, result.tries.length, taken()]).toEqual(['completed', 1, 6]);
  expect(result.best).toBe(result.tries[0]);
});
