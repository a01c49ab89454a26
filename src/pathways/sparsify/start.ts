/** @file What pathways begin with that are pruned step by step: everything that they may have. */
import type { Flow } from '../../flow/flow.js';
import type { Network } from '../../model/network.js';
import type { HeldTensor } from '../../model/tensors.js';
import { permutation } from '../../random.js';
import { kernelsOf, kernelsRead, vectorsOf, withoutUnread } from '../assign/assign.js';
import type { Settings } from '../assign/settings.js';
import { exhausted, marked } from '../assign/weights.js';
import { packMask } from '../masks/mask.js';
import type { Pathway } from '../pathway.js';
import { type Reach, reachOf } from '../reach.js';
import { randomScores } from '../score/criteria.js';
import { erdosRenyiKernel } from '../select/budgets.js';
import { nOfM } from '../select/lanes.js';
import { sizeOf } from '../shape.js';
import { finalSparsity } from './require-schedule.js';

/**
 * Each pathway has all of each kernel. Exclusive ones share them out: each weight (block, place in a group of M) goes to one
 * of them by chance, a function of the seed, so that all have as many, give or take one.
 *
 * @param ways by name, paths of their tasks
 * @throws HeadgateError `NOTHING_TO_MASK`; `CAPACITY_EXHAUSTED` where exclusive pathways are to end with more than a share
 */
export function startingPathways(
  network: Pick<Network, 'held'>,
  flow: Pick<Flow, 'tasks'>,
  ways: ReadonlyMap<string, readonly string[]>,
  settings: Settings,
): readonly Pathway[] {
  const kernels = kernelsOf(network, settings);
  const reaches = new Map([...ways].map(([name, tasks]) => [name, reachOf(tasks, flow)]));
  for (const [name, isRead] of reaches) kernelsRead(name, kernels, isRead);
  const masks = new Map(kernels.map((kernel) => [kernel.name, masksOf(kernel, reaches, kernels, settings)]));
  return [...ways].map(([name, tasks]): Pathway => {
    const isRead = reaches.get(name) as Reach; // one each
    const reads = new Map(
      [...masks].flatMap(([kernel, own]) => {
        const mask = own.get(name);
        return mask === undefined ? [] : [[kernel, mask] as const];
      }),
    );
    const copies = vectorsOf(network, isRead);
    return withoutUnread({ name, tasks, reads, trains: new Map(), units: null, copies }, kernels);
  });
}

/** What each pathway that reads a kernel begins with. */
function masksOf(
  kernel: HeldTensor,
  reaches: ReadonlyMap<string, Reach>,
  kernels: readonly HeldTensor[],
  settings: Settings,
): ReadonlyMap<string, Uint8Array> {
  const names = [...reaches].flatMap(([name, isRead]) => (isRead(kernel) ? [name] : []));
  const isShared = settings.exclusive && names.length > 1;
  if (isShared) requireShares(names, kernel, kernels, settings);
  const shares = isShared ? sharesOf(kernel, names.length, settings) : [];
  return new Map(names.map((name, i) => [name, shares[i] ?? new Uint8Array(sizeOf(kernel.shape)).fill(1)]));
}

function requireShares(
  names: readonly string[],
  { name }: HeldTensor,
  kernels: readonly HeldTensor[],
  settings: Settings,
): void {
  const { granularity, scope } = settings;
  const density = 1 - finalSparsity(settings);
  const isPattern = typeof granularity === 'object' && 'keep' in granularity;
  const share = isPattern ? Math.floor(granularity.of / names.length) / granularity.of : 1 / names.length;
  const shapes = new Map(kernels.map((kernel) => [kernel.name, kernel.shape]));
  const densities = scope === 'erk' && granularity === 'weight' ? erdosRenyiKernel(shapes, density) : new Map();
  const wanted = densities.get(name) ?? density;
  if (wanted <= share + 1e-9) return;
  const [last = ''] = names.slice(-1);
  throw exhausted(last, name, `a share of ${wanted.toFixed(3)}`, `${share.toFixed(3)} for each of ${names.length}`);
}

/** For each of `count` pathways, 1 for its elements. */
function sharesOf({ name, shape }: HeldTensor, count: number, settings: Settings): readonly Uint8Array[] {
  const { granularity, seed } = settings;
  const size = sizeOf(shape);
  if (typeof granularity === 'object' && 'keep' in granularity) {
    const { of } = granularity;
    const scores = randomScores(shape, seed);
    const taken = new Uint8Array(size);
    return Array.from({ length: count }, () => {
      const allowed = packMask(
        name,
        shape,
        taken.map((value) => 1 - value),
      );
      const own = marked(size, nOfM(scores, shape, { keep: Math.floor(of / count), of, axis: -2, allowed }));
      own.forEach((value, i) => {
        if (value === 1) taken[i] = 1;
      });
      return own;
    });
  }
  const columns = shape.at(-1) ?? 1;
  const [height, width] = typeof granularity === 'object' ? granularity.block : [1, 1];
  const across = Math.ceil(columns / width);
  const pieces = across * Math.ceil(size / columns / height);
  const order = permutation(pieces, { seed, stream: `share out/${name}`, counter: 0 });
  const owner = new Uint32Array(pieces);
  order.forEach((piece, i) => {
    owner[piece] = i % count;
  });
  const pieceOf = (i: number): number =>
    Math.floor(Math.floor(i / columns) / height) * across + Math.floor((i % columns) / width);
  return Array.from({ length: count }, (_, place) =>
    Uint8Array.from({ length: size }, (__, i) => (owner[pieceOf(i)] === place ? 1 : 0)),
  );
}
