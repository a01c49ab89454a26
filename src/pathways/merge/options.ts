/** @file The ways to merge models, each with what it needs. A new one does not compile until all who ask answer for it. */

/**
 * Importance of each element, by parameter, row-major, of 0 or more. Parameters that no model's map names are merged by
 * their plain mean.
 */
export type Importances = Readonly<Record<string, ArrayLike<number>>>;

/**
 * @typeParam Base what stands for the model that all were trained from
 * @typeParam Selected what stands for the elements of a parameter that are selected
 */
export type Merge<Base, Selected> =
  /** The mean of all models. */
  | { readonly method: 'average' }
  /** Their mean by these weights, one a model, the first model's first; only their ratios count. */
  | { readonly method: 'weighted'; readonly weights: readonly number[] }
  /** Each element's mean by its importance in each model; its plain mean where all importances are 0. */
  | { readonly method: 'importance-weighted'; readonly importances: readonly Importances[] }
  /**
   * The same where an importance is the diagonal of a model's Fisher information (Matena and Raffel, "Merging models with
   * Fisher-weighted averaging", NeurIPS 2022), times a weight a model.
   */
  | {
      readonly method: 'fisher-weighted';
      readonly importances: readonly Importances[];
      /** Default: all 1. */
      readonly weights?: readonly number[] | undefined;
    }
  /**
   * Each element's mean by the rank of its importance within its parameter, 1 the least. Of every model but the first, ranks
   * below `zero` · (number of elements) count as 0: what matters little there leaves the first model as it is.
   */
  | {
      readonly method: 'rank-weighted';
      readonly importances: readonly Importances[];
      /** From 0 to 1. Default 0. */
      readonly zero?: number | undefined;
    }
  /** base + Σ scale · (model − base) (Ilharco et al., "Editing models with task arithmetic", ICLR 2023). */
  | {
      readonly method: 'task-arithmetic';
      readonly base: Base;
      /** One for all, or one a model; negative ones forget. Default 1. */
      readonly scale?: number | readonly number[] | undefined;
    }
  /**
   * base + scale · the mean of those changes that agree with the elected sign, of each model's largest changes alone (Yadav
   * et al., "TIES-merging", NeurIPS 2023).
   */
  | {
      readonly method: 'ties';
      readonly base: Base;
      /** Share of its changes that each model keeps, over all parameters together. Default 0.2. */
      readonly density?: number | undefined;
      /** Default 1. */
      readonly scale?: number | undefined;
    }
  /**
   * Each change is dropped by chance and the others made up for it, then the changes are combined (Yu et al., "Language models
   * are super Mario", ICML 2024).
   */
  | {
      readonly method: 'dare';
      readonly base: Base;
      /** Chance of a change to be dropped, from 0 and below 1. Default 0.9. */
      readonly drop?: number | undefined;
      /** Default 0. */
      readonly seed?: number | undefined;
      /** Their mean, or their sum. Default `average`. */
      readonly combine?: 'average' | 'task-arithmetic' | undefined;
      /** Multiplies what is added to the base. Default 1. */
      readonly scale?: number | undefined;
    }
  /**
   * From the first of two models to the second along the arc between them, parameter by parameter (Shoemake, "Animating
   * rotation with quaternion curves", SIGGRAPH 1985).
   */
  | {
      readonly method: 'slerp';
      /** 0 the first, 1 the second, both to the bit. */
      readonly t: number;
    }
  /** The first of two models, with the second's values where a mask selects; parameters without a mask stay. */
  | { readonly method: 'replace'; readonly masks: Readonly<Record<string, Selected>> };

export type MergeMethodName = Merge<unknown, unknown>['method'];
