/** @file Rows, paths and conditions that cannot be right do not compile. Checked by `tsc`, never run. */
import { expectTypeOf } from 'vitest';
import {
  binary,
  boundedRegression,
  classification,
  type InputSpec,
  image,
  multilabel,
  Project,
  type Row,
  type RowOf,
  regression,
  type Table,
  vector,
} from '../../src/index.js';

const declared = new Project({
  name: 'rows',
  inputs: { frame: image({ height: 2, width: 2, channels: 1 }), person: vector({ columns: ['age', 'fare'] }) },
  tasks: {
    open: binary(),
    shirt: classification({ classes: ['red', 'blue'] }),
    x1: boundedRegression({ min: 0, max: 1 }),
    height: regression(),
    traits: multilabel({ classes: ['hat', 'beard'] }),
  },
});
const project = declared
  .flow('body', (task, x) => [
    task.shirt(x.features),
    task.x1(x.features),
    task.height(x.features),
    task.traits(x.features),
  ])
  .flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.body(x).given(open)];
  });

const frame = [0, 0, 0, 0];
declare const table: Table;
declare const records: Row[];
declare const parsed: Record<string, unknown>[];

/** What is right compiles. */
export async function right(): Promise<void> {
  await project.predict([{ frame, age: 3, fare: 4 }]);
  await project.predict(table);
  await project.predict(records);
  await project.predict(parsed);
  await project.fit([{ frame, age: 3, fare: 4, open: true, 'body.shirt': 'red', x1: null, traits: ['hat'] }]);
  await project.fit([{ frame, age: 3, fare: 4, open: 1, shirt: 0, traits: { hat: true } }], { validation: table });
  // Rows from elsewhere may have more columns than the project reads.
  const rows = Array.from({ length: 3 }, (_, i) => ({ id: i, frame, age: i, fare: 1, open: i > 1, shirt: 'red' }));
  await project.fit(rows, { validation: rows });
  await project.evaluate(rows);
  const own: RowOf<typeof project> = { frame, age: 3, fare: 4, open: true };
  await project.tune([own]);
  await project.interpret(parsed);
  await project.explain(rows);
}

/** What is misspelt does not. */
export async function wrong(): Promise<void> {
  // @ts-expect-error no such input
  await project.predict([{ fram: frame, age: 3, fare: 4 }]);
  // @ts-expect-error no such column
  await project.predict([{ frame, aeg: 3, fare: 4 }]);
  // @ts-expect-error an input that is read from columns has no column of its own
  await project.predict([{ frame, person: [3, 4] }]);
  // @ts-expect-error no such task
  await project.fit([{ frame, age: 3, fare: 4, opem: 'yes' }]);
  // @ts-expect-error a yes/no label is no string
  await project.fit([{ frame, age: 3, fare: 4, open: 'yes' }]);
  // @ts-expect-error a number is needed
  await project.fit([{ frame, age: 3, fare: 4, height: '1.80' }]);
  // @ts-expect-error no such task in the validation rows
  await project.fit(table, { validation: [{ frame, age: 3, fare: 4, opem: true }] });
  // @ts-expect-error no such path
  await project.evaluate([{ frame, age: 3, fare: 4, 'body.shrt': 'red' }]);
  // @ts-expect-error rows are a list
  await project.predict({ frame, age: 3, fare: 4 });
  const evaluation = await project.evaluate(table);
  evaluation.value('body.shirt', 'accuracy');
  // @ts-expect-error no such path
  evaluation.value('body.shrt', 'accuracy');
  // @ts-expect-error no such path
  evaluation.confusion('shirt');
  const interpretation = await project.interpret(table);
  // @ts-expect-error no such path
  interpretation.task('shirt');
  // @ts-expect-error no such option
  await project.predict(table, { probabilites: true });
}

/** Where an input's columns are not known, any may be. */
export async function unknownColumns(spec: InputSpec, columns: string[]): Promise<void> {
  const open = new Project({ name: 'open', inputs: { spec, many: vector({ columns }) }, tasks: { open: binary() } });
  await open.flow('full', (task, x) => [task.open(x.features)]).predict([{ whatever: 3 }]);
}

/** Each kind's own probability. */
export async function probabilities(): Promise<void> {
  const [row] = await project.predict(table, { probabilities: true });
  expectTypeOf(row?.open.probability).toEqualTypeOf<number | undefined>();
  expectTypeOf(row?.body?.shirt.probability).toEqualTypeOf<Readonly<Record<'red' | 'blue', number>> | undefined>();
  expectTypeOf(row?.body?.traits.probability).toEqualTypeOf<Readonly<Record<'hat' | 'beard', number>> | undefined>();
  expectTypeOf(row?.body?.height.probability).toEqualTypeOf<null | undefined>();
  const [plain] = await project.predict(table, { probabilities: false });
  expectTypeOf(plain?.open).toEqualTypeOf<boolean | undefined>();
}

// The compiler says what to do: `readable-errors.test.ts` holds the words.
declared.flow('classification in given', (task, x) => {
  const shirt = task.shirt(x.features);
  // @ts-expect-error ask it something
  return [shirt, task.open(x.features).given(shirt)];
});
declared.flow('one task', (task, x) =>
  // @ts-expect-error a list is needed
  task.open(x.features),
);
