/** @file What a case of the quality bench is: rows, inputs, tasks, and how each is measured. */
import {
  type binary,
  type FeatureRef,
  type InputSpecOf,
  Project,
  type Table,
  type TaskHandle,
  type TaskKind,
} from 'headgate';

/** Which training labels are left; see `hideLabels`. */
export const settings = ['full', 'half', 'tenth', 'one'] as const;
export type Setting = (typeof settings)[number];

export type MetricName = 'accuracy' | 'roc_auc' | 'r2';

export interface QualityTask {
  readonly kind: TaskKind;
  /** Greater is better, for each of them. */
  readonly metric: MetricName;
  /** The task counts only where this binary one is true, or false. */
  readonly given?: {
    readonly task: string;
    readonly holds: boolean;
    /** For labels that are there only because the condition held. */
    readonly whenUnknown?: 'include';
  };
}

export interface QualityCase {
  readonly name: string;
  readonly title: string;
  readonly inputs: Readonly<Record<string, InputSpecOf<string | null>>>;
  /** Conditions stand before what they are conditions of. */
  readonly tasks: Readonly<Record<string, QualityTask>>;
  /** Shares of the rows; what they leave is not used. */
  readonly shares: { readonly train: number; readonly test: number };
  /** The settings that it is measured in, where not in all of them: what takes long. */
  readonly settings?: readonly Setting[];
  /** Columns that scikit-learn's trees read in place of the inputs: categories as numbers, missing cells as such. */
  readonly treeColumns?: { readonly numbers: readonly string[]; readonly categories: readonly string[] };
  /**
   * All rows.
   *
   * @param data folder of the data that does not ship with this repository
   */
  readonly read: (data: string) => Promise<Table>;
}

/** The part of a project that the bench needs, whatever its tasks are. */
export type MeasuredProject = Pick<Project, 'fit' | 'evaluate' | 'dispose'>;

/**
 * A project of these tasks alone, by the defaults. A condition on a task that is not among them is left out: labels
 * then say by themselves which rows count (`countedLabels`).
 *
 * @param seed of the initial weights
 */
export function declare({ name, inputs, tasks }: QualityCase, names: readonly string[], seed: number): MeasuredProject {
  const kinds = Object.fromEntries(names.map((task) => [task, taskOf(tasks, task).kind]));
  return new Project({ name, inputs, tasks: kinds, seed }).flow('row', (task, x) => {
    // Which tasks there are is data here; all that is asked of a handle is whether a binary task holds.
    const calls = task as unknown as Readonly<Record<string, (feature: FeatureRef) => Handle>>;
    const made = new Map<string, Handle>();
    for (const one of names) {
      const { given } = taskOf(tasks, one);
      const condition = given && made.get(given.task);
      const handle = calls[one]?.(x.features);
      if (handle === undefined) throw new Error(`the project has no task "${one}"`);
      const options = { whenUnknown: given?.whenUnknown ?? 'exclude' } as const;
      made.set(one, condition ? handle.given(given.holds ? condition : condition.not(), options) : handle);
    }
    return [...made.values()];
  });
}

type Handle = TaskHandle<string, ReturnType<typeof binary>, unknown>;

export function taskOf(tasks: QualityCase['tasks'], name: string): QualityTask {
  const found = tasks[name];
  if (found === undefined) throw new Error(`there is no task "${name}"`);
  return found;
}
