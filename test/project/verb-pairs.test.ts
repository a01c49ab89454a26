/**
 * @file All ordered pairs of verbs, in every relation in time: one before the other, during it, twice at once, and from
 * each of its callbacks. Each call gives what it gives on a project that nobody else uses, or a named refusal.
 *
 * The rules (docs/project.md): a verb that reads works on the snapshot of the moment it was called, so it gives the
 * numbers of one of the models that the project has been; a verb that changes is refused while another one does; dispose
 * is refused while any verb runs; afterwards everything is DISPOSED.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adam, binary, HeadgateError, Project, regression, vector } from '../../src/index.js';

const engine = 'cpu' as const;
const verbs = [
  'fit',
  'load',
  'merge',
  'tune',
  'dispose',
  'predict',
  'evaluate',
  'explain',
  'interpret',
  'save',
  'explainGraph',
  'adopt',
  'extract',
  'report',
  'compare',
  'delta',
  'describeData',
  'findLearningRate',
] as const; // prettier-ignore
type Verb = (typeof verbs)[number];
const changing = new Set<Verb>(['adopt', 'fit', 'load', 'merge', 'tune']);

const rows = Array.from({ length: 6 }, (_, i) => ({
  x: [Math.sin(i * 1.7), Math.cos(i * 0.9)],
  open: i % 2 === 0,
  size: i % 2 === 0 ? i / 3 : null,
}));

function declared() {
  return new Project({
    name: 'pairs',
    seed: 5,
    inputs: { x: vector({ size: 2 }) },
    tasks: { open: binary(), size: regression() },
    backbone: ({ x }) => ({ features: x }),
    onNote: () => {},
  }).flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.size(x.features).given(open)];
  });
}
type Subject = ReturnType<typeof declared>;

let folder = '';
const other = declared();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-pairs-'));
  await other.fit(rows, { engine, epochs: 2, progress: false, seed: 9, optimizer: adam({ learningRate: 0.4 }) });
  await other.tune(rows, { engine, metric: 'recall' });
  await other.save(join(folder, 'other'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Everything that can be told of the model as it is: weights and thresholds, as `save` writes them. */
type State = string;

let saves = 0;
async function bytesOf(path: string): Promise<State> {
  const files = ['weights.safetensors', 'thresholds.json'].map((name) => readFile(join(path, name), 'hex'));
  return (await Promise.all(files)).join();
}

async function stateOf(project: Subject): Promise<State> {
  const path = join(folder, `state${saves++}`);
  await project.save(path);
  return bytesOf(path);
}

interface Hooks {
  readonly onEpochEnd?: () => unknown;
  readonly schedule?: () => void;
  readonly signal?: AbortSignal;
  readonly onNote?: () => void;
  readonly progress?: boolean;
}

/** One call of the verb: its result as text, without the times that a clock gives. */
async function call(project: Subject, verb: Verb, hooks: Hooks = {}): Promise<string> {
  const { onEpochEnd, schedule, signal, onNote, progress = false } = hooks;
  const heard = onNote === undefined ? {} : { onNote };
  switch (verb) {
    case 'fit': {
      const learningRate = () => {
        schedule?.();
        return 0.3;
      };
      const {
        epochs,
        notes: _,
        ...history
      } = await project.fit(rows, {
        ...{ engine, epochs: 3, batchSize: 3, progress, optimizer: adam({ learningRate }), ...heard },
        ...(onEpochEnd === undefined ? {} : { onEpochEnd }),
        ...(signal === undefined ? {} : { signal }),
      });
      return JSON.stringify([history, epochs.map(({ seconds: __, dataWait: ___, ...record }) => record)]);
    }
    case 'load':
      return JSON.stringify((await project.load(join(folder, 'other'), heard)) === project);
    case 'merge': {
      const { notes: _, ...merging } = await project.merge([other], { method: 'weighted', weights: [1, 3], ...heard });
      return JSON.stringify(merging);
    }
    case 'tune':
      return JSON.stringify((await project.tune(rows, { engine, metric: 'accuracy', ...heard })).rows);
    case 'dispose':
      return String(project.dispose());
    case 'predict':
      return JSON.stringify(await project.predict(rows, { engine, probabilities: true, ...heard }));
    case 'evaluate':
      return (await project.evaluate(rows, { engine, ...heard })).toCsv();
    case 'explain':
      return project.explain(rows, { engine, why: true, ...heard });
    case 'interpret':
      return JSON.stringify((await project.interpret(rows, { engine, top: 2, ...heard })).rows);
    case 'save': {
      const path = join(folder, `save${saves++}`);
      await project.save(path, heard);
      return bytesOf(path);
    }
    case 'findLearningRate': {
      const adjusted = { engine, steps: 4, batchSize: 3, optimizer: adam(), ...heard };
      const { notes: _, ...curve } = await project.findLearningRate(rows, adjusted);
      return JSON.stringify(curve);
    }
    case 'explainGraph':
      return project.explainGraph({ batchSize: 3 });
    case 'adopt':
      return JSON.stringify((await project.adopt(join(folder, 'other'), heard)) === project);
    case 'extract': {
      const { project: small } = await project.extract(['size'], heard);
      return JSON.stringify(await small.predict(rows, { engine, onNote: () => {} }));
    }
    case 'delta': {
      const { base, parameters } = await project.pathways.delta({ base: other, ...heard });
      return JSON.stringify([base, parameters]);
    }
    case 'describeData':
      return JSON.stringify(await project.describeData(rows, { compareWith: rows }));
    case 'compare': {
      const { pairs } = await project.pathways.compare({ between: 'weights', with: other, ...heard });
      return JSON.stringify(pairs);
    }
    case 'report': {
      const { passes, scores } = await project.pathways.report(rows, { engine, ...heard });
      return JSON.stringify([passes, [...scores]]);
    }
  }
}

