/** @file The tensors of a network with pathways: the layers' own, those that pathways have of their own, and masks. */
import type { HostTensor, HostTensors } from '../../engine/engine.js';
import type { FusedHead } from '../heads.js';
import { valueIn } from '../store.js';
import { type HeldTensor, ownersOf } from '../tensors.js';
import type { UnitGraph } from '../units/graph.js';
import type { BoundPathway } from './bound.js';
import { HostVariable } from './host-variable.js';
import type { Lane } from './lanes.js';
import { type LanePlan, planLanes } from './plan.js';

export interface BoundTensors {
  readonly lanes: readonly Lane[];
  /** The layers' tensors, with their owners and masks. */
  readonly backbone: readonly HeldTensor[];
  readonly heads: readonly HeldTensor[];
  /** Those that pathways have of their own. */
  readonly copies: readonly HeldTensor[];
  /** These and the masks. */
  readonly others: readonly HeldTensor[];
  readonly dispose: () => void;
}

interface BindFacts {
  readonly backbone: readonly HeldTensor[];
  readonly heads: readonly FusedHead[];
  /** Number of tasks. */
  readonly tasks: number;
  readonly units: () => UnitGraph;
  /** True where the masks will change while the network is bound. */
  readonly apart: boolean;
}

/** To be called on the cpu backend. It changes no value of the layers: see `withoutUnseen`. */
export function bindPathways(facts: BindFacts, pathways: readonly BoundPathway[], values: HostTensors): BoundTensors {
  const heads = facts.heads.flatMap((head) => head.tensors);
  const hasUnits = pathways.some(({ units }) => units !== null);
  const plan = planLanes({
    ...{ pathways, heads, tasks: facts.tasks, trunk: facts.backbone, apart: facts.apart },
    units: hasUnits ? facts.units() : null,
  });
  const copies = [...plan.copies].map(([name, { of, owners }]): HeldTensor => {
    const base = found(facts.backbone, of);
    const isRead = ownersOf(owners).length > 0; // not where its tasks read another feature
    return {
      ...{ name, owners, shape: base.shape, dtype: base.dtype, role: base.role, part: base.part, mask: null },
      get trainable() {
        return base.trainable && isRead;
      },
      variable: new HostVariable(name, values[name] ?? hostOf(base)),
      constraint: base.constraint,
    };
  });
  const masks = [...plan.masks].map(([name, mask]) => maskTensor(name, mask));
  const others = [...copies, ...masks];
  return {
    lanes: plan.lanes,
    backbone: facts.backbone.map((tensor) => planned(tensor, plan)),
    heads: heads.map((tensor) => planned(tensor, plan)),
    ...{ copies, others },
    dispose: () => {
      for (const { variable } of others) if (variable instanceof HostVariable) variable.dispose();
    },
  };
}

/** The values with 0 where their masks are, of tensors that have one: what nobody sees. */
export function withoutUnseen(tensors: readonly Pick<HeldTensor, 'name' | 'mask'>[], values: HostTensors): HostTensors {
  const next: Record<string, HostTensor> = { ...values };
  for (const { name, mask } of tensors) {
    const value = values[name];
    const zeros = mask === null ? undefined : values[mask];
    if (value === undefined || zeros === undefined) continue;
    next[name] = { ...value, data: Float32Array.from(value.data, (own, i) => (zeros.data[i] === 1 ? own : 0)) };
  }
  return next;
}

function planned(tensor: HeldTensor, { tensors }: LanePlan): HeldTensor {
  const { owners, mask } = tensors.get(tensor.name) ?? tensor;
  const { name, shape, dtype, role, part, variable, constraint } = tensor;
  const isRead = ownersOf(owners).length > 0;
  return {
    ...{ name, shape, dtype, role, part, variable, constraint, owners, mask },
    get trainable() {
      return tensor.trainable && isRead;
    },
  };
}

function maskTensor(
  name: string,
  { shape, values }: { readonly shape: readonly number[]; readonly values: Uint8Array },
) {
  const value: HostTensor = { shape, dtype: 'float32', data: Float32Array.from(values) };
  return {
    ...{
      name,
      shape,
      dtype: 'float32',
      role: 'mask',
      trainable: false,
      part: 'backbone',
      mask: null,
      constraint: null,
    },
    owners: { by: 'tasks', tasks: [] },
    variable: new HostVariable(name, value),
  } satisfies HeldTensor;
}

function hostOf(tensor: HeldTensor): HostTensor {
  const value = valueIn(tensor);
  return { shape: value.shape, dtype: tensor.dtype, data: value.dataSync<'float32'>().slice() };
}

function found(tensors: readonly HeldTensor[], name: string): HeldTensor {
  const tensor = tensors.find((one) => one.name === name);
  if (tensor === undefined) throw new Error(`the backbone has no tensor ${name}`);
  return tensor;
}
