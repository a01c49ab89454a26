/** @file Pathways as files have them. */
import type { Mask } from '../pathways/masks/mask.js';

/** A pathway as files have it: units by the name of the group that they are in. */
export interface SavedPathway {
  readonly name: string;
  readonly tasks: readonly string[];
  readonly copies: readonly string[];
  readonly reads: ReadonlyMap<string, Mask>;
  readonly trains: ReadonlyMap<string, Mask>;
  readonly units: ReadonlyMap<string, Mask> | null;
}

export interface SavedPathways {
  readonly list: readonly SavedPathway[];
  /** By parameter of which somebody sees only some: what anybody sees. */
  readonly live: ReadonlyMap<string, Mask>;
}
