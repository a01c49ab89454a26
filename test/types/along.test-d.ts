/** @file What the compiler holds of tasks along an axis. Checked by `tsc`, never run; each expected error must be one. */
import { expectTypeOf } from 'vitest';
import { Task, type TaskOf } from '../../src/entry/decorators.js';
import {
  along,
  binary,
  type Condition,
  classification,
  type Labels,
  maskOf,
  type Predictions,
  Project,
  tensor,
} from '../../src/index.js';

const project = new Project({
  name: 'words',
  inputs: { text: tensor({ shape: [4, 3], axes: ['token', null] }) },
  tasks: {
    english: binary(),
    isName: along('token', binary()),
    sort: along('token', classification({ classes: ['noun', 'verb'] })),
  },
  backbone: ({ text }) => ({ tokens: text, whole: text }),
})
  .flow('words', (task, x) => [task.sort(x.tokens)])
  .flow('full', (task, x) => {
    const english = task.english(x.whole);
    const isName = task.isName(x.tokens).given(english);
    // The kind's questions are the same.
    expectTypeOf(isName.not()).toEqualTypeOf<Condition>();
    const words = task.words(x).given(english);
    expectTypeOf(words.sort.is('noun')).toEqualTypeOf<Condition>();
    // @ts-expect-error no such class
    words.sort.is('nuon');
    return [english, isName, words];
  });

type Row = Predictions<typeof project>;
expectTypeOf<Row['english']>().toEqualTypeOf<boolean>();
// A list in any case: null is where a condition shuts a position out.
expectTypeOf<Row['isName']>().toEqualTypeOf<readonly (boolean | null)[]>();
expectTypeOf<NonNullable<Row['words']>['sort']>().toEqualTypeOf<readonly ('noun' | 'verb' | null)[]>();

export async function verbs(): Promise<void> {
  const [detailed] = await project.predict([], { probabilities: true });
  expectTypeOf(detailed?.isName[0]?.value).toEqualTypeOf<boolean | undefined>();
  expectTypeOf(detailed?.isName[0]?.probability).toEqualTypeOf<number | undefined>();
  const text = [[0, 0, 0]];
  await project.fit([{ text, english: true, isName: [true, null, 0, 1], 'words.sort': ['noun', null, 1] }]);
  await project.fit([
    { text, isName: Uint8Array.of(1, 0, 1, 0) },
    { text, isName: null },
  ]);
  // @ts-expect-error a label for each position, in a list
  await project.fit([{ text, isName: true }]);
  // @ts-expect-error the labels of a binary task are booleans, or 0 and 1
  await project.fit([{ text, isName: ['true'] }]);
  // @ts-expect-error the task of the row has one label
  await project.fit([{ text, english: [true] }]);
}

export const labels: Labels<typeof project> = { isName: [true, null], 'words.sort': ['noun', 'verb', null] };
// @ts-expect-error no such class
export const wrong: Labels<typeof project> = { 'words.sort': ['nuon'] };

export class Words {
  @Task(along('token', binary())) isName!: TaskOf<boolean>;
  // @ts-expect-error the task predicts a boolean at each token
  @Task(along('token', binary())) wrong!: TaskOf<number>;
}

const documents = new Project({
  name: 'documents',
  inputs: {
    document: tensor({ shape: [2, 3], axes: ['sentence', 'token'], ragged: true }),
    present: maskOf('document'),
  },
  tasks: {
    isQuestion: along('sentence', binary()),
    isName: along(['sentence', 'token'], binary()),
    one: along(['sentence'], binary()),
    three: along(['a', 'b', 'c'], classification({ classes: ['x', 'y'] })),
  },
  backbone: ({ document, present }) => ({ tokens: document, sentences: present }),
}).flow('full', (task, x) => {
  const isQuestion = task.isQuestion(x.sentences);
  return [isQuestion, task.isName(x.tokens).given(isQuestion), task.one(x.tokens), task.three(x.tokens)];
});

type Document = Predictions<typeof documents>;
expectTypeOf<Document['isQuestion']>().toEqualTypeOf<readonly (boolean | null)[]>();
expectTypeOf<Document['isName']>().toEqualTypeOf<readonly (readonly (boolean | null)[])[]>();
type Three = readonly (readonly (readonly ('x' | 'y' | null)[])[])[];
expectTypeOf<Document['three']>().toEqualTypeOf<Three>();
expectTypeOf<Document['one']>().toEqualTypeOf<readonly (boolean | null)[]>();

export async function nested(): Promise<void> {
  const document = [[1, 2], [3]];
  await documents.fit([{ document, isQuestion: [true, null], isName: [[true, null], Uint8Array.of(1)] }]);
  await documents.fit([{ document, isName: [null, [true]] }]);
  // @ts-expect-error a list for each sentence
  await documents.fit([{ document, isName: [true, false] }]);
  // @ts-expect-error the mask has no column
  await documents.fit([{ document, present: [[1, 1], [1]] }]);
}
