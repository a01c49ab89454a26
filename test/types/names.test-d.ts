/** @file Every type that a user needs to name can be named. Checked by `tsc`, never run. */
import { expectTypeOf } from 'vitest';
import {
  type Backbone,
  binary,
  type Callables,
  type DataLike,
  type EngineOptions,
  type ErrorCode,
  type EvaluateOptions,
  type Evaluation,
  type ExplainOptions,
  type FitOptions,
  type Flow,
  type FlowHandle,
  type FlowTask,
  HeadgateError,
  type History,
  type Interpretation,
  type InterpretOptions,
  type Note,
  type NoteCode,
  type NoteOptions,
  type PathsOf,
  type PredictOptions,
  Project,
  type Row,
  type Source,
  type StreamLike,
  Table,
  type TableLike,
  type TaskHandle,
  type TaskKind,
  type Thresholds,
  type TuneOptions,
  type Tuning,
  tableSource,
  type tf,
  vector,
} from '../../src/index.js';

const project = new Project({ name: 'names', inputs: { x: vector({ size: 1 }) }, tasks: { open: binary() } }).flow(
  'full',
  (task, x) => [task.open(x.features)],
);

export const resolved: Flow = project.resolved;
export const leaf: FlowTask | undefined = project.resolved.tasks[0];
export const thresholds: Thresholds = project.thresholds;
export const backbone: Backbone = ({ x }) => ({ features: x as tf.SymbolicTensor });
export const data: TableLike = [] as readonly Row[];
export const source: Source = tableSource(Table.fromRecords([]));
export const streams: readonly StreamLike[] = [source, async function* open() {}, () => []];
export const anyData: DataLike = streams[0] ?? data;

type Open = TaskHandle<'open', ReturnType<typeof binary>>;
expectTypeOf<PathsOf<Open>>().toEqualTypeOf<'open'>();
expectTypeOf<PathsOf<FlowHandle<'door', Open>>>().toEqualTypeOf<'door.open'>();
expectTypeOf<keyof Callables<{ open: TaskKind }, 'features', Record<never, never>>>().toEqualTypeOf<'open'>();

/** Options can be kept, passed on, and given as undefined. */
export async function run(engine?: EngineOptions['engine']): Promise<void> {
  const fit: FitOptions<'open'> = {
    epochs: 1,
    engine,
    onEpochEnd: ({ tasks }) => (tasks.open === null ? 'stop' : undefined),
  };
  const history: History<'open'> = await project.fit(data, fit);
  const evaluate: EvaluateOptions = { engine };
  const evaluation: Evaluation<'open'> = await project.evaluate(anyData, evaluate);
  const anyEvaluation: Evaluation = evaluation;
  const tune: TuneOptions<'open'> = { metric: { open: 'recall' } };
  const tuning: Tuning = await project.tune(data, tune);
  const predict: PredictOptions<true> = { probabilities: true };
  const predictions = await project.predict(data, predict);
  for await (const row of project.predict(source, predict)) expectTypeOf(row).toEqualTypeOf(predictions[0] ?? row);
  const explain: ExplainOptions = { why: true };
  const text: string = await project.explain(data, explain);
  const interpret: InterpretOptions = { top: 3 };
  const interpretation: Interpretation<'open'> = await project.interpret(data, interpret);
  const save: NoteOptions = { onNote: ({ code, path, text: said }) => console.log(code, path, said) };
  await project.save('folder', save);
  const notes: readonly Note[] = [history, tuning, predictions, interpretation, anyEvaluation].flatMap(
    (one) => one.notes,
  );
  const codes: readonly NoteCode[] = notes.map(({ code }) => code);
  console.log(text, codes);
}

// Codes are known: a misspelt one does not compile. Kinds from outside bring their own, which begin with X_.
const error = new HeadgateError({ code: 'X_TOO_MANY_CARS', path: 'cars', problem: 'there are too many' });
expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
export const isUnknown = error.code === 'UNKNOWN_TASK';
// @ts-expect-error no such code
export const isUnkown = error.code === 'UNKOWN_TASK';
// @ts-expect-error no such code
new HeadgateError({ code: 'UNKOWN_TASK', path: '', problem: '' });