/** What came of a call: its result, or the code of its refusal. Anything else but a `HeadgateError` fails the test. */
async function outcome(promise: Promise<string>): Promise<string> {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    if (error.code === 'PROJECT_BUSY') {
      expect(error.problem).toMatch(/^(adopt|fit|load|merge|tune|dispose) was called while \w+ is running$/);
    }
    return error.code;
  }
}

/** A project on which a verb has been called by itself: the quiescent model that the others are compared with. */
async function projectAfter(...before: readonly Verb[]): Promise<Subject> {
  const project = declared();
  await call(project, 'load'); // a known model, so that fits and tunings begin somewhere
  for (const verb of before) await call(project, verb);
  return project;
}

const known = new Map<string, Promise<string>>();

/** What `verb` gives when it is called on a project that nobody else uses, after `before`. */
function quietly(verb: Verb, before: readonly Verb[], epochs = 3): Promise<string> {
  const key = [...before, epochs, verb].join();
  const result =
    known.get(key) ??
    projectAfter(...before.slice(0, -1)).then(async (project) => {
      let at = 0;
      const last = before.at(-1);
      if (last !== undefined) await call(project, last, { onEpochEnd: () => (++at === epochs ? 'stop' : undefined) });
      return outcome(call(project, verb));
    });
  known.set(key, result);
  return result;
}

/** Results of a verb on each of the models that the project is while `first` runs: before it, its epochs, after it. */
async function quiescent(first: Verb, second: Verb): Promise<readonly string[]> {
  const epochs = first === 'fit' ? [1, 2, 3] : [3];
  return Promise.all([quietly(second, []), ...epochs.map((count) => quietly(second, [first], count))]);
}

/** What the second call may give while the first runs. */
function allowed(first: Verb, second: Verb): 'refused' | 'result' {
  if (second === 'dispose') return 'refused';
  return changing.has(first) && changing.has(second) ? 'refused' : 'result';
}

describe.each(verbs)('%s, and then', (first) => {
  test.each(verbs)('%s after it: as if it had been called on that model alone', async (second) => {
    const project = await projectAfter(first);
    const result = await outcome(call(project, second));
    if (first === 'dispose') expect(result).toBe(second === 'dispose' ? 'undefined' : 'DISPOSED');
    else expect(result).toBe(await quietly(second, [first]));
  });
});

