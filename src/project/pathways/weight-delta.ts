/** @file A delta as its user has it: what changes and how large it is. Its values are kept apart, where nobody changes them. */
import { createHash } from 'node:crypto';
import type { SavedDelta } from '../../deploy/delta-folder.js';
import { valuesBytes } from '../../deploy/delta-folder.js';
import { formatNumber } from '../../evaluate/text-table.js';
import type { Change } from '../../pathways/delta/delta.js';
import { sizeOf } from '../../pathways/shape.js';
import { padLeft, padRight, shortenAll, visible } from '../../text.js';
import { folderPath } from '../options/folder.js';

/** What of one parameter changes. */
export interface DeltaParameter {
  readonly name: string;
  /** Its values, all of them. */
  readonly values: number;
  /** Of these, those that change. */
  readonly changed: number;
}

/** Values that a tuned model has in place of its base's. */
export interface WeightDelta {
  /** Name of the project that it was made of. */
  readonly project: string;
  /** SHA-256 of the weights that it was made over, with what was learnt of the data and the pathways. */
  readonly base: string;
  /** Paths of the tasks that it is limited to; null for all. */
  readonly tasks: readonly string[] | null;
  /** Those that change, by name. */
  readonly parameters: readonly DeltaParameter[];
  /** Values that change, of those of all changed parameters. */
  readonly changed: number;
  /** Of the file with places and values. */
  readonly bytes: number;
  /** By task path, thresholds that it brings: those that differ from the base's. */
  readonly thresholds: ReadonlyMap<string, readonly number[]>;
  /** Flat places, ascending, and the values there, of a parameter; copies. Null where nothing of it changes. */
  readonly change: (parameter: string) => { readonly indices: Uint32Array; readonly values: Change['values'] } | null;
  /**
   * Writes it into a folder of its own, replacing a delta that is there: all or nothing.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `NOT_A_MODEL_FOLDER`, `SAVE_FAILED`, `FILE_TOO_LARGE`
   */
  readonly save: (folder: string) => Promise<void>;
  /** A table, at most 80 columns wide. */
  readonly toString: () => string;
  readonly print: () => void;
}

export interface Kept extends SavedDelta {
  /** The same for deltas that change the same. */
  readonly id: string;
}

/** What is in here was made by `weightDelta`. */
const kept = new WeakMap<WeightDelta, Kept>();

/** Undefined for what is none. */
export function contentsOf(given: unknown): Kept | undefined {
  return typeof given === 'object' && given !== null ? kept.get(given as WeightDelta) : undefined; // a key of any kind
}

export function weightDelta(saved: SavedDelta): WeightDelta {
  const { project, base, tasks, changes } = saved;
  const bytes = valuesBytes(changes);
  const sorted = Object.entries(changes).sort(([a], [b]) => (a < b ? -1 : 1)); // files have orders of their own
  const parameters = sorted.map(([name, { shape, indices }]) =>
    Object.freeze({ name, values: sizeOf(shape), changed: indices.length }),
  );
  const facts = {
    ...{
      project,
      base,
      tasks: tasks === null ? null : Object.freeze([...tasks]),
      parameters: Object.freeze(parameters),
    },
    changed: parameters.reduce((sum, { changed }) => sum + changed, 0),
    bytes: bytes.length,
    thresholds: new Map(saved.thresholds),
  };
  const text = (): string => textOf(facts);
  const delta = Object.freeze<WeightDelta>({
    ...facts,
    change: (parameter) => {
      const own = Object.hasOwn(changes, parameter) ? changes[parameter] : undefined;
      return own === undefined ? null : { indices: own.indices.slice(), values: own.values.slice() };
    },
    save: async (folder) => {
      const { saveDelta } = await import('../../deploy/delta-folder.js');
      await saveDelta(folderPath.read(folder, 'delta.save.folder'), saved);
    },
    toString: text,
    print: () => console.log(text()),
  });
  const numbers = JSON.stringify([base, [...saved.thresholds]]);
  const id = createHash('sha256').update(bytes).update(numbers).digest('hex');
  kept.set(delta, { ...saved, id });
  return delta;
}

type Facts = Pick<WeightDelta, 'project' | 'tasks' | 'parameters' | 'changed' | 'bytes' | 'thresholds'>;

function textOf({ project, tasks, parameters, changed, bytes, thresholds }: Facts): string {
  const limited = tasks === null ? '' : `, for ${tasks.map(visible).join(', ')}`;
  const lines = [
    `delta of ${visible(project)}${limited}: ${changed.toLocaleString('en-US')} values, ${bytes.toLocaleString('en-US')} bytes`,
  ];
  if (parameters.length > 0) {
    lines.push('', `${''.padEnd(44)}${'changed'.padStart(12)}${'values'.padStart(12)}${'share'.padStart(10)}`);
  }
  const names = shortenAll(
    parameters.map(({ name }) => name),
    43,
  );
  for (const [i, { values, changed: own }] of parameters.entries()) {
    const cells = [own.toLocaleString('en-US'), values.toLocaleString('en-US')]
      .map((cell) => padLeft(cell, 12))
      .join('');
    lines.push(`${padRight(names[i] ?? '', 44)}${cells}${padLeft(formatNumber(own / values), 10)}`);
  }
  if (thresholds.size > 0) lines.push('', `thresholds of ${thresholds.size} tasks`);
  return lines.join('\n');
}
