/** @file What a fit may move, where that is not everything: some tasks alone, some elements alone. */
import type { HostTensor } from '../engine/engine.js';
import type { Extension } from '../model/extension.js';
import type { NetworkTensor } from '../model/tensors.js';

export interface Focus {
  /** Indices in flow order of the tasks that are trained. */
  readonly tasks: ReadonlySet<number>;
  /** Tensors that stay as they are, to the bit. */
  readonly resting: ReadonlySet<string>;
  /** By tensor: 1 for the elements that may move; the others stay as they are, to the bit. */
  readonly open: ReadonlyMap<string, Uint8Array>;
}

/** Begins the names of its tensors in the state. */
export const focusPrefix = 'extension/focus/';

/** Keeps elements as they are, with their moments; none where whole tensors rest only. */
export function focusExtensions(focus: Focus | null, tensors: readonly NetworkTensor[]): readonly Extension[] {
  if (focus === null || focus.open.size === 0) return [];
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  const masks = [...focus.open].map(([name, values]): [string, HostTensor] => {
    const shape = shapes.get(name);
    if (shape === undefined) throw new Error(`the network has no tensor ${name}`);
    return [name, { shape, dtype: 'float32', data: Float32Array.from(values) }];
  });
  return [
    {
      name: 'focus',
      tensors: Object.fromEntries(masks),
      gate: (name, open, own) => (own[name] === undefined ? open : own[name].mul(open)),
    },
  ];
}