describe.each(verbs.filter((verb) => verb !== 'dispose'))('while %s runs:', (first) => {
  test.each(verbs)('%s at once with it', async (second) => {
    const project = await projectAfter();
    const [one, other] = await Promise.all([outcome(call(project, first)), outcome(call(project, second))]);
    // The first is not disturbed by the second: it reads or changes the model of the moment at which it was called.
    expect(one).toBe(await quietly(first, []));
    if (allowed(first, second) === 'refused') expect(other).toBe('PROJECT_BUSY');
    else expect(other).toBe(await quietly(second, []));
    // What is left is what the verbs that went through leave: never weights of one and thresholds of another.
    const changes = [first, ...(other === 'PROJECT_BUSY' ? [] : [second])].filter((verb) => changing.has(verb));
    expect(await stateOf(project)).toBe(await stateOf(await projectAfter(...changes)));
  });

  test.each(verbs)('%s a while after it began', async (second) => {
    const possible = await quiescent(first, second);
    for (const ticks of [2, 12, 60]) {
      const project = await projectAfter();
      let isRunning = true;
      const running = outcome(call(project, first)).finally(() => {
        isRunning = false;
      });
      for (let i = 0; i < ticks; i++) await Promise.resolve();
      const was = isRunning;
      const other = await outcome(call(project, second));
      await running;
      if (was && allowed(first, second) === 'refused') expect(['PROJECT_BUSY', ...possible]).toContain(other);
      else expect(possible).toContain(other);
    }
  });
});

/** Ways into user code while a verb runs; each calls `enter` once, from within the verb. */
const callbacks: Readonly<
  Record<string, { readonly of: readonly Verb[]; readonly hooks: (enter: () => Promise<void>) => Hooks }>
> = {
  onEpochEnd: {
    of: ['fit'],
    hooks: (enter) => {
      let epoch = 0;
      return { onEpochEnd: () => (++epoch === 2 ? enter() : undefined) };
    },
  },
  'a schedule': {
    of: ['fit'],
    hooks: (enter) => {
      let step = 0;
      return {
        schedule: () => {
          if (++step === 4) void enter(); // the second epoch's second step
        },
      };
    },
  },
  'a listener of the signal': {
    of: ['fit'],
    hooks: (enter) => {
      const controller = new AbortController();
      controller.signal.addEventListener('abort', () => void enter());
      let step = 0;
      return {
        signal: controller.signal,
        schedule: () => {
          if (++step === 4) controller.abort();
        },
      };
    },
  },
  'the stream that progress writes to': {
    of: ['fit'],
    hooks: (enter) => {
      let isEntered = false;
      const write = process.stderr.write.bind(process.stderr);
      process.stderr.write = (() => {
        process.stderr.write = write;
        if (!isEntered) void enter();
        isEntered = true;
        return true;
      }) as typeof process.stderr.write;
      return { progress: true };
    },
  },
  onNote: {
    of: ['fit', 'merge', 'tune', 'predict', 'evaluate', 'explain', 'interpret', 'save'],
    hooks: (enter) => {
      let isEntered = false;
      return {
        onNote: () => {
          if (!isEntered) void enter();
          isEntered = true;
        },
      };
    },
  },
};

const fromCallbacks = Object.entries(callbacks).flatMap(([name, { of, hooks }]) =>
  of.flatMap((first) => verbs.map((second) => ({ name, first, second, hooks }))),
);

describe('from a callback', () => {
  test.each(fromCallbacks)('of $first, $name: $second', async ({ name, first, second, hooks }) => {
    // Without anything fit or loaded, every verb has a note to tell; a fit has one when it is the second.
    const begin = async (): Promise<Subject> => {
      const project = name === 'onNote' && first !== 'fit' ? declared() : await projectAfter();
      if (name === 'onNote' && first === 'fit') await call(project, 'fit');
      return project;
    };
    const project = await begin();
    let entered: Promise<string> | undefined;
    const own = await outcome(
      call(
        project,
        first,
        hooks(async () => {
          entered = outcome(call(project, second));
          await entered;
        }),
      ),
    );
    expect(entered, 'the callback was called').toBeDefined();
    const other = await entered;

    if (allowed(first, second) === 'refused') expect(other).toBe('PROJECT_BUSY');
    else {
      const reference = await begin();
      if (name !== 'onNote') {
        // The epochs that had ended when the callback was called: in `onEpochEnd` that epoch's own weights are seen.
        const finished = name === 'onEpochEnd' ? 2 : 1;
        let epoch = 0;
        await call(reference, 'fit', { onEpochEnd: () => (++epoch === finished ? 'stop' : undefined) });
      }
      expect(other).toBe(await outcome(call(reference, second)));
    }

    // And the verb itself was not disturbed.
    const undisturbed = await begin();
    expect(own).toBe(
      await outcome(
        call(
          undisturbed,
          first,
          hooks(async () => {}),
        ),
      ),
    );
    if (other === 'PROJECT_BUSY' || !changing.has(second))
      expect(await stateOf(project)).toBe(await stateOf(undisturbed));
  });
});
