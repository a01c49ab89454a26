/** @file Reads rows, and proposes a declaration: typed inputs, and what each column could be as a task. */

import { didYouMean, HeadgateError, listed } from '../../errors.js';
import type { InputSpec } from '../../flow/graph.js';
import { isName } from '../../flow/names.js';
import { listOf, readOptions, text, wholeNumber, withDefault } from '../../options.js';
import type { TaskKind } from '../../tasks/kind.js';
import { visible } from '../../text.js';
import type { Column } from '../column.js';
import { columns as columnsOf } from '../columns/columns.js';
import { type DataLike, sourceIn } from '../data-like.js';
import { asTable, type Table, type TableLike } from '../table.js';
import { asInput, type SuggestedInput } from './as-input.js';
import { asTask, type SuggestedTask } from './as-task.js';
import { key, literal, member } from './code.js';
import { suspectedLeak } from './leaks.js';
import { type ColumnProfile, profileOf } from './profile.js';

export interface SuggestOptions {
  /** Columns that are labels; all others are inputs. Default: none, and each column that could be a task is named. */
  readonly tasks?: readonly string[];
  /** Of the project that is suggested. Default `project`. */
  readonly name?: string;
  /** Rows that are looked at, from the first on. Default 10,000. */
  readonly rows?: number;
}

export interface SuggestedColumn {
  readonly name: string;
  readonly missing: number;
  /** TypeScript of what it is as an input; null where it is none, and `why` says why. */
  readonly input: string | null;
  /** TypeScript of what it could be as a task; null where it cannot be labels. */
  readonly task: string | null;
  readonly why: string;
  /** Why it may be known only once a label is; such a column is left out of `inputs`. */
  readonly leaks: readonly string[];
}

export interface Suggestion {
  /** Rows that were looked at. */
  readonly rows: number;
  readonly columns: readonly SuggestedColumn[];
  /** For `new Project`: one vector of the columns, `row`, and images, tensors and vectors by their names. */
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly tasks: Readonly<Record<string, TaskKind>>;
  /** The rows with what the tasks read: columns of separated texts as lists. */
  readonly prepare: (rows: TableLike) => Table;
  /** TypeScript to paste. */
  readonly toString: () => string;
  readonly print: () => void;
}

const schema = {
  tasks: withDefault(listOf(text), []),
  name: withDefault(text, 'project'),
  rows: withDefault(wholeNumber({ least: 1 }), 10_000),
};

/**
 * Looks at rows and proposes how to declare them: which columns are numbers, categories, booleans, dates, arrays or images, what is left out
 * and why (what looks as if it were known only once a label is, among it), and tasks of the columns that are said to be labels. Values are those that were seen: read what it proposes, and
 * paste it.
 *
 * @throws HeadgateError `INVALID_OPTIONS`, `UNKNOWN_COLUMN` for a task that is no column, `INVALID_NAME`, `INVALID_LABEL` for one that cannot be labels,
 *   `EMPTY_DATASET`, and what the rows throw
 * @example
 * const suggestion = await suggest(table, { tasks: ['survived'] });
 * suggestion.print();
 */
export async function suggest(data: DataLike, options: SuggestOptions = {}): Promise<Suggestion> {
  const { tasks, name, rows: most } = readOptions('suggest', schema, options);
  const tables = await tablesOf(data, most);
  const profiles = profilesOf(tables);
  const [first] = profiles;
  if (first === undefined || first.rows === 0) {
    const problem = 'There are no rows to look at.';
    throw new HeadgateError({
      code: 'EMPTY_DATASET',
      path: 'data',
      problem,
      expected: 'at least one row',
      received: '0 rows',
    });
  }
  const names = profiles.map((profile) => profile.name);
  for (const task of tasks) {
    if (!names.includes(task)) throw unknown(task, names);
    requireDeclarable(task);
  }
  const suggested = profiles.map((profile): Suggested => {
    const input = named(profile.name, asInput(profile));
    const isRead = input.as !== 'nothing' && !tasks.includes(profile.name);
    const leaks = isRead ? tasks.flatMap((task) => suspectedLeak(tables, profile.name, task) ?? []) : [];
    return { profile, input, task: asTask(profile), leaks };
  });
  const labels = new Map(
    suggested.filter(({ profile }) => tasks.includes(profile.name)).map((one) => [one.profile.name, labelsOf(one)]),
  );
  const inputs = suggested.filter(({ profile }) => !labels.has(profile.name));
  const code = codeOf({ name, suggested, labels });
  return Object.freeze({
    rows: first.rows,
    columns: suggested.map((one) => columnOf(one, labels.has(one.profile.name))),
    inputs: inputsOf(inputs),
    tasks: Object.fromEntries([...labels].map(([task, { kind }]) => [task, kind])),
    prepare: (given: TableLike) => prepared(asTable(given), labels),
    toString: () => code,
    print: () => console.log(code),
  });
}

