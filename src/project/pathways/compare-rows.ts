/** @file How layers represent rows: which views of which networks are compared, on which rows. */
import { bindTable } from '../../data/bind.js';
import { sourceIn } from '../../data/data-like.js';
import { asTable } from '../../data/table.js';
import type { Engine } from '../../engine/engine.js';
import { HeadgateError, listed, show } from '../../errors.js';
import { invalidOption } from '../../options.js';
import { classTarget, splitRows } from '../../pathways/forget/target.js';
import { ckaOfPairs, cosinesOfPairs, representationsOf } from '../../pathways/tracker/compare.js';
import type { CompareFacts, ComparePair, RowInputs, View } from '../../pathways/tracker/compare-step.js';
import { cosineDistances } from '../../pathways/tracker/representations.js';
import type { SimilarityFacts, SimilarityPair } from '../../pathways/tracker/similarity-table.js';
import { channelsSeen, type LayerOutput, layerOutputs } from '../../pathways/tracker/views.js';
import type { TaskSlot } from '../../tasks/layout.js';
import { inputRows, whole } from '../verbs/reading.js';
import type { Comparing } from './comparing.js';
import type { Resolved } from './resolved.js';
import { tasksAt } from './ways.js';

const WHERE = 'pathways.compare';

/** @throws HeadgateError `INVALID_OPTIONS`, `EMPTY_GROUP`, `NOT_COMPARABLE`, and of the data what `predict` throws */
export async function rowSimilarity(comparing: Comparing, engine: Engine): Promise<SimilarityFacts> {
  const { between, measure } = comparing.options;
  if (between === 'classes') return classSimilarity(comparing, engine);
  const { views, named } = viewsFor(comparing);
  const facts = { ...factsOf(comparing, engine), views, pairs: named };
  const { rows, results } = await (measure === 'cka' ? ckaOfPairs(facts) : cosinesOfPairs(facts));
  const pairs = named.map(({ at, names: [first, second] }, i): SimilarityPair => {
    return { at, first, second, value: results[i]?.value ?? null, skipped: results[i]?.skipped ?? 0 };
  });
  return { between, measure, rows, pairs };
}

/** The tasks that are compared, in flow order; all where none are named. @throws HeadgateError `UNKNOWN_TASK`, `INVALID_OPTIONS` */
export function comparedTasks({
  model,
  own,
  options: { tasks, between },
}: Comparing): readonly { path: string; index: number }[] {
  const asked = tasks?.flatMap((path) => tasksAt(model.flow, path, `${WHERE}.tasks`));
  const found = own.layout.slots
    .map(({ task: { path }, index }) => ({ path, index }))
    .filter(({ path }) => asked === undefined || asked.includes(path));
  if (found.length > 1) return found;
  throw invalidOption(`${WHERE}.tasks`, tasks, { expected: `at least two tasks, between ${between}` });
}

interface NamedPair extends ComparePair {
  readonly at: string | null;
  readonly names: readonly [string, string];
}

interface Views {
  readonly views: readonly View[];
  readonly named: readonly NamedPair[];
}

function viewsFor(comparing: Comparing): Views {
  const { own, other, options } = comparing;
  const outputs = layerOutputs(own.network, options.layers, `${WHERE}.layers`);
  if (options.between === 'tasks') return viewsOfTasks(comparing, outputs);
  const path = seenAs(comparing);
  const views = outputs.map((layer) => viewOf(own, 0, layer, path));
  if (other === null) {
    const named = outputs.flatMap(({ name }, first) =>
      outputs.slice(first + 1).map((layer, i): NamedPair => {
        return { first, second: first + 1 + i, at: null, names: [name, layer.name] };
      }),
    );
    if (named.length > 0) return { views, named };
    throw invalidOption(`${WHERE}.layers`, options.layers, { expected: 'at least two layers' });
  }
  const theirs = outputs.map(({ name }) => layerOutputs(other.network, [exactly(name)], `${WHERE}.with`)[0]);
  const named = outputs.map(({ name }, i): NamedPair => {
    return { first: i, second: outputs.length + i, at: name, names: [own.name, other.name] };
  });
  const second = theirs.flatMap((layer) => (layer === undefined ? [] : [viewOf(other, 1, layer, path)]));
  return { views: [...views, ...second], named };
}

const exactly = (name: string) => (other: string) => other === name;

function viewsOfTasks(comparing: Comparing, outputs: readonly LayerOutput[]): Views {
  const tasks = comparedTasks(comparing);
  const views = outputs.flatMap((layer) => tasks.map(({ path }) => viewOf(comparing.own, 0, layer, path)));
  const named = outputs.flatMap(({ name }, l) =>
    tasks.flatMap((first, a) =>
      tasks.slice(a + 1).map((second, i): NamedPair => {
        const at = l * tasks.length;
        return { first: at + a, second: at + a + 1 + i, at: name, names: [first.path, second.path] };
      }),
    ),
  );
  return { views, named };
}

/** The layer as a task's pathway has it. */
function viewOf({ network, layout, pathways }: Resolved, side: number, layer: LayerOutput, path: string | null): View {
  if (path === null) return { side, layer, task: null, seen: null };
  const units = pathways.find(({ tasks }) => tasks.includes(path))?.units ?? null;
  const seen = units === null ? null : channelsSeen(network, layer, units, `${WHERE}.layers`);
  return { side, layer, task: layout.slot(path).index, seen };
}

