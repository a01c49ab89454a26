/** @file What the cells of a project's columns may be, by their kinds. Checked by `tsc`, never run. */
import { expectTypeOf } from 'vitest';
import {
  binary,
  boolean,
  type ColumnKind,
  category,
  columns,
  date,
  defineColumn,
  image,
  number,
  numbers,
  Project,
  type Row,
  type RowOf,
  type Table,
  vector,
} from '../../src/index.js';

declare const grade: ColumnKind<'A' | 'B' | null>;

const project = new Project({
  name: 'columns',
  inputs: {
    passenger: columns({
      age: number(),
      sex: category({ values: ['male', 'female'] }),
      pclass: category({ values: [1, 2, 3] }),
      port: category({ most: 8 }),
      alone: boolean({ yes: ['y'] }),
      boarded: date({ parts: ['year'] }),
      scores: numbers({ size: 2 }),
      grade: defineColumn(grade),
    }),
    deck: category({ values: ['A', 'B'], as: 'index' }),
    size: vector({ columns: ['height'] }),
    frame: image({ height: 2, width: 2, channels: 1 }),
  },
  tasks: { survived: binary() },
  backbone: ({ passenger }) => ({ features: passenger }),
}).flow('full', (task, x) => [task.survived(x.features)]);

type Own = RowOf<typeof project>;
declare const own: Own;
declare const table: Table;
declare const records: Row[];

expectTypeOf(own.age).toEqualTypeOf<number | null | undefined>();
expectTypeOf(own.sex).toEqualTypeOf<'male' | 'female' | (string & {}) | null | undefined>();
expectTypeOf(own.pclass).toEqualTypeOf<1 | 2 | 3 | number | (string & {}) | null | undefined>();
expectTypeOf(own.alone).toEqualTypeOf<boolean | number | string | null | undefined>();
expectTypeOf(own.boarded).toEqualTypeOf<Date | string | number | null | undefined>();
expectTypeOf(own.scores).toEqualTypeOf<
  readonly number[] | Float32Array | Float64Array | Uint8Array | null | undefined
>();
expectTypeOf(own.grade).toEqualTypeOf<'A' | 'B' | null | undefined>();
expectTypeOf(own.deck).toEqualTypeOf<'A' | 'B' | (string & {}) | null | undefined>();
expectTypeOf(own.height).toBeUnknown();
expectTypeOf(own.frame).toBeUnknown();
expectTypeOf(own.survived).toEqualTypeOf<boolean | number | null | undefined>();

/** What is right compiles. */
export async function right(): Promise<void> {
  await project.predict([{ age: 3, sex: 'male', pclass: 1, port: 'S', alone: 'y', boarded: '2024-01-01', deck: null }]);
  await project.predict([
    { age: null, sex: 'other', pclass: '2', port: 7, alone: true, boarded: new Date(), height: 3 },
  ]);
  await project.predict(table);
  await project.predict(records);
  // Rows from elsewhere: a text is wider than the declared values.
  const rows = Array.from({ length: 3 }, (_, i) => ({
    age: i,
    sex: i > 1 ? 'male' : 'female',
    pclass: i,
    survived: true,
  }));
  await project.fit(rows, { validation: rows });
  const alone = new Project({ name: 'alone', inputs: { age: number() }, tasks: { survived: binary() } });
  await alone.flow('full', (task, x) => [task.survived(x.features)]).predict([{ age: 4 }]);
}

/** What is misspelt, or of another type, does not. */
export async function wrong(): Promise<void> {
  // @ts-expect-error a text is no number
  await project.predict([{ age: '3' }]);
  // @ts-expect-error no such column
  await project.predict([{ aeg: 3 }]);
  // @ts-expect-error an input of columns has no column of its own
  await project.predict([{ passenger: [3] }]);
  // @ts-expect-error a list is no category
  await project.predict([{ sex: ['male'] }]);
  // @ts-expect-error a flag is no date
  await project.predict([{ boarded: true }]);
  // @ts-expect-error the kind from outside knows no C
  await project.predict([{ grade: 'C' }]);
  // @ts-expect-error one of the two is needed
  category({});
  // @ts-expect-error not both
  category({ values: ['a'], most: 3 });
  // @ts-expect-error no such part
  date({ parts: ['years'] });
  // @ts-expect-error an image is no column
  columns({ frame: image({ height: 1, width: 1, channels: 1 }) });
  // @ts-expect-error a vector of several columns is none
  columns({ size: vector({ columns: ['a'] }) });
}