async function tablesOf(data: DataLike, most: number): Promise<readonly Table[]> {
  const source = sourceIn(data);
  const tables: Table[] = [];
  if (source === null)
    tables.push(asTable(data as TableLike).slice(0, most)); // `asTable` refuses what is neither
  else {
    let left = most;
    for await (const { table } of source.read(null, null)) {
      tables.push(table.slice(0, left));
      left -= table.rows;
      if (left <= 0) break;
    }
  }
  return tables;
}

function profilesOf(tables: readonly Table[]): readonly ColumnProfile[] {
  const names = new Set(tables.flatMap((table) => table.columnNames));
  return [...names].map((name) => {
    const columns = tables.flatMap((table): Column[] => (table.has(name) ? [table.column(name)] : []));
    const profile = profileOf(name, columns);
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    return { ...profile, rows, missing: profile.missing + rows - profile.rows };
  });
}

interface Suggested {
  readonly profile: ColumnProfile;
  readonly input: SuggestedInput;
  readonly task: SuggestedTask | null;
  /** What it tells of labels, so much that it may be known only once they are. */
  readonly leaks: readonly string[];
}

function labelsOf({ profile, task }: Suggested): SuggestedTask {
  if (task !== null) return task;
  const { name, sort, rows, missing, values } = profile;
  const found = values === null ? 'more than 1,000 different values' : `${values.size} different values`;
  throw new HeadgateError({
    code: 'INVALID_LABEL',
    path: `suggest.tasks.${name}`,
    problem: 'No task has labels like these.',
    expected: 'yes or no, numbers, texts of which each occurs in several rows, or lists of texts',
    received: `${sort}: ${found} in ${rows - missing} rows`,
  });
}

function inputsOf(suggested: readonly Suggested[]): Readonly<Record<string, InputSpec>> {
  const vector = suggested.flatMap(({ profile, input, leaks }) =>
    input.as === 'column' && leaks.length === 0 ? [[profile.name, input.spec] as const] : [],
  );
  const own = suggested.flatMap(({ profile, input }) =>
    input.as === 'input' ? [[profile.name, input.spec] as const] : [],
  );
  const all =
    vector.length === 0 ? own : [[vectorName(suggested), columnsOf(Object.fromEntries(vector))] as const, ...own];
  return Object.freeze(Object.fromEntries(all));
}

/** The input of all columns that become one vector: `row`, where no input of its own has that name. */
function vectorName(suggested: readonly Suggested[]): string {
  const taken = new Set(suggested.flatMap(({ profile, input }) => (input.as === 'input' ? [profile.name] : [])));
  let name = 'row';
  while (taken.has(name)) name += '_';
  return name;
}

function prepared(table: Table, labels: ReadonlyMap<string, SuggestedTask>): Table {
  return [...labels].reduce((all, [name, { prepare }]) => {
    if (prepare === null) return all;
    return all.derive(name, (row) => {
      const value = row[name];
      return typeof value === 'string' ? value.split(prepare.separator).map((piece) => piece.trim()) : value;
    });
  }, table);
}

function columnOf({ profile: { name, missing }, input, task, leaks }: Suggested, isTask: boolean): SuggestedColumn {
  const code = isTask || input.as === 'nothing' ? null : input.code;
  const why = isTask ? (task?.why ?? '') : input.why;
  return Object.freeze({ name, missing, input: code, task: task?.code ?? null, why, leaks });
}

