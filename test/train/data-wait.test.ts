import { afterEach, expect, test, vi } from 'vitest';
import { bindTable } from '../../src/data/bind.js';
import { type Feed, tableFeed } from '../../src/data/feed.js';
import { createEngine } from '../../src/engine/select.js';
import { binary, type FitEvent, Project, sgd, vector } from '../../src/index.js';
import { buildNetwork } from '../../src/model/network.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { train } from '../../src/train/fit.js';
import type { FitState } from '../../src/train/state.js';

afterEach(() => vi.restoreAllMocks());

const { resolved, backbone } = new Project({
  name: 'waits',
  inputs: { x: vector({ columns: ['x'], standardise: false }) },
  tasks: { open: binary() },
}).flow('full', (task, x) => [task.open(x.features)]);

/** A clock that stands still but where it is told: the k-th batch of an epoch takes k s to come, a step 10, whoever looks at it 1000. */
async function fitted({ from = null, stop = null }: { from?: FitState | null; stop?: number | null } = {}) {
  let clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock * 1000);
  const layout = layoutOf(resolved);
  const rows = Array.from({ length: 20 }, (_, i) => ({ x: Math.sin(i), open: i % 2 === 0 }));
  const whole = tableFeed(bindTable(rows, layout), { batchSize: 5, seed: 1, mixesRows: false });
  const feed: Feed = {
    ...whole,
    async *batches(epoch, own) {
      for await (const batch of whole.batches(epoch, own)) {
        clock += batch.cursor.step;
        yield batch;
      }
    },
  };
  const learningRate = () => {
    clock += 10;
    return 0.1;
  };
  const shares: number[] = [];
  const on = (event: FitEvent, fit: { readonly stop: (why: 'aborted') => void }) => {
    if (event.kind !== 'step') return;
    clock += 1000;
    shares.push(event.dataWait);
    if (event.total === stop) fit.stop('aborted');
  };
  const network = buildNetwork({ flow: resolved, layout, backbone, seed: 3 });
  const kept: FitState[] = [];
  const history = await train(
    {
      ...{ network, layout, feed, epochs: 2, clipNorm: null, seed: 1, signal: null },
      engine: await createEngine('cpu'),
      optimizer: sgd({ learningRate }),
      watchers: [{ name: 'looks', on }],
      keep: ({ state }) => kept.push(state),
    },
    from,
  );
  network.dispose();
  return { history, shares, state: kept[0] ?? null };
}

const shareAfter = (step: number): number => {
  const waited = (step * (step + 1)) / 2;
  return waited / (waited + step * 10);
};

test('an epoch knows which share of the time of its steps they waited for rows; what watchers do is none of it', async () => {
  const { history, shares } = await fitted();
  expect(history.epochs.map(({ dataWait }) => dataWait)).toEqual([shareAfter(4), shareAfter(4)]); // 10 of 50
  expect(shares).toEqual([1, 2, 3, 4, 1, 2, 3, 4].map(shareAfter));
});

test('a fit that is stopped in the midst of an epoch says it of its part, and goes on counting from there', async () => {
  const { history, state } = await fitted({ stop: 6 });
  expect(history.partial?.dataWait).toBe(shareAfter(2));
  const rest = await fitted({ from: state });
  expect(rest.shares).toEqual([shareAfter(3), shareAfter(4)]);
  expect(rest.history.epochs[1]?.dataWait).toBe(shareAfter(4));
});
