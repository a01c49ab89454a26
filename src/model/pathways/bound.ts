/** @file A pathway as the network binds it: which tasks see the backbone through which masks. */

/** Zeros and ones by name of the backbone's tensor, an element each. */
export type ElementMasks = ReadonlyMap<string, Uint8Array>;

export interface BoundPathway {
  readonly name: string;
  /** Indices in flow order. A task is in one pathway at most; tasks in none see the backbone as it is. */
  readonly tasks: readonly number[];
  /** Elements that its tasks see; the others are 0 to them. A tensor that is not named is seen whole. */
  readonly reads: ElementMasks;
  /** Of what they see, the elements that they train. A tensor that is not named: all that they see. */
  readonly trains: ElementMasks;
  /** 1 for each unit of the backbone that is in it, where it consists of whole units; else null. */
  readonly units: Uint8Array | null;
  /** Tensors of the backbone (biases, scales, moving averages) of which it has one of its own. */
  readonly copies: readonly string[];
}

/** The state's name of a pathway's own tensor. */
export const copyName = (pathway: string, tensor: string): string => `pathway/${pathway}/${tensor}`;

/** The state's name of the tensor that tasks without a pathway have of their own. */
export const wholeName = (tensor: string): string => `${wholePrefix}${tensor}`;

/** Begins the names of what tasks without a pathway have of their own. */
export const wholePrefix = 'whole/';

/** Pathways of units without tensors of their own: one forward pass computes them all. */
export const isMerged = ({ units, copies }: Pick<BoundPathway, 'copies'> & { readonly units: unknown }): boolean =>
  units !== null && copies.length === 0;

/** The state's name of what a pathway reads of a tensor. */
export const readsName = (pathway: string, tensor: string): string => `mask/reads/${pathway}/${tensor}`;

/** The state's name of what a pathway trains of a tensor, where it is less. */
export const trainsName = (pathway: string, tensor: string): string => `mask/trains/${pathway}/${tensor}`;

/** The state's name of the one mask through which everybody reads a tensor. */
export const storedName = (tensor: string): string => `mask/all/${tensor}`;