interface CodeFacts {
  readonly name: string;
  readonly suggested: readonly Suggested[];
  readonly labels: ReadonlyMap<string, SuggestedTask>;
}

function codeOf({ name, suggested, labels }: CodeFacts): string {
  const inputs = suggested.filter(({ profile }) => !labels.has(profile.name));
  const vector = inputs.flatMap(({ profile, input, leaks }) => {
    if (input.as !== 'column') return [];
    const line = `${key(profile.name)}: ${input.code}, // ${said(profile, input.why)}`;
    return leaks.length === 0 ? [`      ${line}`] : [...leaks.map(suspected), `      // ${line}`];
  });
  const own = inputs.flatMap(({ profile, input }) =>
    input.as === 'input' ? [`    ${key(profile.name)}: ${input.code}, // ${said(profile, input.why)}`] : [],
  );
  const left = inputs.flatMap(({ profile, input }) =>
    input.as === 'nothing' ? [`// Left out: ${visible(profile.name)}: ${said(profile, input.why)}`] : [],
  );
  const could =
    labels.size > 0
      ? []
      : suggested.flatMap(({ profile, task }) => (task === null ? [] : [`    // ${key(profile.name)}: ${task.code},`]));
  const tasks = [...labels].map(([task, { code, why }]) => `    ${key(task)}: ${code}, // ${visible(why)}`);
  const prepare = [...labels.values()].flatMap((task) => (task.prepare === null ? [] : [task.prepare.code]));
  const heads = [...labels.keys()].map((task) => `${member('task', task)}(x.features)`);
  const lines = [
    ...left,
    ...(prepare.length === 0 ? [] : [`const rows = table${prepare.join('\n  ')};`]),
    `const project = new Project({`,
    `  name: ${literal(name)},`,
    '  inputs: {',
    ...(vector.length === 0 ? [] : [`    ${vectorName(inputs)}: columns({`, ...vector, '    }),']),
    ...own,
    '  },',
    '  tasks: {',
    ...(could.length === 0 ? tasks : ['    // Move the columns that are labels here, out of the inputs:', ...could]),
    '  },',
    `}).flow('all', (task, x) => [${heads.join(', ')}]);`,
  ];
  return [importsOf(lines), '', ...lines].join('\n');
}

const NAMES = [
  ...['binary', 'boolean', 'boundedRegression', 'category', 'classification', 'columns', 'date', 'image', 'multilabel'],
  ...['number', 'numbers', 'Project', 'regression', 'tensor', 'vector'],
] as const;

function importsOf(lines: readonly string[]): string {
  const code = lines.filter((line) => !line.startsWith('//')).join('\n');
  const used = NAMES.filter((name) => new RegExp(`\\b${name}\\(`).test(code));
  return `import { ${used.join(', ')} } from 'headgate';`;
}

/** A column of arrays is an input of its own, and needs the name of one. */
function named(name: string, input: SuggestedInput): SuggestedInput {
  if (input.as !== 'input' || isName(name)) return input;
  return { as: 'nothing', why: `${input.why}; no input can have this name: table.rename({ ${key(name)}: … })` };
}

/** Above a column that is left out for it. */
const suspected = (leak: string): string =>
  `      // Known when you predict? ${leak[0]?.toUpperCase()}${leak.slice(1)}.`;

function said({ missing, rows }: ColumnProfile, why: string): string {
  return visible(missing === 0 ? why : `${why}; ${missing} of ${rows} missing`);
}

/** @throws HeadgateError `INVALID_NAME` for a column whose name no task may have */
function requireDeclarable(task: string): void {
  if (isName(task)) return;
  throw new HeadgateError({
    code: 'INVALID_NAME',
    path: 'suggest.tasks',
    problem: 'No task can have the name of this column.',
    expected: 'a letter or underscore, then letters, digits, underscores and hyphens',
    received: task,
    mend: `Rename it first: table.rename({ ${key(task)}: 'label' }).`,
  });
}

function unknown(task: string, names: readonly string[]): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_COLUMN',
    path: 'suggest.tasks',
    problem: `The rows have no column "${visible(task)}".`,
    expected: `one of ${listed(names)}`,
    received: task,
    suggestion: didYouMean(task, names),
  });
}
