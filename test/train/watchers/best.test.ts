import { expect, test } from 'vitest';
import type { EpochRecord, KeptEpoch } from '../../../src/train/history.js';
import type { Monitor } from '../../../src/train/monitor.js';
import { best } from '../../../src/train/watchers/best.js';
import type { FitControl, Watcher } from '../../../src/train/watchers/watcher.js';

const monitor = (direction: Monitor['direction'] = 'minimise', name = 'validation loss'): Monitor => ({
  name,
  direction,
  needs: null,
  read: ({ validation }) => validation?.tasks.open ?? null,
});

const record = (epoch: number, value: number | null | undefined): EpochRecord => ({
  epoch,
  loss: 1,
  tasks: { open: 1 },
  validation: value === undefined ? null : { loss: 0, tasks: { open: value }, metrics: { open: {} } },
  penalty: 0,
  weights: { open: 1 },
  learningRate: 0.1,
  seconds: 0,
  dataWait: 0,
});

function control(): { readonly kept: KeptEpoch[]; readonly stops: string[]; readonly fit: FitControl } {
  const never = (): never => {
    throw new Error('the watcher has no business with this');
  };
  const kept: KeptEpoch[] = [];
  const stops: string[] = [];
  const fit: FitControl = {
    stop: (reason) => void stops.push(reason),
    keep: async (epoch) => void kept.push(epoch),
    ...{ snapshot: never, publish: never, write: never, fold: never, measured: never, taskLoss: never, weights: [] },
  };
  return { kept, stops, fit };
}

/** Tells a watcher of epochs with these values until it stops the fit; undefined for an epoch without validation. */
async function tell(
  watcher: Watcher,
  values: readonly (number | null | undefined)[],
  first = 1,
): Promise<{ readonly kept: readonly number[]; readonly ended: number | null }> {
  const { kept, stops, fit } = control();
  for (const [i, value] of values.entries()) {
    await watcher.on({ kind: 'epoch', record: record(first + i, value) }, fit);
    if (stops.length > 0) return { kept: kept.map(({ epoch }) => epoch), ended: first + i };
  }
  return { kept: kept.map(({ epoch }) => epoch), ended: null };
}

const keeping = (patience: number | null = null, by = monitor()): Watcher =>
  best({ monitor: by, keeps: true, patience });

test('each epoch that is better than all before is kept, in the direction of what is monitored; of equals the first', async () => {
  const values = [3, 2, 2, 5, 1, 1];
  expect((await tell(keeping(), values)).kept).toEqual([1, 2, 5]);
  expect((await tell(keeping(null, monitor('maximise')), values)).kept).toEqual([1, 4]);
});

test('what is undefined or not finite is never the best', async () => {
  expect((await tell(keeping(), [Number.NaN, null, Number.NEGATIVE_INFINITY])).kept).toEqual([]);
  expect((await tell(keeping(), [null, Number.NaN, 7, Number.NaN, null, 8])).kept).toEqual([3]);
});

test('the epoch, the monitor and its value are handed over', async () => {
  const { kept, fit } = control();
  await keeping().on({ kind: 'epoch', record: record(4, 0.5) }, fit);
  expect(kept).toEqual([{ epoch: 4, monitor: 'validation loss', value: 0.5 }]);
});

test('where the last weights are kept, none are copied, and patience ends the fit all the same', async () => {
  const watcher = best({ monitor: monitor(), keeps: false, patience: 2 });
  expect(await tell(watcher, [3, 2, 4, 2, 1])).toEqual({ kept: [], ended: 4 });
});

test.each([
  [1, 2, [1, 1]],
  [2, 5, [3, 4, 2, 2, 2, 1]],
  [3, null, [3, 4, 4, 2, 2, 2]],
  [2, 2, [null, Number.NaN, 1]],
  [2, 5, [3, undefined, 4, undefined, 3]],
] as const)('patience of %d: ended after epoch %s of %j', async (patience, ended, values) => {
  expect((await tell(keeping(patience), values)).ended).toBe(ended);
});

test('saved and restored anywhere, it goes on as if it had not been', async () => {
  const values = [5, null, 4, 6, 6, 3, 7, 7, 7];
  const whole = await tell(keeping(3), values);
  expect(whole).toEqual({ kept: [1, 3, 6], ended: 9 });
  for (let cut = 0; cut < values.length; cut++) {
    const [first, second] = [keeping(3), keeping(3)];
    const before = await tell(first, values.slice(0, cut));
    second.restore?.(JSON.parse(JSON.stringify(first.save?.())));
    const after = await tell(second, values.slice(cut), cut + 1);
    expect({ kept: [...before.kept, ...after.kept], ended: after.ended }).toEqual(whole);
  }
});

test('of another monitor, or where nothing was kept, the best so far counts no more', async () => {
  const before = keeping();
  await tell(before, [1]);
  const other = keeping(null, monitor('minimise', 'open.rmse (given_truth)'));
  other.restore?.(before.save?.() ?? null);
  expect((await tell(other, [2], 2)).kept).toEqual([2]);

  const last = best({ monitor: monitor(), keeps: false, patience: 5 });
  await tell(last, [1]);
  const keeps = keeping();
  keeps.restore?.(last.save?.() ?? null);
  expect((await tell(keeps, [2], 2)).kept).toEqual([2]);
});

test('a fit that patience ended and that is continued has the whole patience again', async () => {
  const first = keeping(2);
  expect((await tell(first, [1, 2, 3])).ended).toBe(3);
  const second = keeping(2);
  second.restore?.(first.save?.() ?? null);
  expect(await tell(second, [1, 0.5, 4, 4], 4)).toEqual({ kept: [5], ended: 7 });
});

test('what another saved is refused', () => {
  expect(() => keeping().restore?.({ seen: 3 })).toThrow('best epoch');
});