/** The task as which one network is seen: needed where tasks see it in several ways, none of which is the whole. */
function seenAs({ own, other, model, options: { tasks, between } }: Comparing): string | null {
  const paths = tasks?.flatMap((path) => tasksAt(model.flow, path, `${WHERE}.tasks`));
  if (paths !== undefined) {
    const [path, ...others] = paths;
    if (path !== undefined && others.length === 0) {
      if (other !== null) tasksAt(other.layout.flow, path, `${WHERE}.tasks`); // it has to have it, too
      return path;
    }
    throw invalidOption(`${WHERE}.tasks`, tasks, {
      expected: `one task, as which the network is seen, between ${between}`,
    });
  }
  for (const { network } of other === null ? [own] : [own, other]) {
    const hasWhole =
      network.lanes.length === 1 || network.lanes.some(({ name, masks }) => name === '' && masks.size === 0);
    if (hasWhole) continue;
    throw invalidOption(`${WHERE}.tasks`, tasks, {
      expected: 'one task, as which the network is seen: pathways have weights of their own here',
    });
  }
  return null;
}

function factsOf(comparing: Comparing, engine: Engine): Omit<CompareFacts, 'views' | 'pairs'> {
  const { own, other, options, notes } = comparing;
  const { data, batchSize = 256 } = options;
  if (data === undefined) throw new Error('representations are of rows'); // the options said so
  if (sourceIn(data)?.once === true) {
    throw invalidOption(`${WHERE}.data`, data, { expected: 'rows that can be read more than once' });
  }
  const both = other === null ? [own] : [own, other];
  requireSameInputs(both);
  const readings = both.map(({ layout }) => inputRows(layout, data, notes.add));
  return {
    ...{ engine, batchSize },
    sides: both.map(({ network, weights, layout }) => ({ network, weights, specs: layout.flow.graph.inputs })),
    pieces: () => together(readings.map((rows) => rows.pieces(batchSize))),
  };
}

/** Pieces of the same rows, bound for each network. */
async function* together(readings: readonly AsyncIterable<RowInputs>[]): AsyncGenerator<readonly RowInputs[]> {
  const iterators = readings.map((reading) => reading[Symbol.asyncIterator]());
  try {
    for (;;) {
      const next: RowInputs[] = [];
      for (const iterator of iterators) {
        const { done, value } = await iterator.next();
        if (done === true) return;
        next.push(value);
      }
      yield next;
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.();
  }
}

/** @throws HeadgateError `FLOW_MISMATCH` */
function requireSameInputs([own, other]: readonly Resolved[]): void {
  if (own === undefined || other === undefined) return;
  const [ours, theirs] = [own, other].map(({ layout }) => listed(Object.keys(layout.flow.graph.inputs)));
  if (ours === theirs) return;
  throw new HeadgateError({
    code: 'FLOW_MISMATCH',
    path: other.name,
    problem: 'the inputs are others',
    expected: String(ours),
    received: String(theirs),
    mend: 'Compare with a project that declares the same inputs.',
  });
}

/** Mean cosines between rows of classes: 1 − the mean distances of `cosineDistances`. */
async function classSimilarity(comparing: Comparing, engine: Engine): Promise<SimilarityFacts> {
  const { own, model, options } = comparing;
  const path = seenAs(comparing);
  const { data } = options;
  if (path === null)
    throw invalidOption(`${WHERE}.tasks`, undefined, { expected: 'one task, whose classes are compared' });
  if (data === undefined || sourceIn(data) !== null) {
    throw invalidOption(`${WHERE}.data`, data, { expected: 'a table or an array of records, between classes' });
  }
  const dataset = bindTable(asTable(whole(data)), own.layout);
  comparing.notes.add(dataset.notes);
  const slot = own.layout.slot(path);
  const classes = classesOf(slot, model.name);
  const groups = classes.map((name) => splitRows(dataset, classTarget(slot, name)).own);
  const outputs = layerOutputs(own.network, options.layers, `${WHERE}.layers`);
  const views = outputs.map((layer) => viewOf(own, 0, layer, path));
  const { rows, values } = await representationsOf({ ...factsOf(comparing, engine), views, pairs: [] });
  const pairs = outputs.flatMap(({ name: at, channels }, i) => {
    const activations = { rows, columns: channels, data: values[i] ?? new Float32Array(0) };
    const { between, skipped } = cosineDistances(activations, groups);
    return classes.flatMap((first, a) =>
      classes.slice(a).map((second, b): SimilarityPair => {
        const distance = between[a]?.[a + b] ?? null;
        const none = (skipped[a] ?? 0) + (b === 0 ? 0 : (skipped[a + b] ?? 0));
        return {
          at,
          first: String(first),
          second: String(second),
          value: distance === null ? null : 1 - distance,
          skipped: none,
        };
      }),
    );
  });
  return { between: 'classes', measure: 'cosine', rows, pairs };
}

/** Of a yes or no, both. @throws HeadgateError `INVALID_OPTIONS` for a task that tells no classes apart */
function classesOf({ task: { kind, path } }: TaskSlot, project: string): readonly (string | boolean)[] {
  if (kind.classes !== undefined) return kind.classes;
  if (kind.truth !== undefined) return [false, true];
  throw invalidOption(`${WHERE}.tasks`, path, {
    expected: `a task of ${show(project)} that tells classes apart`,
  });
}
